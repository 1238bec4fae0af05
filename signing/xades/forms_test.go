package xades_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/xades"
)

const inclusive10 = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"

var digestMark = regexp.MustCompile(`\{\{digest ([^}|]*)\|?([^}]*)\}\}`)

// signByHand fills in a document that was written by hand: {{digest APEX|OMIT}} by the digest of
// the first element of that local name less another, {{sha256 TEXT}} by that of the text,
// {{keyinfo}} and {{value}}. It makes what the library itself would never write.
func signByHand(t testing.TB, s signing.Signer, doc string) []byte {
	t.Helper()
	doc = strings.ReplaceAll(doc, "{{keyinfo}}", `<KeyInfo><X509Data><X509Certificate>`+
		base64.StdEncoding.EncodeToString(s.Chain[0].Raw)+`</X509Certificate></X509Data></KeyInfo>`)
	doc = regexp.MustCompile(`\{\{sha256 ([^}]*)\}\}`).ReplaceAllStringFunc(doc, func(m string) string {
		sum := sha256.Sum256([]byte(m[len("{{sha256 ") : len(m)-2]))
		return base64.StdEncoding.EncodeToString(sum[:])
	})
	for {
		marks := digestMark.FindAllStringSubmatchIndex(doc, -1)
		if marks == nil {
			break
		}
		at := marks[len(marks)-1] // inner ones stand behind
		sum := sha256.Sum256(canonicalOf(t, doc, doc[at[2]:at[3]], doc[at[4]:at[5]]))
		doc = doc[:at[0]] + base64.StdEncoding.EncodeToString(sum[:]) + doc[at[1]:]
	}
	digest := sha256.Sum256(canonicalOf(t, doc, "SignedInfo", ""))
	der, err := s.Key.Sign(rand.Reader, digest[:], crypto.SHA256)
	require.NoError(t, err)
	r, q := splitECDSA(t, s.Key.Public().(*ecdsa.PublicKey), der)
	return []byte(strings.Replace(doc, "{{value}}", base64.StdEncoding.EncodeToString(append(r, q...)), 1))
}

func canonicalOf(t testing.TB, doc, apex, omit string) []byte {
	t.Helper()
	var out bytes.Buffer
	doc = strings.ReplaceAll(doc, "{{value}}", "")
	require.NoError(t, xades.Canonicalize(&out, []byte(doc), xades.Canonicalization{Method: inclusive10, Apex: apex, Omit: omit}), doc)
	return out.Bytes()
}

func splitECDSA(t testing.TB, key *ecdsa.PublicKey, der []byte) (r, s []byte) {
	t.Helper()
	pair := readPair(t, der)
	size := (key.Curve.Params().N.BitLen() + 7) / 8
	return pair.R.FillBytes(make([]byte, size)), pair.S.FillBytes(make([]byte, size))
}

// handmade builds a ds:Signature around references.
func handmade(before, references, objects, after string) string {
	return before + `<Signature xmlns="http://www.w3.org/2000/09/xmldsig#" Id="S"><SignedInfo>` +
		`<CanonicalizationMethod Algorithm="` + inclusive10 + `"/>` +
		`<SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"/>` + references +
		`</SignedInfo><SignatureValue>{{value}}</SignatureValue>{{keyinfo}}` + objects + `</Signature>` + after
}

func ref(attributes, transforms, digest string) string {
	if transforms != "" {
		transforms = "<Transforms>" + transforms + "</Transforms>"
	}
	return "<Reference " + attributes + ">" + transforms +
		`<DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><DigestValue>` + digest + "</DigestValue></Reference>"
}

func transform(uri, content string) string {
	return `<Transform Algorithm="` + uri + `">` + content + `</Transform>`
}

const (
	enveloped = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
	xpathURI  = "http://www.w3.org/TR/1999/REC-xpath-19991116"
	filterURI = "http://www.w3.org/2002/06/xmldsig-filter2"
	base64URI = "http://www.w3.org/2000/09/xmldsig#base64"
)

func xpath(expression string) string {
	return transform(xpathURI, `<XPath xmlns:d="http://www.w3.org/2000/09/xmldsig#" xmlns:u="urn:u">`+expression+`</XPath>`)
}

func filter(kind, expression string) string {
	return transform(filterURI, `<XPath xmlns="http://www.w3.org/2002/06/xmldsig-filter2" xmlns:d="http://www.w3.org/2000/09/xmldsig#" xmlns:u="urn:u" Filter="`+
		kind+`">`+expression+`</XPath>`)
}

// TestHandmade: forms that others write, each with its verdict, what it signs, or why not.
func TestHandmade(t *testing.T) {
	t.Parallel()
	s := newWorld(t).signers[certtest.P256]
	const idiom = "count(ancestor-or-self::d:Signature | here()/ancestor::d:Signature[1]) > count(ancestor-or-self::d:Signature)"
	escaped := strings.ReplaceAll(idiom, ">", "&gt;")
	root := func(signed string) (string, string) { return `<u:r xmlns:u="urn:u" id="R">` + signed, `</u:r>` }
	before, after := root(`<u:a Id="A">one</u:a><u:b>two</u:b>`)
	for _, c := range []struct {
		name, doc, crypto, signed, finding string
	}{
		{"enveloped", handmade(before, ref(`URI=""`, transform(enveloped, ""), "{{digest r|Signature}}"), "", after), "intact", "/r", ""},
		{"by id", handmade(before, ref(`URI="#A"`, "", "{{digest a}}"), "", after), "intact", "/r/a", ""},
		{"xpointer id", handmade(before, ref(`URI="#xpointer(id('A'))"`, "", "{{digest a}}"), "", after), "intact", "/r/a", ""},
		{"xpointer root", handmade(before, ref(`URI="#xpointer(/)"`, transform(enveloped, ""), "{{digest r|Signature}}"), "", after), "intact", "/r", ""},
		{"xpointer other", handmade(before, ref(`URI="#xpointer(//a)"`, "", "{{digest a}}"), "", after), "unsupported", "", "unsupported-reference"},
		{"xpath enveloped", handmade(before, ref(`URI=""`, xpath("not(ancestor-or-self::d:Signature)"), "{{digest r|Signature}}"), "", after), "intact", "/r", ""},
		{"xpath idiom", handmade(before, ref(`URI=""`, xpath(escaped), "{{digest r|Signature}}"), "", after), "intact", "/r", ""},
		{"xpath within", handmade(before, ref(`URI=""`, xpath("ancestor-or-self::u:a"), "{{digest a}}"), "", after), "intact", "/r/a", ""},
		{"xpath both", handmade(before, ref(`URI=""`, xpath("ancestor-or-self::u:r and not(ancestor-or-self::d:Signature)"), "{{digest r|Signature}}"), "", after), "intact", "/r", ""},
		{"xpath free", handmade(before, ref(`URI=""`, xpath("self::text()"), "{{digest r|Signature}}"), "", after), "unsupported", "", "unsupported-transform"},
		{"xpath or", handmade(before, ref(`URI=""`, xpath("ancestor-or-self::u:a or ancestor-or-self::u:b"), "{{digest r}}"), "", after), "unsupported", "", "unsupported-transform"},
		{"xpath unbound", handmade(before, ref(`URI=""`, xpath("ancestor-or-self::q:a"), "{{digest r}}"), "", after), "unsupported", "", "unsupported-transform"},
		{"xpath nothing", handmade(before, ref(`URI=""`, xpath("ancestor-or-self::u:nothing"), "{{sha256 }}"), "", after), "broken", "", "malformed"},
		{"xpath all out", handmade(before, ref(`URI=""`, xpath("not(ancestor-or-self::u:r)"), "{{sha256 }}"), "", after), "broken", "", "malformed"},
		{"filter subtract", handmade(before, ref(`URI=""`, filter("subtract", "/descendant::d:Signature"), "{{digest r|Signature}}"), "", after), "intact", "/r", ""},
		{"filter subtract here", handmade(before, ref(`URI=""`, filter("subtract", "here()/ancestor::d:Signature[1]"), "{{digest r|Signature}}"), "", after), "intact", "/r", ""},
		{"filter intersect", handmade(before, ref(`URI=""`, filter("intersect", "//u:a"), "{{digest a}}"), "", after), "intact", "/r/a", ""},
		{"filter intersect id", handmade(before, ref(`URI=""`, filter("intersect", "id('R')/u:a"), "{{digest a}}"), "", after), "intact", "/r/a", ""},
		{"filter union", handmade(before, ref(`URI=""`, filter("union", "/"), "{{digest r}}"), "", after), "unsupported", "", "unsupported-transform"},
		{"filter everything out", handmade(before, ref(`URI=""`, filter("subtract", "/"), "{{sha256 }}"), "", after), "broken", "", "malformed"},
		{"xslt", handmade(before, ref(`URI=""`, transform("http://www.w3.org/TR/1999/REC-xslt-19991116", ""), "{{digest r}}"), "", after), "unsupported", "", "unsupported-transform"},
		{"base64", handmade(`<r id="R"><a Id="A">b2 5l</a>`, ref(`URI="#A"`, transform(base64URI, ""), "{{sha256 one}}"), "", "</r>"), "intact", "/r/a", ""},
		{"base64 with junk", handmade(`<r id="R"><a Id="A">b25l!</a>`, ref(`URI="#A"`, transform(base64URI, ""), "{{sha256 one}}"), "", "</r>"), "broken", "", "malformed"},
		{"base64 of elements", handmade(`<r id="R"><a Id="A">b2<c/>5l</a>`, ref(`URI="#A"`, transform(base64URI, ""), "{{sha256 one}}"), "", "</r>"), "unsupported", "", "unsupported-transform"},
		{"two canonicalisations", handmade(before, ref(`URI="#A"`, transform(inclusive10, "")+transform(inclusive10, ""), "{{digest a}}"), "", after), "intact", "/r/a", ""},
		{"object", handmade("", ref(`URI="#O"`, "", "{{digest Object}}"), `<Object Id="O"><x xmlns="">y</x></Object>`, ""), "intact", "/Signature/Object", ""},
		{"manifest", handmade(before, ref(`URI="#M" Type="http://www.w3.org/2000/09/xmldsig#Manifest"`, "", "{{digest Manifest}}"),
			`<Object><Manifest Id="M">`+ref(`URI="#A"`, "", "{{digest a}}")+ref(`URI="elsewhere"`, "", "{{sha256 x}}")+`</Manifest></Object>`, after), "intact", "/r/a", "manifest-entry-not-found"},
		{"manifest spoilt", handmade(before, ref(`URI="#M"`, "", "{{digest Manifest}}"),
			`<Object><Manifest Id="M">`+ref(`URI="#A"`, "", "{{digest b}}")+`</Manifest></Object>`, after), "broken", "", "manifest-entry-broken"},
		{"external missing", handmade(before, ref(`URI="elsewhere.txt"`, "", "{{sha256 x}}"), "", after), "unsupported", "", "signed-data-not-found"},
		{"no such id", handmade(before, ref(`URI="#nobody"`, "", "{{sha256 x}}"), "", after), "broken", "", "reference-broken"},
		{"nothing but itself", handmade(before, ref(`URI="#S"`, transform(enveloped, ""), "{{sha256 }}"), "", after), "broken", "", "malformed"},
		{"nothing but its key", handmade(before, ref(`URI="#K"`, "", "{{digest KeyInfo}}"), "", after), "broken", "", ""},
		{"no reference", handmade(before, "", "", after), "broken", "", "malformed"},
		{"no transforms inside", handmade(before, ref(`URI="#A"`, " ", "{{digest a}}"), "", after), "broken", "", "malformed"},
		{"digest md5", strings.Replace(handmade(before, ref(`URI="#A"`, "", "{{digest a}}"), "", after), "http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2001/04/xmldsig-more#md5", 1), "unsupported", "", "forbidden-algorithm"},
		{"hmac", strings.Replace(handmade(before, ref(`URI="#A"`, "", "{{digest a}}"), "", after), "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256", "http://www.w3.org/2000/09/xmldsig#hmac-sha1", 1), "unsupported", "", "forbidden-algorithm"},
		{"unknown method", strings.Replace(handmade(before, ref(`URI="#A"`, "", "{{digest a}}"), "", after), "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256", "urn:x", 1), "unsupported", "", "unsupported-signature-algorithm"},
		{"unknown canonicalisation", strings.Replace(handmade(before, ref(`URI="#A"`, "", "{{digest a}}"), "", after), `Method Algorithm="`+inclusive10, `Method Algorithm="urn:x`, 1), "unsupported", "", "unsupported-canonicalization"},
		{"another key's method", strings.Replace(handmade(before, ref(`URI="#A"`, "", "{{digest a}}"), "", after), "ecdsa-sha256", "rsa-sha256", 1), "broken", "", "signature-broken"},
	} {
		doc := signByHand(t, s, c.doc)
		report, err := xades.Validate(context.Background(), doc, signing.Validation{Time: time.Now()})
		if !assert.NoError(t, err, c.name) {
			continue
		}
		got := report.Signatures[0]
		assert.Equal(t, c.crypto, string(got.Crypto), "%s: %+v", c.name, got.Findings)
		if c.signed != "" {
			var paths []string
			for _, signed := range got.Signed {
				paths = append(paths, signed.Path)
			}
			assert.Contains(t, paths, c.signed, c.name)
		} else {
			assert.Empty(t, got.Signed, c.name)
		}
		if c.finding != "" {
			assert.Contains(t, fmt.Sprint(got.Findings), c.finding, c.name)
		}
	}
}

// TestSignsNothing: a sound signature of a trusted person whose references cover only its own
// properties is no signature of anything.
func TestSignsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.signers[certtest.P256]
	doc := handmade("<r>", ref(`URI="#P" Type="http://uri.etsi.org/01903#SignedProperties"`, "", "{{digest SignedProperties}}"),
		`<Object><q:QualifyingProperties xmlns:q="http://uri.etsi.org/01903/v1.3.2#" Target="#S"><q:SignedProperties Id="P"><q:SignedSignatureProperties>`+
			`<q:SigningTime>2026-01-01T00:00:00Z</q:SigningTime></q:SignedSignatureProperties></q:SignedProperties></q:QualifyingProperties></Object>`, "</r>")
	report, err := xades.Validate(context.Background(), signByHand(t, s, doc), w.validation())
	require.NoError(t, err)
	require.Equal(t, signing.Broken, report.Signatures[0].Crypto)
	require.Equal(t, signing.StatusInvalid, report.Status())
	require.Contains(t, fmt.Sprint(report.Signatures[0].Findings), "signs-nothing")
}

// TestOldNamespaces: XAdES 1.1.1, 1.2.2 and 1.3.2 as they were written, each naming its
// certificate.
func TestOldNamespaces(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.signers[certtest.P256]
	sum := sha256.Sum256(s.Chain[0].Raw)
	for version, digests := range map[string]string{"v1.1.1": "q", "v1.2.2": "", "v1.3.2": ""} {
		if digests != "" {
			digests += ":"
		}
		space := "http://uri.etsi.org/01903/" + version + "#"
		doc := handmade("<r>", ref(`URI=""`, transform(enveloped, ""), "{{digest r|Signature}}")+
			ref(`URI="#P" Type="`+space+`SignedProperties"`, "", "{{digest SignedProperties}}"),
			`<Object><q:QualifyingProperties xmlns:q="`+space+`" Target="#S"><q:SignedProperties Id="P"><q:SignedSignatureProperties>`+
				`<q:SigningTime>2026-01-01T00:00:00Z</q:SigningTime><q:SigningCertificate><q:Cert><q:CertDigest>`+
				`<`+digests+`DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><`+digests+`DigestValue>`+
				base64.StdEncoding.EncodeToString(sum[:])+`</`+digests+`DigestValue></q:CertDigest><q:IssuerSerial><X509IssuerName>`+
				`CN=Test Sub CA rsa2048,O=Rubrica Test,C=EC</X509IssuerName><X509SerialNumber>`+s.Chain[0].SerialNumber.String()+
				`</X509SerialNumber></q:IssuerSerial></q:Cert></q:SigningCertificate></q:SignedSignatureProperties></q:SignedProperties>`+
				`</q:QualifyingProperties></Object>`, "</r>")
		report, err := xades.Validate(context.Background(), signByHand(t, s, doc), w.validation())
		require.NoError(t, err, version)
		got := report.Signatures[0]
		require.Equal(t, signing.StatusValid, report.Status(), "%s %+v", version, got.Findings)
		require.Equal(t, signing.BindingOK, got.Binding, version)
		require.Equal(t, "XAdES-BES", got.Level, version)
		require.Equal(t, 2026, got.ClaimedTime.Year(), version)
		require.NotContains(t, fmt.Sprint(got.Findings), "issuer-serial-mismatch", version)
	}
}

// TestDetached: content outside the document comes from the caller only, and is handed back.
func TestDetached(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := form{"detached", certtest.P256, xades.Profile{SigningTime: time.Now(), Packaging: xades.Detached, URI: "carpeta/pedido.bin"}}
	content := "any octets \x00\xff"
	signed := w.sign(t, f, content)
	asked := ""
	v := w.validation()
	report, err := xades.Validate(context.Background(), signed, v)
	require.NoError(t, err)
	require.Equal(t, signing.SignedDataNotFound, report.Signatures[0].SubIndication)
	require.Equal(t, signing.StatusIndeterminate, report.Status())
	v.Detached = func(name string) (io.ReadCloser, error) {
		asked = name
		return io.NopCloser(strings.NewReader(content)), nil
	}
	report, err = xades.Validate(context.Background(), signed, v)
	require.NoError(t, err)
	require.Equal(t, signing.StatusValid, report.Status(), "%+v", report.Signatures[0])
	require.Equal(t, "carpeta/pedido.bin", asked)
	var octets bytes.Buffer
	require.NoError(t, report.Signatures[0].Signed[0].Octets(&octets))
	require.Equal(t, content, octets.String())
	require.Equal(t, sha256.Sum256([]byte(content)), report.Signatures[0].Signed[0].SHA256)
	content += "."
	report, err = xades.Validate(context.Background(), signed, v)
	require.NoError(t, err)
	require.Equal(t, signing.StatusInvalid, report.Status())
}

// TestDetachedLarge: a short signature over a long file is judged, with a time stamp over the file
// too, and many signatures may cover it.
func TestDetachedLarge(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	content := strings.Repeat("<line>content</line>\n", 300_000)
	signed := w.sign(t, form{"detached", certtest.P256, xades.Profile{SigningTime: time.Now(),
		Packaging: xades.Detached, URI: "file.bin", ContentTimestamper: w.tsa}}, content)
	v := w.validation()
	v.Detached = func(string) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(content)), nil
	}
	report, err := xades.Validate(context.Background(), signed, v)
	require.NoError(t, err)
	require.Equal(t, signing.StatusValid, report.Status(), "%+v", report.Signatures[0])
	require.Len(t, report.Signatures[0].Timestamps, 1)
	stamped := report.Signatures[0].Timestamps[0]
	require.Equal(t, signing.Intact, stamped.Crypto, "%+v", stamped)
}

// TestPolicy: the policy's document is compared, wherever it comes from.
func TestPolicy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	validate := func(p *xades.Policy, own func(string) ([]byte, error)) signing.Signature {
		f := form{"policy", certtest.P256, xades.Profile{SigningTime: time.Now(), Policy: p}}
		report, err := xades.Validator{Policies: own}.Validate(context.Background(), w.sign(t, f, order), w.validation())
		require.NoError(t, err)
		return report.Signatures[0]
	}
	digest := sha256.Sum256([]byte(policyDocument))
	kept := validate(&xades.Policy{ID: "urn:oid:1.2.3", Document: []byte(policyDocument)}, nil)
	assert.Equal(t, signing.TotalPassed, kept.Indication)
	assert.NotContains(t, fmt.Sprint(kept.Findings), "policy")
	named := &xades.Policy{ID: "https://example.com/p", Digest: digest[:]}
	assert.Contains(t, fmt.Sprint(validate(named, nil).Findings), "policy-not-checked")
	good := validate(named, func(id string) ([]byte, error) {
		assert.Equal(t, "https://example.com/p", id)
		return []byte(policyDocument), nil
	})
	assert.Equal(t, signing.TotalPassed, good.Indication)
	bad := validate(named, func(string) ([]byte, error) { return []byte("another"), nil })
	assert.Equal(t, signing.PolicyProcessingError, bad.SubIndication)
	assert.Equal(t, signing.Intact, bad.Crypto)
	assert.Equal(t, signing.TotalPassed, validate(&xades.Policy{}, nil).Indication)
}

// TestPolicyDocuments: a policy at hand is recognised by its digest; another one is told.
func TestPolicyDocuments(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	digest := sha256.Sum256([]byte(policyDocument))
	p := &xades.Policy{ID: "urn:oid:1.2.3", Digest: digest[:]}
	signed := w.sign(t, form{"policy", certtest.P256, xades.Profile{SigningTime: time.Now(), Policy: p}}, order)
	validate := func(documents ...string) signing.Signature {
		v := w.validation()
		for _, d := range documents {
			v.PolicyDocuments = append(v.PolicyDocuments, []byte(d))
		}
		report, err := xades.Validate(context.Background(), signed, v)
		require.NoError(t, err)
		return report.Signatures[0]
	}
	assert.Contains(t, fmt.Sprint(validate().Findings), "policy-not-checked")
	assert.Contains(t, fmt.Sprint(validate("one", "two").Findings), "policy-not-checked")
	good := validate("one", policyDocument)
	assert.Equal(t, signing.TotalPassed, good.Indication)
	assert.NotContains(t, fmt.Sprint(good.Findings), "policy")
	assert.Equal(t, signing.PolicyProcessingError, validate("one").SubIndication)
}
