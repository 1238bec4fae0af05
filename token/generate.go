package token

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"math"
)

const (
	// passwordAlphabet holds 32 ASCII characters, five bits each. Those that people confuse when
	// they read from paper or a screen (0 O o, 1 l I, 5 S s, 2 Z z) are left out, so is all that a
	// keyboard layout may hide. Only ASCII: Java and others derive other keys from anything else.
	passwordAlphabet = "abcdefghijkmnpqrtuvwxy346789ABCD"

	// MinPasswordBits is the least entropy that [Password] gives: what a file that an attacker
	// holds for years needs against guessing, with the derivation of PKCS #12 on top.
	MinPasswordBits = 80

	maxPasswordBits = 1024 // a longer password protects nothing more: AES-256 is the lock
	minDigits       = 4    // the shortest PIN that tokens take
	maxDigits       = 64   // beyond any PIN or code in use; bounds the loop
	maxTries        = 1024 // octets for a code; one in 43 is of no use
)

// ErrWeak says that fewer bits or digits were asked for than the package gives out, or absurdly
// many. It is a mistake in the caller's configuration.
var ErrWeak = errors.New("token: strength asked for is out of range")

// Password makes a random ASCII password with at least bits of entropy; 0 means [MinPasswordBits],
// less is refused with [ErrWeak]. It is written in groups of four with a hyphen between, which is
// part of the password: "abcd-efgh-…". A nil random is crypto/rand.Reader.
func Password(random io.Reader, bits int) (Secret, error) {
	if bits == 0 {
		bits = MinPasswordBits
	}
	if bits < MinPasswordBits || bits > maxPasswordBits {
		return Secret{}, fmt.Errorf("%w: password of %d bits", ErrWeak, bits)
	}
	raw := make([]byte, (bits+4)/5)
	defer clear(raw)
	if _, err := io.ReadFull(source(random), raw); err != nil {
		return Secret{}, fmt.Errorf("token: random source: %w", err)
	}
	password := make([]byte, 0, len(raw)+len(raw)/4)
	defer clear(password[:cap(password)])
	for i, b := range raw {
		if i > 0 && i%4 == 0 {
			password = append(password, '-')
		}
		password = append(password, passwordAlphabet[b&31])
	}
	return NewSecret(password), nil
}

// Digits makes a PIN or a one-time code of n decimal digits, each equally likely, first ones
// included: "0042" is a code. n is 4 to 64. A nil random is crypto/rand.Reader.
func Digits(random io.Reader, n int) (Secret, error) {
	if n < minDigits || n > maxDigits {
		return Secret{}, fmt.Errorf("%w: code of %d digits", ErrWeak, n)
	}
	code := make([]byte, 0, n)
	defer clear(code[:cap(code)])
	var b [1]byte
	for tries := 0; len(code) < n; tries++ {
		if tries == maxTries {
			return Secret{}, errors.New("token: random source: gives no usable octets")
		}
		if _, err := io.ReadFull(source(random), b[:]); err != nil {
			return Secret{}, fmt.Errorf("token: random source: %w", err)
		}
		if b[0] >= math.MaxUint8/10*10 { // 250 and above would favour the digits 0 to 5
			continue
		}
		code = append(code, '0'+b[0]%10)
	}
	return NewSecret(code), nil
}

func source(random io.Reader) io.Reader {
	if random == nil {
		return rand.Reader
	}
	return random
}
