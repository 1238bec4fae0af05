package certificate_test

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate"
	"github.com/rubrica/rubrica/certificate/certtest"
)

// parseTolerated are faults that RFC 5280 calls faults, and that are read all the same: package
// path refuses them when asked to be strict.
var parseTolerated = regexp.MustCompile(`WARNING: Serial number|is not critical|Failed normalizing|` +
	`Failed parsing basic constraints`)

// outerOnly are files of which the suite reads the outermost sequence alone, and which are no
// certificates beyond that: parts are missing, or the signature algorithm is NULL.
var outerOnly = map[string]bool{"cert_skeleton.pem": true, "signature_algorithm_null.pem": true}

// TestParseCertificateVectors: what the suite calls an error is refused, but for what is tolerated;
// what it calls right is read.
func TestParseCertificateVectors(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(certtest.Vectors(t, "x509", "boringssl-parse_certificate_unittest", "*.pem"))
	require.NoError(t, err)
	read, refused, tolerated := 0, 0, 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		var der, wrong []byte
		for b, rest := pem.Decode(data); b != nil; b, rest = pem.Decode(rest) {
			switch b.Type {
			case "CERTIFICATE":
				der = b.Bytes
			case "ERRORS":
				wrong = b.Bytes
			}
		}
		name := filepath.Base(file)
		if der == nil {
			continue
		}
		c, err := certificate.Parse(der)
		switch {
		case err == nil && wrong == nil:
			read++
			assert.Equal(t, der, c.Raw)
		case err == nil && parseTolerated.Match(wrong):
			tolerated++
		case err != nil && (wrong != nil || outerOnly[name]):
			refused++
			_, ok := errors.AsType[*certificate.SyntaxError](err)
			assert.True(t, ok, name)
		default:
			t.Errorf("%s: %v, and the suite says %q", name, err, wrong)
		}
	}
	t.Logf("%d read, %d refused, %d tolerated", read, refused, tolerated)
	assert.Equal(t, [3]int{29, 31, 10}, [3]int{read, refused, tolerated})
}

// TestParseFillsWhatTheStandardLibraryRefuses: where only our reader reads, the fields are filled.
func TestParseFillsWhatTheStandardLibraryRefuses(t *testing.T) {
	t.Parallel()
	for file, check := range map[string]func(c *x509.Certificate){
		"InvalidNegativeSerialNumberTest15EE": func(c *x509.Certificate) {
			assert.Equal(t, -1, c.SerialNumber.Sign())
		},
		"ValiddistributionPointTest4EE": func(c *x509.Certificate) {
			assert.Equal(t, []string{"Test Certificates 2011"}, c.Subject.Organization)
			assert.Equal(t, x509.SHA256WithRSA, c.SignatureAlgorithm)
			assert.NotNil(t, c.PublicKey)
			assert.NotEmpty(t, c.AuthorityKeyId)
			assert.NotEmpty(t, c.PolicyIdentifiers)
		},
	} {
		der, err := os.ReadFile(certtest.Vectors(t, "x509", "pkits", "certs", file+".crt"))
		require.NoError(t, err)
		_, err = x509.ParseCertificate(der)
		require.Error(t, err, "crypto/x509 reads it now: %s", file)
		c, err := certificate.Parse(der)
		require.NoError(t, err)
		check(c)
	}
}

func TestParseSaysWhere(t *testing.T) {
	t.Parallel()
	der := certtest.NewPKI(t, certtest.P256).Root.Certificate.Raw
	for cut := range len(der) {
		_, err := certificate.Parse(der[:cut])
		syntax, ok := errors.AsType[*certificate.SyntaxError](err)
		require.True(t, ok)
		assert.NotEmpty(t, syntax.Field)
	}
	_, err := certificate.Parse(append(der[:len(der):len(der)], 0))
	syntax, _ := errors.AsType[*certificate.SyntaxError](err)
	require.NotNil(t, syntax)
	assert.Equal(t, len(der), syntax.Offset)
}

func FuzzParse(f *testing.F) {
	for _, kind := range []certtest.KeyKind{certtest.P256, certtest.Ed25519} {
		pki := certtest.NewPKI(f, kind)
		f.Add(pki.Root.Certificate.Raw)
		f.Add(pki.TSA(f, certtest.Template{Kind: kind}).Certificate.Raw)
	}
	f.Fuzz(func(t *testing.T, der []byte) {
		c, err := certificate.Parse(der)
		if err != nil {
			return
		}
		if string(c.Raw) != string(der) || c.SerialNumber == nil {
			t.Fatal("a certificate without its octets or serial number")
		}
	})
}
