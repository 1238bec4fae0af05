package sri_test

import (
	"context"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/sri"
)

// shape is a form in which certificates occur in the field.
type shape struct {
	name    string
	issuer  []byte // DER of the authority's name; nil: an ordinary one
	subject []byte
	serial  *big.Int
	kind    certtest.KeyKind
	change  func(*x509.Certificate)
}

// attribute is one AttributeTypeAndValue with the string type that it is written in.
type attribute struct {
	oid  asn1.ObjectIdentifier
	tag  int
	text string
}

var (
	oidCN    = asn1.ObjectIdentifier{2, 5, 4, 3}
	oidC     = asn1.ObjectIdentifier{2, 5, 4, 6}
	oidL     = asn1.ObjectIdentifier{2, 5, 4, 7}
	oidO     = asn1.ObjectIdentifier{2, 5, 4, 10}
	oidOU    = asn1.ObjectIdentifier{2, 5, 4, 11}
	oidSN    = asn1.ObjectIdentifier{2, 5, 4, 5}
	oidOrgID = asn1.ObjectIdentifier{2, 5, 4, 97}
	oidEmail = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 1}
	oidDC    = asn1.ObjectIdentifier{0, 9, 2342, 19200300, 100, 1, 25}
)

const (
	utf8String, printable, ia5, t61, bmp = asn1.TagUTF8String, asn1.TagPrintableString, asn1.TagIA5String, 20, 30
)

// name encodes relative distinguished names; attributes in one slice share a name.
func name(t testing.TB, rdns ...[]attribute) []byte {
	t.Helper()
	type pair struct {
		Type  asn1.ObjectIdentifier
		Value asn1.RawValue
	}
	type set []pair
	var seq []asn1.RawValue
	for _, rdn := range rdns {
		var one []pair
		for _, a := range rdn {
			octets := []byte(a.text)
			if a.tag == bmp {
				octets = nil
				for _, u := range utf16.Encode([]rune(a.text)) {
					octets = append(octets, byte(u>>8), byte(u))
				}
			}
			if a.tag == t61 {
				octets = nil
				for _, r := range a.text {
					octets = append(octets, byte(r))
				}
			}
			one = append(one, pair{a.oid, asn1.RawValue{Tag: a.tag, Bytes: octets}})
		}
		der, err := asn1.MarshalWithParams(set(one), "set")
		require.NoError(t, err)
		seq = append(seq, asn1.RawValue{FullBytes: der})
	}
	der, err := asn1.Marshal(seq)
	require.NoError(t, err)
	return der
}

func one(oid asn1.ObjectIdentifier, tag int, text string) []attribute {
	return []attribute{{oid, tag, text}}
}

// shapes are the eighteen that are tried.
func shapes(t testing.TB) []shape {
	c := one(oidC, printable, "EC")
	long, _ := new(big.Int).SetString("7fffffffffffffffffffffffffffffffffffffff", 16)
	usage := func(u x509.KeyUsage) func(*x509.Certificate) {
		return func(c *x509.Certificate) { c.KeyUsage = u }
	}
	extension := func(arc asn1.ObjectIdentifier, values ...string) func(*x509.Certificate) {
		return func(c *x509.Certificate) {
			for i, v := range values {
				der, _ := asn1.MarshalWithParams(v, "utf8")
				c.ExtraExtensions = append(c.ExtraExtensions, pkix.Extension{Id: append(append(asn1.ObjectIdentifier{}, arc...), i+1), Value: der})
			}
		}
	}
	return []shape{
		{name: "ordinary"},
		{name: "long serial", serial: long},
		{name: "short serial", serial: big.NewInt(1)},
		{name: "serial of 8 octets with a high bit", serial: new(big.Int).SetUint64(1<<63 + 12345)},
		{name: "accents", issuer: name(t, c, one(oidO, utf8String, "Autoridad Ñandú S.A."), one(oidCN, utf8String, "Certificación Ecuatoriana"))},
		{name: "e-mail in the issuer", issuer: name(t, c, one(oidO, utf8String, "CA"), one(oidCN, utf8String, "CA con correo"), one(oidEmail, ia5, "ca@example.com"))},
		{name: "special characters", issuer: name(t, c, one(oidO, utf8String, `A, B + C "D" \E <F>; =G #H`), one(oidCN, utf8String, "#numeral"))},
		{name: "spaces", issuer: name(t, c, one(oidO, utf8String, " rodeada "), one(oidCN, utf8String, "dos  espacios"))},
		{name: "several values", issuer: name(t, c, []attribute{{oidCN, utf8String, "Varias"}, {oidOU, utf8String, "Unidad"}})},
		{name: "BMPString", issuer: name(t, c, one(oidO, bmp, "Año Ñ"), one(oidCN, bmp, "CA ancha"))},
		{name: "T61String", issuer: name(t, c, one(oidO, t61, "Compañía"), one(oidCN, t61, "CA vieja"))},
		{name: "domain components", issuer: name(t, one(oidDC, ia5, "ec"), one(oidDC, ia5, "example"), one(oidCN, utf8String, "CA de dominio"))},
		{name: "long issuer", issuer: name(t, c, one(oidL, utf8String, "Distrito Metropolitano de Quito"),
			one(oidO, utf8String, strings.Repeat("Entidad de Certificación ", 8)), one(oidOU, utf8String, "Subdirección Nacional de Seguridad de la Información"),
			one(oidCN, utf8String, "ENTIDAD DE CERTIFICACION"))},
		{name: "organization identifier in the issuer", issuer: name(t, c, one(oidO, utf8String, "CA nueva"), one(oidOrgID, utf8String, "VATEC-1790016919001"), one(oidCN, utf8String, "CA nueva"), one(oidSN, printable, "171234"))},
		{name: "second generation", subject: name(t, c, one(oidSN, printable, "1710034065"), one(oidOrgID, utf8String, "VATEC-1790016919001"), one(oidCN, utf8String, "José Peña"))},
		{name: "first generation", change: extension(asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 37746, 3}, "1710034065", "José", "Peña")},
		{name: "digitalSignature only", change: usage(x509.KeyUsageDigitalSignature)},
		{name: "RSA-4096 with all usages", kind: certtest.RSA4096, change: usage(x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment | x509.KeyUsageKeyEncipherment)},
	}
}

// TestShapesOfCertificates signs vouchers of all six types with certificates of every shape and
// asks strangers: 36 documents, 200 with RUBRICA_FULL=1.
func TestShapesOfCertificates(t *testing.T) {
	t.Parallel()
	pki := certtest.NewPKI(t, certtest.RSA2048)
	trust := certtest.WritePEM(t, pki.Root.Certificate)
	list := shapes(t)
	require.Len(t, list, 18)
	documents := 36
	if certtest.Full() {
		documents = 200
	}
	m := newMaker(6)
	signers, chains := make([]signing.Signer, len(list)), make([]string, len(list))
	for i, s := range list {
		signers[i], chains[i] = s.signer(t, pki, i)
	}
	var jobs []certtest.Job
	var about []string
	for i := range documents {
		s, k := i%len(list), kinds[i%len(kinds)]
		voucher := m.voucher(t, k)
		signed, err := sri.Sign(context.Background(), voucher, signers[s], sri.Options{Time: time.Now(), SHA256: i%4 == 3})
		require.NoError(t, err, list[s].name)
		v, err := sri.Validate(context.Background(), signed, signing.Validation{Time: time.Now(),
			Anchors: []*x509.Certificate{pki.Root.Certificate}, Certificates: signers[s].Chain[1:]})
		require.NoError(t, err)
		require.Equal(t, signing.StatusValid, v.Report.Status(), "%s %+v", list[s].name, v.Report.Signatures[0])
		require.Equal(t, k.document, v.AccessKey.Document())
		for _, f := range v.Report.Signatures[0].Findings {
			require.NotEqual(t, "issuer-serial-mismatch", f.Code, list[s].name)
		}
		jobs = append(jobs, certtest.Job{File: certtest.WriteFile(t, "*.xml", signed), Trust: []string{trust}, Chain: []string{chains[s]}})
		about = append(about, fmt.Sprintf("%s, %s %s", list[s].name, k.document.Root(), k.version))
	}
	lines := certtest.Judge(t, "sri", "dss,xades4j,jdk,xmlsec1,xsd", jobs...)
	judges := certtest.JudgeCount(t, "sri", "dss,xades4j,jdk,xmlsec1,xsd")
	require.Len(t, lines, judges*len(jobs))
	for i, line := range lines {
		require.True(t, line.Accepted, "%s of %s: %s %+v", line.Judge, about[i/judges], line.Error, line.Raw)
	}
}

func (s shape) signer(t testing.TB, pki *certtest.PKI, i int) (signing.Signer, string) {
	t.Helper()
	own := *pki
	if s.issuer != nil {
		own.Sub = pki.Root.Authority(t, certtest.Template{Subject: pkix.Name{CommonName: fmt.Sprint("shape ", i)},
			Change: func(c *x509.Certificate) { c.RawSubject = s.issuer }})
	}
	e := own.Signer(t, certtest.Template{Kind: s.kind, Change: func(c *x509.Certificate) {
		if s.subject != nil {
			c.RawSubject = s.subject
		}
		if s.serial != nil {
			c.SerialNumber = s.serial
		}
		if s.change != nil {
			s.change(c)
		}
	}})
	return signing.Signer{Key: e.Key, Chain: e.Chain()}, certtest.WritePEM(t, own.Sub.Certificate)
}
