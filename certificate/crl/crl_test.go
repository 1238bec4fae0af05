package crl_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/certificate/crl"
)

var now = time.Now().UTC().Truncate(time.Second)

func list(t testing.TB, issuer *certtest.Entity, change func(*x509.RevocationList)) []byte {
	t.Helper()
	tpl := &x509.RevocationList{Number: big.NewInt(9), ThisUpdate: now.Add(-time.Hour), NextUpdate: now.Add(time.Hour)}
	if change != nil {
		change(tpl)
	}
	der, err := x509.CreateRevocationList(rand.Reader, tpl, issuer.Certificate, issuer.Key)
	require.NoError(t, err)
	return der
}

func code(err error) string {
	if e, ok := errors.AsType[*crl.Error](err); ok {
		return e.Code
	}
	return ""
}

// withPoint adds a critical issuingDistributionPoint with those contents.
func withPoint(contents ...byte) func(*x509.RevocationList) {
	return func(l *x509.RevocationList) {
		l.ExtraExtensions = append(l.ExtraExtensions, pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 28}, Critical: true,
			Value: append([]byte{0x30, byte(len(contents))}, contents...)})
	}
}

// TestVerifyKeyName: a list names the key of its issuer, when both name one (RFC 5280, 5.2.1).
func TestVerifyKeyName(t *testing.T) {
	t.Parallel()
	pki := certtest.NewPKI(t, certtest.P256)
	renamed := *pki.Sub.Certificate
	renamed.SubjectKeyId = []byte{1, 2, 3}
	der, err := x509.CreateRevocationList(rand.Reader, &x509.RevocationList{Number: big.NewInt(1),
		ThisUpdate: now.Add(-time.Hour), NextUpdate: now.Add(time.Hour)}, &renamed, pki.Sub.Key)
	require.NoError(t, err)
	l, err := crl.Parse(der)
	require.NoError(t, err)
	assert.Equal(t, "profile", code(l.Verify(pki.Sub.Certificate, crl.Question{Time: now})))
	assert.NoError(t, l.Verify(pki.Sub.Certificate, crl.Question{Time: now, Lenient: true}))
}

// TestVerifyOrder: a list whose next update comes before its own date makes no sense, even in the
// few minutes that clocks may differ.
func TestVerifyOrder(t *testing.T) {
	t.Parallel()
	pki := certtest.NewPKI(t, certtest.P256)
	der, err := x509.CreateRevocationList(rand.Reader, &x509.RevocationList{Number: big.NewInt(1),
		ThisUpdate: now.Add(time.Second), NextUpdate: now.Add(2 * time.Second)}, pki.Sub.Certificate, pki.Sub.Key)
	require.NoError(t, err)
	l, err := crl.Parse(der)
	require.NoError(t, err)
	require.NoError(t, l.Verify(pki.Sub.Certificate, crl.Question{Time: now}))
	der = bytes.Replace(der, []byte(now.Add(2*time.Second).Format("060102150405Z")),
		[]byte(now.Format("060102150405Z")), 1)
	l, err = crl.Parse(resign(t, der, pki.Sub.Key))
	require.NoError(t, err)
	assert.Equal(t, "malformed", code(l.Verify(pki.Sub.Certificate, crl.Question{Time: now})))
}

// resign signs the changed contents of a list again, by ECDSA with SHA-256.
func resign(t *testing.T, der []byte, key crypto.Signer) []byte {
	t.Helper()
	var whole struct {
		TBS       asn1.RawValue
		Algorithm asn1.RawValue
		Value     asn1.BitString
	}
	_, err := asn1.Unmarshal(der, &whole)
	require.NoError(t, err)
	sum := sha256.Sum256(whole.TBS.FullBytes)
	value, err := key.Sign(rand.Reader, sum[:], crypto.SHA256)
	require.NoError(t, err)
	whole.Value = asn1.BitString{Bytes: value, BitLength: 8 * len(value)}
	out, err := asn1.Marshal(whole)
	require.NoError(t, err)
	return out
}

func TestVerify(t *testing.T) {
	t.Parallel()
	pki := certtest.NewPKI(t, certtest.P256)
	leaf := pki.Signer(t, certtest.Template{Kind: certtest.P256})
	unknown := pkix.Extension{Id: asn1.ObjectIdentifier{1, 2, 3}, Critical: true, Value: []byte{5, 0}}
	for name, want := range map[string]struct {
		change func(*x509.RevocationList)
		code   string
	}{
		"good": {nil, ""},
		"stale": {func(l *x509.RevocationList) {
			l.ThisUpdate, l.NextUpdate = now.Add(-3*time.Hour), now.Add(-time.Minute)
		}, "stale"},
		"early": {func(l *x509.RevocationList) { l.ThisUpdate = now.Add(30 * time.Minute) }, "not-yet-valid"},
		"unknown critical extension": {func(l *x509.RevocationList) {
			l.ExtraExtensions = append(l.ExtraExtensions, unknown)
		}, "unknown-extension"},
		"unknown critical extension of an entry": {func(l *x509.RevocationList) {
			l.RevokedCertificateEntries = []x509.RevocationListEntry{{SerialNumber: big.NewInt(3),
				RevocationTime: now, ExtraExtensions: []pkix.Extension{unknown}}}
		}, "unknown-extension"},
		"a point that is not critical": {func(l *x509.RevocationList) {
			l.ExtraExtensions = append(l.ExtraExtensions, pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 28},
				Value: []byte{0x30, 3, 0x81, 1, 0xff}})
		}, "profile"},
		"a point that says nothing": {withPoint(), "profile"},
		"users and authorities":     {withPoint(0x81, 1, 0xff, 0x82, 1, 0xff), "profile"},
		"users and attributes":      {withPoint(0x81, 1, 0xff, 0x85, 1, 0xff), "profile"},
		"authorities alone":         {withPoint(0x82, 1, 0xff), ""},
		"a delta that is not critical": {func(l *x509.RevocationList) {
			l.ExtraExtensions = append(l.ExtraExtensions, pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 27},
				Value: []byte{2, 1, 7}})
		}, "profile"},
	} {
		l, err := crl.Parse(list(t, pki.Sub, want.change))
		require.NoError(t, err, name)
		assert.Equal(t, want.code, code(l.Verify(pki.Sub.Certificate, crl.Question{Time: now})), name)
	}
	l, err := crl.Parse(list(t, pki.Sub, nil))
	require.NoError(t, err)
	assert.Equal(t, "wrong-issuer", code(l.Verify(pki.Root.Certificate, crl.Question{Time: now})))
	namesake := pki.Root.Authority(t, certtest.Template{Kind: certtest.P384, Subject: pki.Sub.Certificate.Subject})
	assert.Equal(t, "bad-signature", code(l.Verify(namesake.Certificate, crl.Question{Time: now})))
	mute := pki.Root.Authority(t, certtest.Template{Kind: certtest.P256, Subject: pki.Sub.Certificate.Subject, Key: pki.Sub.Key,
		Change: func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageCertSign }})
	assert.Equal(t, "not-authorised", code(l.Verify(mute.Certificate, crl.Question{Time: now})))

	status, _, err := l.Status(leaf.Certificate, now)
	require.NoError(t, err)
	assert.Equal(t, crl.Good, status)
	status, _, err = l.Status(pki.Sub.Certificate, now)
	require.NoError(t, err)
	assert.Equal(t, crl.Unknown, status, "a certificate of another issuer")
}

func TestStatus(t *testing.T) {
	t.Parallel()
	pki := certtest.NewPKI(t, certtest.P256)
	leaf := pki.Signer(t, certtest.Template{Kind: certtest.P256})
	since := now.Add(-30 * time.Minute)
	der := list(t, pki.Sub, func(l *x509.RevocationList) {
		l.RevokedCertificateEntries = []x509.RevocationListEntry{
			{SerialNumber: big.NewInt(1), RevocationTime: since},
			{SerialNumber: leaf.Certificate.SerialNumber, RevocationTime: since, ReasonCode: 4},
			{SerialNumber: big.NewInt(-5), RevocationTime: since, ReasonCode: 6}}
	})
	l, err := crl.Parse(der)
	require.NoError(t, err)
	status, entry, err := l.Status(leaf.Certificate, now)
	require.NoError(t, err)
	assert.Equal(t, crl.Revoked, status)
	assert.Equal(t, crl.Superseded, entry.Reason)
	assert.Equal(t, since, entry.RevokedAt)
	status, entry, err = l.Status(leaf.Certificate, since.Add(-time.Second))
	require.NoError(t, err)
	assert.Equal(t, crl.Good, status, "a revocation counts from its date")
	assert.Equal(t, since, entry.RevokedAt)

	var serials []int64
	for e := range l.Entries() {
		if e.Serial.IsInt64() {
			serials = append(serials, e.Serial.Int64())
		}
	}
	assert.Equal(t, 3, l.Len())
	assert.Equal(t, []int64{1, -5}, serials)
	assert.Equal(t, big.NewInt(9), l.Number())
	assert.Nil(t, l.BaseNumber())
	_, ok := l.Find(l.RawIssuer(), big.NewInt(-5))
	assert.True(t, ok)
	_, ok = l.Find(pki.Root.Certificate.RawSubject, big.NewInt(-5))
	assert.False(t, ok)
}

// TestStrangers: the same list, sound and spoilt, by OpenSSL, Java, certvalidator and a strict DER
// reader.
func TestStrangers(t *testing.T) {
	t.Parallel()
	pki := certtest.NewPKI(t, certtest.RSA2048)
	leaf := pki.Signer(t, certtest.Template{})
	good := pki.Sub.CRL(t, leaf)
	broken := bytes.Clone(good)
	broken[len(broken)-1] ^= 1
	trust, chain := certtest.WritePEM(t, pki.Root.Certificate), certtest.WritePEM(t, pki.Sub.Certificate, leaf.Certificate)
	job := func(der []byte) certtest.Job {
		return certtest.Job{File: certtest.WriteFile(t, "*.crl", der), Trust: []string{trust}, Chain: []string{chain}}
	}
	for i, line := range certtest.Judge(t, "crl", "openssl,certvalidator", job(good), job(broken)) {
		der := [][]byte{good, broken}[i/2]
		l, err := crl.Parse(der)
		require.NoError(t, err)
		err = l.Verify(pki.Sub.Certificate, crl.Question{Time: time.Now()})
		assert.Equal(t, line.Accepted, err == nil, "%s: %s; ours: %v", line.Judge, line.Error, err)
	}
}

// TestFindAgain: the index that repeated searches make says what the walk says, of the first, the
// last and a repeated entry too.
func TestFindAgain(t *testing.T) {
	t.Parallel()
	pki := certtest.NewPKI(t, certtest.P256)
	var entries []x509.RevocationListEntry
	for i := range 3000 {
		e := x509.RevocationListEntry{SerialNumber: big.NewInt(int64(i * i)), RevocationTime: now.Add(-time.Hour)}
		if i%7 == 0 { // not of the usual form
			e.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 24},
				Value: append([]byte{24, 15}, now.Format("20060102150405Z")...)}}
		}
		entries = append(entries, e)
	}
	entries = append(entries, x509.RevocationListEntry{SerialNumber: big.NewInt(16), RevocationTime: now, ReasonCode: 4})
	der := list(t, pki.Sub, func(l *x509.RevocationList) { l.RevokedCertificateEntries = entries })
	again, err := crl.Parse(der)
	require.NoError(t, err)
	for range 5 {
		again.Find(again.RawIssuer(), big.NewInt(1))
	}
	for n := int64(-1); n < 400; n++ {
		first, err := crl.Parse(der)
		require.NoError(t, err)
		want, found := first.Find(first.RawIssuer(), big.NewInt(n))
		got, ok := again.Find(again.RawIssuer(), big.NewInt(n))
		require.Equal(t, found, ok, n)
		require.Equal(t, want, got, n)
	}
	e, ok := again.Find(again.RawIssuer(), big.NewInt(16))
	require.True(t, ok)
	assert.Equal(t, crl.Superseded, e.Reason, "the last entry counts")
	_, ok = again.Find(pki.Root.Certificate.RawSubject, big.NewInt(16))
	assert.False(t, ok)
}

// TestFindAllocates: nothing for the entries passed over.
func TestFindAllocates(t *testing.T) {
	l, err := crl.Parse(large(t, 20_000))
	require.NoError(t, err)
	issuer, serial := l.RawIssuer(), big.NewInt(7)
	assert.LessOrEqual(t, testing.AllocsPerRun(5, func() { l.Find(issuer, serial) }), 8.0)
}

func large(t testing.TB, n int) []byte {
	pki := certtest.NewPKI(t, certtest.P256)
	return list(t, pki.Sub, func(l *x509.RevocationList) {
		for i := range n {
			l.RevokedCertificateEntries = append(l.RevokedCertificateEntries, x509.RevocationListEntry{
				SerialNumber: certtest.Serial(), RevocationTime: now, ReasonCode: i % 3})
		}
	})
}

func FuzzParse(f *testing.F) {
	pki := certtest.NewPKI(f, certtest.P256)
	leaf := pki.Signer(f, certtest.Template{Kind: certtest.P256})
	f.Add(pki.Sub.CRL(f, leaf))
	f.Add(list(f, pki.Sub, func(l *x509.RevocationList) {
		l.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 28}, Critical: true,
			Value: []byte{0x30, 6, 0x84, 1, 0xff, 0x81, 1, 0xff}}}
	}))
	f.Fuzz(func(t *testing.T, der []byte) {
		l, err := crl.Parse(der)
		if err != nil {
			return
		}
		n := 0
		for e := range l.Entries() {
			n++
			if e.Serial.BitLen() < 200 && l.Len() < 100 {
				if _, ok := l.Find(e.RawIssuer, e.Serial); !ok {
					t.Fatalf("entry %d is not found", n)
				}
			}
		}
		if n != l.Len() {
			t.Fatalf("%d entries, and Len says %d", n, l.Len())
		}
		_ = l.Verify(pki.Sub.Certificate, crl.Question{Time: now})
		_, _, _ = l.Status(leaf.Certificate, now)
	})
}
