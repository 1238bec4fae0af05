package syntax

import (
	"encoding/pem"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/certificate/internal/der"
)

// parts returns the PEM blocks of the certificate-parsing vectors by file and type.
func parts(t *testing.T) map[string]map[string][]byte {
	t.Helper()
	files, err := filepath.Glob(certtest.Vectors(t, "x509", "boringssl-parse_certificate_unittest", "*.pem"))
	require.NoError(t, err)
	all := map[string]map[string][]byte{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		blocks := map[string][]byte{}
		for b, rest := pem.Decode(data); b != nil; b, rest = pem.Decode(rest) {
			blocks[b.Type] = b.Bytes
		}
		all[strings.TrimSuffix(filepath.Base(file), ".pem")] = blocks
	}
	return all
}

// TestTBSCertificateVectors wraps each faulty TBSCertificate with a signature. Those without fault
// have placeholders for algorithm, names and key, which only a reader of the outermost level
// passes.
func TestTBSCertificateVectors(t *testing.T) {
	t.Parallel()
	ran := 0
	for name, b := range parts(t) {
		tbs, isTBS := b["TBS CERTIFICATE"]
		if !isTBS || b["CERTIFICATE"] != nil || b["ERRORS"] == nil {
			continue
		}
		ran++
		algorithm := der.Element(der.Sequence, der.Element(der.OID, []byte{0x2a, 3}))
		_, err := ReadCertificate(der.Element(der.Sequence, slices.Concat(tbs, algorithm,
			der.Element(der.BitString, []byte{0, 1, 2}))))
		assert.Error(t, err, name)
	}
	assert.Equal(t, 6, ran)
}

func TestAuthorityKeyIdentifierVectors(t *testing.T) {
	t.Parallel()
	ran := 0
	for name, b := range parts(t) {
		octets, ok := b["AUTHORITY_KEY_IDENTIFIER"]
		if !ok {
			continue
		}
		ran++
		r := der.NewReader(octets)
		a := ReadAuthorityKey(&r)
		r.End(name)
		bad := strings.HasPrefix(name, "invalid") || strings.HasPrefix(name, "extra")
		assert.Equal(t, bad, r.Err() != nil, "%s: %v", name, r.Err())
		if !bad {
			assert.Equal(t, strings.Contains(name, "key_identifier"), a.KeyID != nil, name)
			assert.Equal(t, strings.Contains(name, "serial"), a.Serial != nil, name)
			assert.Equal(t, strings.Contains(name, "issuer"), a.Issuer != nil, name)
		}
	}
	assert.Equal(t, 13, ran)
}
