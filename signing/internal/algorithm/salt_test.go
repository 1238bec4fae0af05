package algorithm

import (
	"crypto"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
)

// TestSaltBeyondAnyKey: a salt length that no key has room for is refused before anything is
// computed with it; sums with it would overflow.
func TestSaltBeyondAnyKey(t *testing.T) {
	t.Parallel()
	key := certtest.Key(t, certtest.RSA2048, "salt")
	value := make([]byte, 256)
	for _, mgf := range []crypto.Hash{crypto.SHA256, crypto.SHA384} {
		for _, salt := range []int{-1, maxSalt + 1, math.MaxInt32, math.MaxInt - 34, math.MaxInt} {
			s := Scheme{Key: RSAPSS, Hash: crypto.SHA256, SaltLength: salt, MGFHash: mgf}
			require.ErrorIs(t, s.VerifyDigest(key.Public(), make([]byte, 32), value), ErrMalformed)
		}
		s := Scheme{Key: RSAPSS, Hash: crypto.SHA256, SaltLength: maxSalt, MGFHash: mgf}
		require.ErrorIs(t, s.VerifyDigest(key.Public(), make([]byte, 32), value), ErrBroken)
	}
}
