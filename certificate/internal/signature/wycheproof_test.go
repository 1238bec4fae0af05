package signature

import (
	"crypto"
	"crypto/ecdsa"
	"encoding/asn1"
	"encoding/hex"
	"encoding/json"
	"math/big"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/certificate/internal/der"
	"github.com/rubrica/rubrica/certificate/internal/syntax"
)

type wycheproof struct {
	NumberOfTests int
	TestGroups    []struct {
		PublicKeyDer string
		PublicKeyAsn string
		Sha, MgfSha  string
		SLen         int
		Tests        []struct {
			TcID     int
			Comment  string
			Flags    []string
			Msg, Sig string
			Result   string
		}
	}
}

var wycheproofHashes = map[string]crypto.Hash{"SHA-1": crypto.SHA1, "SHA-224": crypto.SHA224,
	"SHA-256": crypto.SHA256, "SHA-384": crypto.SHA384, "SHA-512": crypto.SHA512}

// TestWycheproof: what Project Wycheproof calls invalid never verifies, what it calls valid does.
// "acceptable" is either; hash functions that we do not know are counted.
func TestWycheproof(t *testing.T) {
	t.Parallel()
	for file, c := range map[string]struct {
		scheme Scheme
		raw    bool // r and s side by side: turned into DER before
	}{
		"ecdsa_secp256r1_sha256_test.json":       {ECDSA, false},
		"ecdsa_secp256r1_sha256_p1363_test.json": {ECDSA, true},
		"ecdsa_secp384r1_sha384_p1363_test.json": {ECDSA, true},
		"ecdsa_secp521r1_sha512_p1363_test.json": {ECDSA, true},
		"ed25519_test.json":                      {EdDSA, false},
		"rsa_signature_2048_sha256_test.json":    {PKCS1, false},
		"rsa_pss_2048_sha256_mgf1_32_test.json":  {PSS, false},
		"rsa_pss_misc_params_test.json":          {PSS, false},
	} {
		data, err := os.ReadFile(certtest.Vectors(t, "wycheproof", file))
		require.NoError(t, err)
		var suite wycheproof
		require.NoError(t, json.Unmarshal(data, &suite))
		ran, unknown := 0, 0
		for _, g := range suite.TestGroups {
			a := Algorithm{Scheme: c.scheme, Hash: wycheproofHashes[g.Sha],
				MGFHash: wycheproofHashes[g.MgfSha], SaltLength: g.SLen}
			key := wycheproofKey(t, g.PublicKeyDer)
			for _, test := range g.Tests {
				if c.scheme != EdDSA && (a.Hash == 0 || c.scheme == PSS && a.MGFHash == 0) {
					unknown++
					continue
				}
				ran++
				message, _ := hex.DecodeString(test.Msg)
				value, _ := hex.DecodeString(test.Sig)
				if c.raw {
					value = sideBySide(key, value)
				}
				err := Verify(key, a, message, value)
				switch test.Result {
				case "valid":
					assert.NoError(t, err, "%s %d %s", file, test.TcID, test.Comment)
				case "invalid":
					assert.ErrorIs(t, err, ErrBroken, "%s %d %s", file, test.TcID, test.Comment)
				}
			}
		}
		assert.Equal(t, suite.NumberOfTests, ran+unknown, file)
		t.Logf("%s: %d ran, %d with a hash function that is not known", file, ran, unknown)
	}
}

func wycheproofKey(t *testing.T, text string) Key {
	t.Helper()
	octets, err := hex.DecodeString(text)
	require.NoError(t, err)
	r := der.NewReader(octets)
	info := syntax.ReadSubjectPublicKeyInfo(&r, "key")
	require.NoError(t, r.Err())
	key, err := ReadKey(info)
	require.NoError(t, err)
	return key
}

// sideBySide is what a caller does with r and s of the curve's length; another length is no
// signature.
func sideBySide(key Key, value []byte) []byte {
	size := (key.Public.(*ecdsa.PublicKey).Curve.Params().BitSize + 7) / 8
	if len(value) != 2*size {
		return nil
	}
	out, _ := asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(value[:size]),
		new(big.Int).SetBytes(value[size:])})
	return out
}
