package xades_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/xades"
)

// quietOrder is without what goxmldsig canonicalises wrongly (see internal/c14n, TestPeerDiffers).
const quietOrder = `<?xml version="1.0" encoding="UTF-8"?>
<o:order xmlns:o="urn:order" xmlns="urn:default" xmlns:z="urn:z" id="order-1" Id="order-2">
  <line z:b="2" a='1' z:a="&#xA;&quot;">Café &amp; té &#13;<![CDATA[<raw>]]></line>
  <ext><place/></ext>
</o:order>`

// peerValidates asks goxmldsig, which trusts exactly the given certificate.
func peerValidates(signed []byte, id string, trusted *x509.Certificate) (*etree.Element, error) {
	d := etree.NewDocument()
	if err := d.ReadFromBytes(signed); err != nil {
		return nil, err
	}
	v := dsig.NewDefaultValidationContext(&dsig.MemoryX509CertificateStore{
		Roots: []*x509.Certificate{trusted}})
	v.IdAttribute = id
	return v.Validate(d.Root())
}

// peerSigns signs the root with goxmldsig and writes the document.
func peerSigns(t *testing.T, doc string, s signing.Signer, c dsig.Canonicalizer, method string) []byte {
	t.Helper()
	d := etree.NewDocument()
	require.NoError(t, d.ReadFromString(doc))
	p, err := dsig.NewSigningContext(s.Key, [][]byte{s.Chain[0].Raw})
	require.NoError(t, err)
	p.Canonicalizer, p.IdAttribute = c, "Id"
	require.NoError(t, p.SetSignatureMethod(method))
	root, err := p.SignEnveloped(d.Root())
	require.NoError(t, err)
	d.SetRoot(root)
	out, err := d.WriteToBytes()
	require.NoError(t, err)
	return out
}

// only is our entry for the only signature.
func (w *world) only(t *testing.T, signed []byte) signing.Signature {
	t.Helper()
	r, err := xades.Validate(context.Background(), signed, w.validation())
	require.NoError(t, err, "%s", signed)
	require.Len(t, r.Signatures, 1, "%s", signed)
	return r.Signatures[0]
}

var altered = strings.NewReplacer("Café", "Cafe")

// TestPeerAcceptsOurs: goxmldsig validates what we sign, in the forms that it can read, hands back
// what we signed, and refuses it altered.
func TestPeerAcceptsOurs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	leaf := w.signers[certtest.RSA2048].Chain[0]
	for c := xades.Exclusive; c <= xades.Inclusive11WithComments; c++ {
		for _, h := range []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512} {
			for _, legacy := range []bool{false, true} {
				p := xades.Profile{SigningTime: time.Now(), Canonicalization: c, Hash: h,
					Legacy: legacy}
				if legacy {
					p.Subject, p.KeyValue, p.SignKeyInfo = "order-1", true, true
				}
				f := form{"peer", certtest.RSA2048, p}
				signed := w.sign(t, f, quietOrder)
				w.checkOwn(t, f, quietOrder, signed)
				seen, err := peerValidates(signed, "id", leaf)
				require.NoError(t, err, "%d %s\n%s", c, h, signed)
				assert.Equal(t, "Café & té \r<raw>", seen.FindElement("line").Text())
				assert.Nil(t, seen.FindElement("Signature"))
				_, err = peerValidates([]byte(altered.Replace(string(signed))), "id", leaf)
				require.Error(t, err)
			}
		}
	}
}

// TestPeerSigns: what goxmldsig signs is intact for us, is told to name no certificate, and is
// broken when it was altered.
func TestPeerSigns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, c := range []dsig.Canonicalizer{
		dsig.MakeC14N10RecCanonicalizer(), dsig.MakeC14N10WithCommentsCanonicalizer(),
		dsig.MakeC14N11Canonicalizer(), dsig.MakeC14N11WithCommentsCanonicalizer(),
		dsig.MakeC14N10ExclusiveCanonicalizerWithPrefixList(""),
		dsig.MakeC14N10ExclusiveWithCommentsCanonicalizerWithPrefixList(""),
	} {
		for _, method := range []string{dsig.RSASHA1SignatureMethod, dsig.RSASHA256SignatureMethod,
			dsig.RSASHA384SignatureMethod, dsig.RSASHA512SignatureMethod} {
			for _, doc := range []string{quietOrder, strings.ReplaceAll(quietOrder, "Id=", "x=")} {
				// etree writes a carriage return as it is, which reads as a line feed.
				doc = strings.ReplaceAll(doc, "&#13;", "")
				doc = strings.ReplaceAll(doc, "&#xA;", "")
				signed := peerSigns(t, doc, w.signers[certtest.RSA2048], c, method)
				s := w.only(t, signed)
				assert.Equal(t, signing.Intact, s.Crypto, "%s %s %+v", c.Algorithm(), method, s.Findings)
				assert.Equal(t, signing.BindingMissing, s.Binding)
				assert.Equal(t, signing.CoversWhole, s.Coverage)
				assert.Equal(t, w.signers[certtest.RSA2048].Chain[0], s.Signer)
				s = w.only(t, []byte(altered.Replace(string(signed))))
				assert.Equal(t, signing.Broken, s.Crypto)
				assert.Equal(t, signing.HashFailure, s.SubIndication)
			}
		}
	}
}

// TestPeerBuilds: documents that etree built are signed and validated, and etree reads back from
// the signed document what it had built.
func TestPeerBuilds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := etree.NewDocument()
	d.CreateProcInst("xml", `version="1.0" encoding="UTF-8"`)
	root := d.CreateElement("factura")
	root.CreateAttr("id", "comprobante")
	root.CreateAttr("xmlns:x", "urn:x")
	for _, text := range []string{"Ñandú & Cía. <S.A.>", `"comillas" 'simples'`, "\t \n",
		"日本\U0001F600", "]]>"} {
		e := root.CreateElement("x:campo")
		e.CreateAttr("valor", text)
		e.SetText(text)
		e.CreateCData("<" + strings.ReplaceAll(text, "]]>", ""))
		e.CreateComment(" comentario ")
	}
	lines := etree.NewIndentSettings()
	lines.Spaces, lines.UseCRLF = 2, true
	for _, way := range []struct {
		settings etree.WriteSettings
		indent   *etree.IndentSettings
	}{{}, {settings: etree.WriteSettings{CanonicalEndTags: true, CanonicalText: true}},
		{settings: etree.WriteSettings{CanonicalAttrVal: true}}, {indent: lines}} {
		d.WriteSettings = way.settings
		if way.indent != nil {
			d.IndentWithSettings(way.indent)
		}
		doc, err := d.WriteToString()
		require.NoError(t, err)
		for _, c := range []xades.CanonicalForm{xades.Exclusive, xades.Inclusive,
			xades.Inclusive11WithComments} {
			p := xades.Profile{SigningTime: time.Now(), Canonicalization: c}
			f := form{"built", certtest.P256, p}
			signed := w.sign(t, f, doc)
			w.checkOwn(t, f, doc, signed)
			again := etree.NewDocument()
			require.NoError(t, again.ReadFromBytes(signed))
			first := etree.NewDocument()
			require.NoError(t, first.ReadFromString(doc))
			again.Root().RemoveChild(again.FindElement("//ds:Signature"))
			again.WriteSettings, first.WriteSettings = etree.WriteSettings{}, etree.WriteSettings{}
			want, err := first.WriteToString()
			require.NoError(t, err)
			got, err := again.WriteToString()
			require.NoError(t, err)
			assert.Equal(t, want, got)
		}
	}
}

// TestPeerAcceptsForgery: goxmldsig looks at one reference only, so that the signed properties can
// be altered under its eyes.
func TestPeerAcceptsForgery(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := form{"forged", certtest.RSA2048, rich(xades.Profile{SigningTime: time.Now()})}
	signed := string(w.sign(t, f, quietOrder))
	forged := strings.Replace(signed, "gerente", "presidenta", 1)
	require.NotEqual(t, signed, forged)
	_, err := peerValidates([]byte(forged), "ID", w.signers[certtest.RSA2048].Chain[0])
	require.NoError(t, err, "the peer changed: it refuses altered signed properties now")
	s := w.only(t, []byte(forged))
	assert.Equal(t, signing.Broken, s.Crypto)
	assert.Equal(t, signing.HashFailure, s.SubIndication)
}

// TestPeerRefuses: what goxmldsig refuses, or cannot make, although it is valid.
func TestPeerRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	leaf := w.signers[certtest.RSA2048].Chain[0]
	quiet := func(old, with string) string { return strings.Replace(quietOrder, old, with, 1) }
	for _, c := range []struct {
		name, doc string
		kind      certtest.KeyKind
		profile   xades.Profile
		trusted   *x509.Certificate
		err       string
	}{
		{name: "ECDSA, which it wants in DER", doc: quietOrder, kind: certtest.P256,
			trusted: w.signers[certtest.P256].Chain[0], err: "ECDSA verification failure"},
		{name: "Ed25519", doc: quietOrder, kind: certtest.Ed25519,
			trusted: w.signers[certtest.Ed25519].Chain[0], err: "Unknown signature method"},
		{name: "RSASSA-PSS", doc: quietOrder, profile: xades.Profile{PSS: true},
			err: "Unknown signature method"},
		{name: "a signer's certificate that an authority issued", doc: quietOrder,
			trusted: w.pki.Sub.Certificate, err: "Could not verify certificate against trusted certs"},
		{name: "XPath, so that others may sign too", doc: quietOrder,
			profile: xades.Profile{Parallel: true}, err: "Unknown Transform Algorithm"},
		{name: "enveloping", doc: quietOrder,
			profile: xades.Profile{Packaging: xades.Enveloping, AsXML: true},
			err:     dsig.ErrMissingSignature.Error()},
		{name: "xml:lang of the root", doc: quiet("id=", `xml:lang="es" id=`),
			profile: xades.Profile{Canonicalization: xades.Inclusive}, err: "verification error"},
		{name: "a line end in an attribute", doc: quiet("a='1'", "a='\n'"),
			err: "could not be verified"},
		{name: "an instruction before the root", doc: quiet("<o:order", "<?a b?><o:order"),
			err: "could not be verified"},
		{name: "a comment, which no plain reference covers", doc: quiet("<ext>", "<!-- x --><ext>"),
			profile: xades.Profile{Canonicalization: xades.InclusiveWithComments},
			err:     "could not be verified"},
		{name: "attributes of two namespaces", doc: quiet("z:b=", `o:b="" z:a0="" z:b=`),
			err: "could not be verified"},
	} {
		if c.kind == "" {
			c.kind = certtest.RSA2048
		}
		if c.trusted == nil {
			c.trusted = leaf
		}
		c.profile.SigningTime = time.Now()
		f := form{c.name, c.kind, c.profile}
		signed := w.sign(t, f, c.doc)
		w.checkOwn(t, f, c.doc, signed)
		_, err := peerValidates(signed, "ID", c.trusted)
		if assert.Error(t, err, "%s: the peer changed", c.name) {
			assert.Contains(t, err.Error(), c.err, c.name)
		}
	}
}

// TestPeerSignsWrong: what goxmldsig writes that no one else accepts.
func TestPeerSignsWrong(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	doc := strings.ReplaceAll(strings.ReplaceAll(quietOrder, "&#13;", ""), "&#xA;", "")
	signed := peerSigns(t, doc, w.signers[certtest.P256], dsig.MakeC14N11Canonicalizer(),
		dsig.ECDSASHA256SignatureMethod)
	_, err := peerValidates(signed, "Id", w.signers[certtest.P256].Chain[0])
	require.NoError(t, err)
	s := w.only(t, signed) // XMLDSig 1.1, 6.4.3: r and s side by side, not DER
	assert.Equal(t, signing.Unsupported, s.Crypto, "%+v", s)
	assert.Equal(t, signing.Indeterminate, s.Indication)
	assert.Equal(t, "unsupported-signature-encoding", s.Findings[0].Code)

	// A carriage return that was written as a reference is written raw: what is read again is
	// another document.
	signed = peerSigns(t, quietOrder, w.signers[certtest.RSA2048], dsig.MakeC14N11Canonicalizer(),
		dsig.RSASHA256SignatureMethod)
	assert.Equal(t, signing.Broken, w.only(t, signed).Crypto,
		"the peer changed: it keeps carriage returns")

	// Comments are no part of what URI="" or "#id" refer to (XMLDSig 1.1, 4.4.3.3); the peer signs
	// them all the same.
	commented := strings.Replace(doc, "<ext>", "<!-- x --><ext>", 1)
	signed = peerSigns(t, commented, w.signers[certtest.RSA2048],
		dsig.MakeC14N10WithCommentsCanonicalizer(), dsig.RSASHA256SignatureMethod)
	_, err = peerValidates(signed, "Id", w.signers[certtest.RSA2048].Chain[0])
	require.NoError(t, err)
	assert.Equal(t, signing.HashFailure, w.only(t, signed).SubIndication)

	// Exclusive canonicalisation is applied to the document itself.
	signed = peerSigns(t, commented, w.signers[certtest.RSA2048],
		dsig.MakeC14N10ExclusiveCanonicalizerWithPrefixList(""), dsig.RSASHA256SignatureMethod)
	assert.NotContains(t, string(signed), `<o:order xmlns:o="urn:order" xmlns="urn:default"`,
		"the peer changed: it leaves namespace declarations where they are")
	assert.NotContains(t, string(signed), "<!-- x -->", "the peer changed: it keeps comments")
}

// TestPeerReadsAnything: etree reads what is no XML document; we sign and validate none of it.
func TestPeerReadsAnything(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.signers[certtest.P256]
	for _, doc := range []string{
		`<a b="1" b="2"/>`,
		`<a/><b/>`,
		`text<a/>`,
		`<a xmlns:p="u"><q:b/></a>`,
		`<a xmlns:p="u" xmlns:q="u" p:x="1" q:x="2"/>`,
		`<a xmlns:p=""/>`,
		`<?xml version="1.0"?><?xml version="1.0"?><a/>`,
		`<!DOCTYPE a><!DOCTYPE a><a/>`,
		`<a b="x"c="y"/>`,
		`<a><?XML x?></a>`,
		`<xmlns:a/>`,
	} {
		require.NoError(t, etree.NewDocument().ReadFromString(doc), "the peer changed: %s", doc)
		var out bytes.Buffer
		p := xades.Profile{SigningTime: time.Now()}
		err := xades.Sign(context.Background(), &out, []byte(doc), s, p)
		refused, ok := errors.AsType[*xades.DocumentError](err)
		require.True(t, ok, "%s: %v", doc, err)
		assert.NotEmpty(t, refused.Error())
		assert.Empty(t, out.Bytes())
		_, err = xades.Validate(context.Background(), []byte(doc), w.validation())
		require.Error(t, err, doc)
		assert.NotErrorIs(t, err, signing.ErrNotSigned, doc)
	}
}

// TestPeerRewrites: a signed document that passed through etree is another document.
func TestPeerRewrites(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, doc := range []string{`<a>&#13;</a>`, `<a b="&#13;&#9;&#10;"/>`, `<a b="x&#10;y"/>`} {
		f := form{"rewritten", certtest.P256, xades.Profile{SigningTime: time.Now()}}
		signed := w.sign(t, f, doc)
		w.checkOwn(t, f, doc, signed)
		d := etree.NewDocument()
		require.NoError(t, d.ReadFromBytes(signed))
		rewritten, err := d.WriteToBytes()
		require.NoError(t, err)
		s := w.only(t, rewritten)
		assert.Equal(t, signing.Broken, s.Crypto, "the peer changed: %s", doc)
		assert.Equal(t, signing.HashFailure, s.SubIndication)
	}
}
