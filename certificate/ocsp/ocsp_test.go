package ocsp_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	peer "golang.org/x/crypto/ocsp"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/certificate/crl"
	"github.com/rubrica/rubrica/certificate/ocsp"
)

var now = time.Now().UTC().Truncate(time.Second)

func code(err error) string {
	if e, ok := errors.AsType[*ocsp.Error](err); ok {
		return e.Code
	}
	return ""
}

// TestRequest: golang.org/x/crypto reads what we write, for each hash function it knows, and we
// read what it writes.
func TestRequest(t *testing.T) {
	t.Parallel()
	pki := certtest.NewPKI(t, certtest.P256)
	leaf := pki.Signer(t, certtest.Template{Kind: certtest.P256})
	for _, h := range []crypto.Hash{0, crypto.SHA1, crypto.SHA256, crypto.SHA384, crypto.SHA512} {
		der, err := ocsp.NewRequest(ocsp.Inquiry{Certificate: leaf.Certificate, Issuer: pki.Sub.Certificate, Hash: h})
		require.NoError(t, err)
		theirs, err := peer.ParseRequest(der)
		require.NoError(t, err)
		assert.Equal(t, leaf.Certificate.SerialNumber, theirs.SerialNumber)
		if h == 0 {
			h = crypto.SHA1
		}
		assert.Equal(t, h, theirs.HashAlgorithm)
		written, err := peer.CreateRequest(leaf.Certificate, pki.Sub.Certificate, &peer.RequestOptions{Hash: h})
		require.NoError(t, err)
		for _, request := range [][]byte{der, written} {
			q, err := ocsp.ParseRequest(request)
			require.NoError(t, err)
			require.Len(t, q.Items, 1)
			assert.True(t, q.Items[0].About(pki.Sub.Certificate))
			assert.False(t, q.Items[0].About(pki.Root.Certificate))
			assert.Nil(t, q.Nonce)
			assert.False(t, q.Signed)
		}
	}
	nonce := bytes.Repeat([]byte{7}, 32)
	der, err := ocsp.NewRequest(ocsp.Inquiry{Certificate: leaf.Certificate, Issuer: pki.Sub.Certificate, Nonce: nonce})
	require.NoError(t, err)
	q, err := ocsp.ParseRequest(der)
	require.NoError(t, err)
	assert.Equal(t, nonce, q.Nonce)
	for _, bad := range [][]byte{{}, make([]byte, 129)} {
		_, err = ocsp.NewRequest(ocsp.Inquiry{Certificate: leaf.Certificate, Issuer: pki.Sub.Certificate, Nonce: bad})
		assert.Error(t, err)
	}
}

// TestOpenSSLResponder asks OpenSSL's responder, directly and delegated, and judges its answers.
func TestOpenSSLResponder(t *testing.T) {
	t.Parallel()
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("openssl is missing")
		}
		t.Skip("NOT TESTED: openssl is missing")
	}
	pki := certtest.NewPKI(t, certtest.RSA2048)
	good := pki.Signer(t, certtest.Template{Kind: certtest.P256})
	revoked := pki.Signer(t, certtest.Template{Kind: certtest.P256})
	lost := pki.Signer(t, certtest.Template{Kind: certtest.P256})
	delegate := pki.Signer(t, certtest.Template{Kind: certtest.P256, Change: func(c *x509.Certificate) {
		c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning}
		c.Subject.CommonName = "responder"
	}})
	dir := t.TempDir()
	since := now.Add(-time.Hour)
	index := fmt.Sprintf("V\t%s\t\t%X\tunknown\t/CN=good\nR\t%s\t%s,keyCompromise\t%X\tunknown\t/CN=revoked\n",
		now.AddDate(1, 0, 0).Format("060102150405Z"), good.Certificate.SerialNumber,
		now.AddDate(1, 0, 0).Format("060102150405Z"), since.Format("060102150405Z"), revoked.Certificate.SerialNumber)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "index.txt"), []byte(index), 0o600))
	nonce := make([]byte, 32)
	_, _ = rand.Read(nonce)
	for _, signer := range []*certtest.Entity{pki.Sub, delegate} {
		for _, h := range []crypto.Hash{crypto.SHA1, crypto.SHA256} {
			for subject, want := range map[*certtest.Entity]ocsp.Status{good: ocsp.Good, revoked: ocsp.Revoked, lost: ocsp.Unknown} {
				request, err := ocsp.NewRequest(ocsp.Inquiry{Certificate: subject.Certificate,
					Issuer: pki.Sub.Certificate, Hash: h, Nonce: nonce})
				require.NoError(t, err)
				der := respond(t, openssl, dir, pki.Sub, signer, request)
				r, err := ocsp.Parse(der)
				require.NoError(t, err)
				assert.Equal(t, nonce, r.Nonce())
				s, err := r.Verify(pki.Sub.Certificate, ocsp.Question{Time: time.Now(), Certificate: subject.Certificate, Nonce: nonce})
				require.NoError(t, err)
				assert.Equal(t, want, s.Status)
				if want == ocsp.Revoked {
					assert.Equal(t, since, s.RevokedAt)
					assert.Equal(t, crl.KeyCompromise, s.Reason)
				}
				_, err = r.Verify(pki.Sub.Certificate, ocsp.Question{Time: time.Now(), Nonce: make([]byte, 32)})
				assert.Equal(t, "nonce-mismatch", code(err))
				_, err = r.Verify(pki.Root.Certificate, ocsp.Question{Time: time.Now()})
				assert.Equal(t, "wrong-issuer", code(err))
			}
		}
	}
}

func respond(t *testing.T, openssl, dir string, ca, signer *certtest.Entity, request []byte) []byte {
	t.Helper()
	key, err := x509.MarshalPKCS8PrivateKey(signer.Key)
	require.NoError(t, err)
	in, out := certtest.WriteFile(t, "*.req", request), certtest.WriteFile(t, "*.resp", nil)
	cmd := exec.Command(openssl, "ocsp", "-index", filepath.Join(dir, "index.txt"), "-CA",
		certtest.WritePEM(t, ca.Certificate), "-rsigner", certtest.WritePEM(t, signer.Certificate), "-rkey",
		certtest.WriteFile(t, "*.key", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})),
		"-reqin", in, "-respout", out, "-ndays", "1")
	message, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", message)
	der, err := os.ReadFile(out)
	require.NoError(t, err)
	return der
}

func TestVerify(t *testing.T) {
	t.Parallel()
	pki := certtest.NewPKI(t, certtest.P256)
	leaf := pki.Signer(t, certtest.Template{Kind: certtest.P256})
	answer := func(change func(*peer.Response)) []byte {
		tpl := peer.Response{Status: peer.Good, SerialNumber: leaf.Certificate.SerialNumber,
			ThisUpdate: now.Add(-time.Hour), NextUpdate: now.Add(time.Hour)}
		if change != nil {
			change(&tpl)
		}
		der, err := peer.CreateResponse(pki.Sub.Certificate, pki.Sub.Certificate, tpl, pki.Sub.Key)
		require.NoError(t, err)
		return der
	}
	broken := answer(nil)
	broken[len(broken)-1] ^= 1
	for name, want := range map[string]struct {
		der  []byte
		code string
	}{
		"good":         {answer(nil), ""},
		"stale":        {answer(func(r *peer.Response) { r.NextUpdate = now.Add(-time.Minute) }), "stale"},
		"early":        {answer(func(r *peer.Response) { r.ThisUpdate = now.Add(time.Hour / 2) }), "not-yet-valid"},
		"another":      {answer(func(r *peer.Response) { r.SerialNumber = big.NewInt(1) }), "out-of-scope"},
		"broken":       {broken, "bad-signature"},
		"unsuccessful": {peer.TryLaterErrorResponse, "unsuccessful"},
	} {
		r, err := ocsp.Parse(want.der)
		require.NoError(t, err, name)
		_, err = r.Verify(pki.Sub.Certificate, ocsp.Question{Time: now, Certificate: leaf.Certificate})
		assert.Equal(t, want.code, code(err), "%s: %v", name, err)
	}
	r, err := ocsp.Parse(answer(func(r *peer.Response) { r.Status, r.RevokedAt = peer.Revoked, now.Add(time.Minute) }))
	require.NoError(t, err)
	s, err := r.Verify(pki.Sub.Certificate, ocsp.Question{Time: now, Certificate: leaf.Certificate})
	require.NoError(t, err)
	assert.Equal(t, ocsp.Good, s.Status, "a revocation counts from its date")
}

// TestVerifyNamesake: an authority of another name with the issuer's key did not issue the
// certificate.
func TestVerifyNamesake(t *testing.T) {
	t.Parallel()
	pki := certtest.NewPKI(t, certtest.P256)
	leaf := pki.Signer(t, certtest.Template{Kind: certtest.P256})
	other := pki.Root.Authority(t, certtest.Template{Kind: certtest.P256, Key: pki.Sub.Key,
		Subject: pkix.Name{CommonName: "another name"}})
	der := byKey(t, pki.Sub, pki.Sub.OCSP(t, leaf, peer.Good))
	r, err := ocsp.Parse(der)
	require.NoError(t, err)
	_, err = r.Verify(pki.Sub.Certificate, ocsp.Question{Time: time.Now(), Certificate: leaf.Certificate})
	require.NoError(t, err)
	_, err = r.Verify(other.Certificate, ocsp.Question{Time: time.Now(), Certificate: leaf.Certificate})
	assert.Equal(t, "wrong-issuer", code(err))
}

// byKey names the responder of an answer by its key, repeats the single answers as revoked if there
// are changes, and signs again.
func byKey(t *testing.T, signer *certtest.Entity, answer []byte, change ...func(singles []byte) []byte) []byte {
	t.Helper()
	var response struct {
		Status asn1.Enumerated
		Bytes  struct {
			Type  asn1.ObjectIdentifier
			Value []byte
		} `asn1:"explicit,tag:0"`
	}
	var basic struct {
		Data struct {
			Responder  asn1.RawValue
			ProducedAt time.Time `asn1:"generalized"`
			Responses  asn1.RawValue
		}
		Algorithm pkix.AlgorithmIdentifier
		Value     asn1.BitString
	}
	_, err := asn1.Unmarshal(answer, &response)
	require.NoError(t, err)
	_, err = asn1.Unmarshal(response.Bytes.Value, &basic)
	require.NoError(t, err)
	point, err := signer.Key.Public().(*ecdsa.PublicKey).Bytes()
	require.NoError(t, err)
	id := sha1.Sum(point)
	name, err := asn1.Marshal(id[:])
	require.NoError(t, err)
	basic.Data.Responder = asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 2, IsCompound: true, Bytes: name}
	basic.Data.Responses.FullBytes = nil
	for _, f := range change {
		basic.Data.Responses.Bytes = f(basic.Data.Responses.Bytes)
	}
	tbs, err := asn1.Marshal(basic.Data)
	require.NoError(t, err)
	sum := sha256.Sum256(tbs)
	value, err := signer.Key.Sign(rand.Reader, sum[:], crypto.SHA256)
	require.NoError(t, err)
	basic.Value = asn1.BitString{Bytes: value, BitLength: 8 * len(value)}
	response.Bytes.Value, err = asn1.Marshal(basic)
	require.NoError(t, err)
	out, err := asn1.Marshal(response)
	require.NoError(t, err)
	return out
}

// TestVerifyContradiction: an answer says good and revoked of one certificate at one time.
func TestVerifyContradiction(t *testing.T) {
	t.Parallel()
	pki := certtest.NewPKI(t, certtest.P256)
	leaf := pki.Signer(t, certtest.Template{Kind: certtest.P256})
	revoke := func(single []byte) []byte { // certStatus good [0] becomes revoked [1] with a date
		var contents asn1.RawValue
		_, err := asn1.Unmarshal(single, &contents)
		require.NoError(t, err)
		date := "\x18\x0f" + now.Add(-time.Hour).Format("20060102150405Z")
		contents.FullBytes = nil
		contents.Bytes = bytes.Replace(contents.Bytes, []byte{0x80, 0}, []byte("\xa1\x11"+date), 1)
		out, err := asn1.Marshal(contents)
		require.NoError(t, err)
		return out
	}
	for name, change := range map[string]func([]byte) []byte{
		"good first":    func(b []byte) []byte { return slices.Concat(b, revoke(b)) },
		"revoked first": func(b []byte) []byte { return slices.Concat(revoke(b), b) },
	} {
		r, err := ocsp.Parse(byKey(t, pki.Sub, pki.Sub.OCSP(t, leaf, peer.Good), change))
		require.NoError(t, err, name)
		s, err := r.Verify(pki.Sub.Certificate, ocsp.Question{Time: time.Now(), Certificate: leaf.Certificate})
		require.NoError(t, err, name)
		assert.Equal(t, ocsp.Revoked, s.Status, name)
	}
}

// TestStrangers: the same answers by OpenSSL and certvalidator.
func TestStrangers(t *testing.T) {
	t.Parallel()
	pki := certtest.NewPKI(t, certtest.RSA2048)
	leaf := pki.Signer(t, certtest.Template{})
	trust, chain := certtest.WritePEM(t, pki.Root.Certificate), certtest.WritePEM(t, pki.Sub.Certificate, leaf.Certificate)
	var jobs []certtest.Job
	var answers [][]byte
	for _, status := range []int{peer.Good, peer.Revoked} {
		good := pki.Sub.OCSP(t, leaf, status)
		broken := bytes.Clone(good)
		broken[len(broken)/2] ^= 1
		for _, der := range [][]byte{good, broken} {
			answers = append(answers, der)
			jobs = append(jobs, certtest.Job{File: certtest.WriteFile(t, "*.ocsp", der), Trust: []string{trust}, Chain: []string{chain}})
		}
	}
	for i, line := range certtest.Judge(t, "ocsp", "openssl,certvalidator", jobs...) {
		r, err := ocsp.Parse(answers[i/2])
		if err == nil {
			_, err = r.Verify(pki.Sub.Certificate, ocsp.Question{Time: time.Now(), Certificate: leaf.Certificate})
		}
		assert.Equal(t, line.Accepted, err == nil, "%d: %s: %s; ours: %v", i, line.Judge, line.Error, err)
	}
}

func FuzzParse(f *testing.F) {
	pki := certtest.NewPKI(f, certtest.P256)
	leaf := pki.Signer(f, certtest.Template{Kind: certtest.P256})
	f.Add(pki.Sub.OCSP(f, leaf, peer.Good))
	f.Add(pki.Sub.OCSP(f, leaf, peer.Revoked))
	f.Add(peer.TryLaterErrorResponse)
	f.Fuzz(func(t *testing.T, der []byte) {
		r, err := ocsp.Parse(der)
		if err != nil {
			return
		}
		_, _ = r.Verify(pki.Sub.Certificate, ocsp.Question{Time: now, Certificate: leaf.Certificate})
		_, _ = r.Responder()
		if len(r.Singles()) > len(der) {
			t.Fatal("more answers than octets")
		}
	})
}

func FuzzParseRequest(f *testing.F) {
	pki := certtest.NewPKI(f, certtest.P256)
	leaf := pki.Signer(f, certtest.Template{Kind: certtest.P256})
	der, err := ocsp.NewRequest(ocsp.Inquiry{Certificate: leaf.Certificate, Issuer: pki.Sub.Certificate, Nonce: make([]byte, 32)})
	require.NoError(f, err)
	f.Add(der)
	f.Fuzz(func(t *testing.T, der []byte) {
		q, err := ocsp.ParseRequest(der)
		if err != nil {
			return
		}
		for _, i := range q.Items {
			_ = i.About(pki.Sub.Certificate)
		}
	})
}
