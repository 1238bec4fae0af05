package pkcs12

import (
	"crypto"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// The first test of RFC 7292's derivation that is known from other programs.
func TestDeriveIsKnown(t *testing.T) {
	t.Parallel()
	password := append(bmpString("smeg"), 0, 0)
	salt := []byte{0x0a, 0x58, 0xcf, 0x64, 0x53, 0x0d, 0x82, 0x3f}
	require.Equal(t, "8aaae6297b6cb04642ab5b077851284eb7128f1a2a7fbca3",
		fmt.Sprintf("%x", derive(crypto.SHA1, password, salt, 1, forKey, 24)))
	require.Equal(
		t, "79993dfe048d3b76", fmt.Sprintf("%x", derive(crypto.SHA1, password, salt, 1, forIV, 8)))
}
