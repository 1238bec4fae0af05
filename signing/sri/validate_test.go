package sri_test

import (
	"context"
	"crypto/x509"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/sri"
)

func signedVectors(t testing.TB) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	files, err := filepath.Glob(certtest.Vectors(t, "sri", "documents", "*-signed.xml"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, f := range files {
		data, err := os.ReadFile(f)
		require.NoError(t, err)
		out[filepath.Base(f)] = data
	}
	return out
}

func TestValidateVectors(t *testing.T) {
	t.Parallel()
	for name, doc := range signedVectors(t) {
		v, err := sri.Validate(context.Background(), doc, signing.Validation{Time: time.Now()})
		require.NoError(t, err, name)
		require.Len(t, v.Report.Signatures, 1)
		s := v.Report.Signatures[0]
		assert.Equal(t, signing.Intact, s.Crypto, "%s: %+v", name, s.Findings)
		assert.Equal(t, signing.BindingOK, s.Binding, name)
		assert.Equal(t, signing.CoversWhole, s.Coverage, name)
		assert.Len(t, s.Signed, 3, name)
		assert.Equal(t, 0, v.Signature)
		assert.Contains(t, string(v.Voucher), `id="comprobante"`)
		assert.NotContains(t, string(v.Voucher), "SignatureValue")
	}
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	pki := certtest.NewPKI(t, certtest.RSA2048)
	s := signer(t, pki, certtest.Template{})
	for name, voucher := range originals(t) {
		signed, err := sri.Sign(context.Background(), voucher, s, sri.Options{Time: time.Now(), SkipAccessKey: true})
		require.NoError(t, err, name)
		v, err := sri.Validate(context.Background(), signed, signing.Validation{Time: time.Now(),
			Anchors: []*x509.Certificate{pki.Root.Certificate}, Certificates: []*x509.Certificate{pki.Sub.Certificate}})
		require.NoError(t, err, name)
		require.Equal(t, signing.StatusValid, v.Report.Status(), "%s: %+v", name, v.Report.Signatures[0])
		require.Equal(t, "XAdES-BASELINE-B", v.Report.Signatures[0].Level)
	}
}

// TestEveryOctetCounts changes octets of signed documents: what is still accepted must have the
// canonical octets that were signed, as libxml2 says.
func TestEveryOctetCounts(t *testing.T) {
	t.Parallel()
	seed := [32]byte{1}
	random := rand.New(rand.NewChaCha8(seed))
	samples := 700
	if testing.Short() {
		samples = 100
	}
	var suspects []suspect
	for name, doc := range signedVectors(t) {
		for _, change := range changes(random, len(doc), samples) {
			altered := append([]byte{}, doc...)
			altered[change.at] ^= change.with
			v, err := sri.Validate(context.Background(), altered, signing.Validation{Time: time.Now()})
			if err != nil || v.Signature < 0 || v.Report.Signatures[0].Crypto != signing.Intact ||
				v.Report.Signatures[0].Indication == signing.TotalFailed {
				continue
			}
			suspects = append(suspects, suspect{name, doc, altered, change.at, v.Report.Signatures[0]})
		}
	}
	t.Logf("%d changes accepted: the oracle is asked", len(suspects))
	askOracle(t, suspects)
}

type change struct {
	at   int
	with byte
}

// changes picks seeded single-octet changes, or every octet once with RUBRICA_FULL=1.
func changes(random *rand.Rand, size, samples int) []change {
	var list []change
	if certtest.Full() {
		for i := range size {
			list = append(list, change{i, byte(1 + random.IntN(255))})
		}
		return list
	}
	for range samples {
		list = append(list, change{random.IntN(size), byte(1 + random.IntN(255))})
	}
	return list
}

type suspect struct {
	name              string
	original, altered []byte
	at                int
	verdict           signing.Signature
}

// askOracle compares the canonical octets of the voucher, SignedInfo and SignedProperties before
// and after each change that was accepted.
func askOracle(t *testing.T, suspects []suspect) {
	if len(suspects) == 0 || testing.Short() {
		return
	}
	roots := map[string]string{"invoice-signed.xml": "factura", "credit-note-signed.xml": "notaCredito",
		"debit-note-signed.xml": "notaDebito"} // what stands outside the root is not signed
	var jobs []certtest.Job
	for _, s := range suspects {
		for _, doc := range [][]byte{s.original, s.altered} {
			file := certtest.WriteFile(t, "*.xml", doc)
			jobs = append(jobs,
				certtest.Job{File: file, Method: "1.0", Apex: roots[s.name], Omit: "Signature"},
				certtest.Job{File: file, Method: "1.0", Apex: "SignedInfo"},
				certtest.Job{File: file, Method: "1.0", Apex: "SignedProperties"})
		}
	}
	lines := certtest.Judge(t, "c14n", "", jobs...)
	require.Len(t, lines, len(jobs))
	for i, s := range suspects {
		for part := range 3 {
			before, after := lines[6*i+part], lines[6*i+3+part]
			assert.Equal(t, string(before.Output), string(after.Output),
				"%s: octet %d: accepted, though part %d changed: %q", s.name, s.at, part,
				s.altered[max(0, s.at-20):min(len(s.altered), s.at+20)])
		}
	}
}

func TestRecognize(t *testing.T) {
	t.Parallel()
	m := newMaker(12)
	for _, k := range kinds {
		assert.True(t, sri.Recognize(m.voucher(t, k)), k)
	}
	for _, other := range []string{"", "<a/>", "<factura/>", "<factura xmlns='urn:x'><infoTributaria/></factura>", "<!DOCTYPE factura><factura><infoTributaria/></factura>", "%PDF-1.7"} {
		assert.False(t, sri.Recognize([]byte(other)), other)
	}
}
