package pkcs12

import (
	"crypto"
	"crypto/pbkdf2"
	"hash"
	"unicode/utf16"
	"unicode/utf8"

	// Hashes that files name.
	_ "crypto/sha1"
	_ "crypto/sha256"
	_ "crypto/sha512"
)

// Purposes of derived octets (RFC 7292, B.3).
const (
	forKey = 1
	forIV  = 2
	forMAC = 3
)

// derive is the key derivation of RFC 7292, B.2. The password is a BMPString with its terminator,
// or empty.
func derive(h crypto.Hash, password, salt []byte, iterations int, purpose byte, size int) []byte {
	digest := h.New()
	block := digest.BlockSize()
	diversifier := make([]byte, block)
	for i := range diversifier {
		diversifier[i] = purpose
	}
	input := append(repeatTo(salt, block), repeatTo(password, block)...)
	defer clear(input)
	var out []byte
	for {
		a := hashRounds(digest, diversifier, input, iterations)
		out = append(out, a...)
		if len(out) >= size {
			return out[:size]
		}
		addOne(input, a, block)
	}
}

func hashRounds(digest hash.Hash, diversifier, input []byte, iterations int) []byte {
	digest.Reset()
	digest.Write(diversifier)
	digest.Write(input)
	a := digest.Sum(nil)
	for range iterations - 1 {
		digest.Reset()
		digest.Write(a)
		a = digest.Sum(a[:0])
	}
	return a
}

// repeatTo repeats value to a multiple of block octets; nothing stays nothing.
func repeatTo(value []byte, block int) []byte {
	if len(value) == 0 {
		return nil
	}
	out := make([]byte, (len(value)+block-1)/block*block)
	for at := 0; at < len(out); {
		at += copy(out[at:], value)
	}
	return out
}

// addOne adds a, repeated to a block, plus one to each block of input (B.2, step 6C).
func addOne(input, a []byte, block int) {
	addend := repeatTo(a, block)[:block]
	for start := 0; start < len(input); start += block {
		carry := 1
		for i := block - 1; i >= 0; i-- {
			carry += int(input[start+i]) + int(addend[i])
			input[start+i] = byte(carry)
			carry >>= 8
		}
	}
}

// pbkdf2Key is PBKDF2 of RFC 8018, 5.2. It fails only where crypto/pbkdf2 does: in the FIPS 140
// mode of the toolchain, for short salts and passwords.
func pbkdf2Key(h crypto.Hash, password, salt []byte, iterations, size int) ([]byte, error) {
	key, err := pbkdf2.Key(h.New, string(password), salt, iterations, size)
	if err != nil {
		return nil, &UnsupportedError{Feature: "key derivation in this FIPS 140 mode"}
	}
	return key, nil
}

// spelling is one way in which programs turn a password into octets.
type spelling struct {
	bmp []byte // for the derivation of RFC 7292: UTF-16BE with two zero octets at the end
	raw []byte // for PBKDF2: the octets of UTF-8
}

// spellings returns the ways for one password, the standard's first. The empty password is a lone
// terminator with some programs, and nothing at all with others. OpenSSL before 1.1 took each octet
// of UTF-8 for a character.
func spellings(password []byte) []spelling {
	if len(password) == 0 {
		return []spelling{{bmp: []byte{0, 0}}, {}}
	}
	ascii := true
	for _, b := range password {
		ascii = ascii && b < 0x80
	}
	octets := make([]byte, 0, 2*len(password)+2)
	for _, b := range password {
		octets = append(octets, 0, b)
	}
	old := spelling{bmp: append(octets, 0, 0), raw: password}
	if ascii || !utf8.Valid(password) {
		return []spelling{old}
	}
	return []spelling{{bmp: append(bmpString(string(password)), 0, 0), raw: password}, old}
}

// bmpString encodes as UTF-16BE; characters beyond the BMP become surrogate pairs, as OpenSSL and
// Windows write them.
func bmpString(s string) []byte {
	units := utf16.Encode([]rune(s))
	out := make([]byte, 0, 2*len(units)+2)
	for _, u := range units {
		out = append(out, byte(u>>8), byte(u))
	}
	return out
}

// fromBMP decodes a BMPString.
func fromBMP(b []byte) (string, bool) {
	if len(b)%2 != 0 {
		return "", false
	}
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = uint16(b[2*i])<<8 | uint16(b[2*i+1])
	}
	return string(utf16.Decode(units)), true
}
