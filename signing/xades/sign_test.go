package xades_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/tsp"
	"github.com/rubrica/rubrica/signing/xades"
)

// order is a document with what canonicalisation has to deal with around the signature.
const order = `<?xml version="1.0" encoding="UTF-8"?>
<?style a="b"?><!-- before -->
<o:order xmlns:o="urn:order" xmlns="urn:default" xmlns:z="urn:z" id="order-1" xml:lang="es" xml:space='preserve'>
  <line z:b="2" a='1' z:a="&#xA;&quot;">Café &amp; té &#13;<!-- inside --><![CDATA[<raw>]]></line>
  <ext><place/></ext>
</o:order>
<!-- after -->`

// plainOrder is without what signxml canonicalises in its own way: comments, and xml: attributes
// around a signature.
const plainOrder = `<?xml version="1.0" encoding="UTF-8"?>
<o:order xmlns:o="urn:order" xmlns="urn:default" xmlns:z="urn:z" id="order-1">
  <line z:b="2" a='1' z:a="&#xA;&quot;">Café &amp; té &#13;<![CDATA[<raw>]]></line>
  <ext><place/></ext>
</o:order>
`

// world is a PKI with signers of every kind and a time-stamping authority.
type world struct {
	pki     *certtest.PKI
	signers map[certtest.KeyKind]signing.Signer
	tsa     *tsp.Server
	trust   string
	chain   string
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{pki: certtest.NewPKI(t, certtest.RSA2048), signers: map[certtest.KeyKind]signing.Signer{}}
	for _, kind := range []certtest.KeyKind{certtest.RSA2048, certtest.P256, certtest.P384, certtest.P521, certtest.Ed25519} {
		e := w.pki.Signer(t, certtest.Template{Kind: kind})
		w.signers[kind] = signing.Signer{Key: e.Key, Chain: e.Chain()}
	}
	tsa := w.pki.TSA(t, certtest.Template{Kind: certtest.RSA2048})
	server, err := tsp.NewServer(tsp.ServerConfig{Signer: signing.Signer{Key: tsa.Key, Chain: tsa.Chain()},
		Policy: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 99999, 1}, Clock: time.Now})
	require.NoError(t, err)
	w.tsa = server
	w.trust = certtest.WritePEM(t, w.pki.Root.Certificate)
	w.chain = certtest.WritePEM(t, w.pki.Sub.Certificate)
	return w
}

func (w *world) validation() signing.Validation {
	return signing.Validation{Time: time.Now(), Anchors: []*x509.Certificate{w.pki.Root.Certificate},
		Certificates: []*x509.Certificate{w.pki.Sub.Certificate}, Policy: signing.Policy{AllowSHA1: true}}
}

// form is one way to sign.
type form struct {
	name    string
	kind    certtest.KeyKind
	profile xades.Profile
}

func (f form) has(words ...string) bool {
	for _, w := range words {
		if strings.Contains(f.name, w) {
			return true
		}
	}
	return false
}

// forms lists packagings, keys, hashes, canonicalisations and properties. Full: each with each.
func forms(w *world) []form {
	kinds := []certtest.KeyKind{certtest.RSA2048, certtest.P256, certtest.P384, certtest.P521, certtest.Ed25519}
	packagings := []xades.Profile{
		{},
		{Path: "/order/ext/place"},
		{Subject: "order-1"},
		{Parallel: true},
		{Packaging: xades.Enveloping},
		{Packaging: xades.Enveloping, AsXML: true},
		{Packaging: xades.Detached, URI: "order.xml"},
		{Packaging: xades.InternallyDetached},
	}
	names := []string{"enveloped", "at-path", "by-id", "parallel", "enveloping", "enveloping-xml", "detached", "internally-detached"}
	var list []form
	add := func(name string, kind certtest.KeyKind, p xades.Profile) {
		p.SigningTime = time.Now()
		list = append(list, form{name, kind, p})
	}
	for i, p := range packagings {
		for j, kind := range kinds {
			for c := xades.Exclusive; c <= xades.Inclusive11WithComments; c++ {
				if !certtest.Full() && (i+j+int(c))%6 != 0 {
					continue
				}
				p.Canonicalization = c
				add(fmt.Sprintf("%s %s c14n%d", names[i], kind, c), kind, p)
				p := p
				p.Legacy, p.KeyValue, p.SignKeyInfo, p.LeafOnly = true, kind != certtest.Ed25519, true, true
				add(fmt.Sprintf("%s %s c14n%d legacy", names[i], kind, c), kind, p)
			}
		}
	}
	for _, h := range []crypto.Hash{crypto.SHA1, crypto.SHA224, crypto.SHA384, crypto.SHA512} {
		add("hash "+h.String(), certtest.RSA2048, xades.Profile{Hash: h, Legacy: true})
		add("hash "+h.String(), certtest.P256, xades.Profile{Hash: h, Legacy: true})
	}
	for _, h := range []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512} {
		add("pss "+h.String(), certtest.RSA2048, xades.Profile{Hash: h, PSS: true})
	}
	add("sha3 pss", certtest.RSA2048, xades.Profile{Hash: crypto.SHA3_256, PSS: true})
	add("properties", certtest.P256, rich(xades.Profile{}))
	add("properties legacy", certtest.RSA2048, rich(xades.Profile{Legacy: true, BindChain: true}))
	add("content-stamp", certtest.P256, xades.Profile{ContentTimestamper: w.tsa})
	add("content-stamp inclusive", certtest.RSA2048, xades.Profile{ContentTimestamper: w.tsa, Canonicalization: xades.Inclusive})
	add("level-t", certtest.P256, xades.Profile{Level: signing.LevelT, Timestamper: w.tsa})
	add("level-t inclusive", certtest.RSA2048, xades.Profile{Level: signing.LevelT, Timestamper: w.tsa, Canonicalization: xades.Inclusive})
	add("level-t enveloping", certtest.P384, xades.Profile{Packaging: xades.Enveloping, Level: signing.LevelT, Timestamper: w.tsa})
	add("level-t legacy", certtest.RSA2048, rich(xades.Profile{Legacy: true, Level: signing.LevelT, Timestamper: w.tsa}))
	return list
}

// rich adds every property that can be written.
func rich(p xades.Profile) xades.Profile {
	p.Roles = []string{"gerente", "supplier <a&b>"}
	p.ProducedAt = &xades.Place{Street: "Av. Amazonas", City: "Quito", State: "Pichincha", PostalCode: "170102", Country: "EC"}
	p.Commitments = []xades.Commitment{{ID: xades.CommitmentProofOfApproval, Description: "apruebo"}}
	p.Format = xades.Format{Description: "pedido \"1\"", MimeType: "text/xml", Encoding: "UTF-8"}
	p.Policy = &xades.Policy{ID: "urn:oid:1.2.3.4", Description: "política", Document: []byte(policyDocument),
		URI: "https://example.com/policy.pdf"}
	if p.Legacy { // before EN 319 132 a policy was named, not kept
		digest := sha256.Sum256([]byte(policyDocument))
		p.Policy.Document, p.Policy.Digest = nil, digest[:]
	}
	return p
}

const policyDocument = "a policy"

func TestSignAllForms(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	list := forms(w)
	w.judgeForms(t, list, order, "dss,xades4j,jdk,xmlsec1")
	w.judgeForms(t, list, plainOrder, "signxml")
}

// judgeForms signs a document in every form and asks judges about those that they know.
func (w *world) judgeForms(t *testing.T, list []form, doc, judges string) {
	detached := certtest.WriteFile(t, "*.xml", []byte(doc))
	policy := certtest.WriteFile(t, "*.pdf", []byte(policyDocument))
	var jobs []certtest.Job
	for _, f := range list {
		signed := w.sign(t, f, doc)
		w.checkOwn(t, f, doc, signed)
		job := certtest.Job{File: certtest.WriteFile(t, "*.xml", signed), Trust: []string{w.trust}, Chain: []string{w.chain}}
		if f.profile.Packaging == xades.Detached {
			job.Detached = detached
		}
		if f.profile.Policy != nil {
			job.PolicyFile = policy
		}
		if f.kind == certtest.Ed25519 || f.profile.Hash == crypto.SHA1 || f.profile.Hash == crypto.SHA224 {
			job.Policy = "lenient"
		}
		jobs = append(jobs, job)
	}
	lines := certtest.Judge(t, "xml", judges, jobs...)
	perJob := len(lines) / len(jobs)
	accepted := map[string]int{}
	for i, line := range lines {
		f := list[i/perJob]
		if !knows(line.Judge, f) {
			continue
		}
		accepted[line.Judge]++
		assert.True(t, line.Accepted, "%s of %s: %s %+v", line.Judge, f.name, line.Error, line.Raw)
		if line.Judge == "dss" && len(line.Signatures) == 1 && !f.has("hash", "pss") {
			assert.Equal(t, "XAdES-BASELINE-"+f.profile.Level.String(), line.Signatures[0].Level, f.name)
		}
	}
	t.Logf("%d signatures; accepted by %v", len(list), accepted)
}

func (w *world) sign(t testing.TB, f form, doc string) []byte {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, xades.Sign(context.Background(), &out, []byte(doc), w.signers[f.kind], f.profile), f.name)
	return out.Bytes()
}

// checkOwn verifies with this package what this package signed.
func (w *world) checkOwn(t *testing.T, f form, doc string, signed []byte) {
	t.Helper()
	v := w.validation()
	if f.profile.Packaging == xades.Detached {
		v.Detached = func(name string) (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader(doc)), nil
		}
	}
	report, err := xades.Validate(context.Background(), signed, v)
	require.NoError(t, err, f.name)
	require.Len(t, report.Signatures, 1, f.name)
	s := report.Signatures[0]
	require.Equal(t, signing.StatusValid, report.Status(), "%s: %s %s %+v\n%s", f.name, s.Indication, s.SubIndication, s.Findings, signed)
	assert.Equal(t, signing.BindingOK, s.Binding, f.name)
	if f.profile.Packaging != xades.InternallyDetached { // whose root is not signed
		assert.Equal(t, signing.CoversWhole, s.Coverage, f.name)
	}
	assert.Equal(t, "XAdES-BASELINE-"+f.profile.Level.String(), s.Level, f.name)
	assert.NotContains(t, fmt.Sprint(s.Findings), "mismatch", f.name)
	for _, ts := range s.Timestamps {
		assert.Equal(t, signing.Intact, ts.Crypto, "%s: %+v", f.name, ts)
	}
	if f.profile.Packaging == xades.Enveloped {
		parts := strings.SplitN(string(signed), "<ds:Signature ", 2)
		assert.True(t, strings.HasPrefix(doc, strings.TrimSuffix(parts[0], ">")), "%s: %s", f.name, parts[0])
	}
	if f.profile.Packaging == xades.Enveloping && !f.profile.AsXML {
		var octets bytes.Buffer
		require.NoError(t, s.Signed[0].Octets(&octets))
		assert.Equal(t, doc, octets.String(), f.name)
	}
}

// knows says which judges know a form at all.
func knows(judge string, f form) bool {
	ed := f.kind == certtest.Ed25519
	switch judge {
	case "dss":
		return true
	case "xades4j": // XAdES before EN 319 132 only; no Ed25519
		return f.profile.Legacy && !ed
	case "jdk":
		return true
	case "signxml":
		return !f.profile.Parallel && !ed && !f.has("sha3")
	case "xmlsec1":
		return !ed && !f.profile.PSS
	}
	return false
}
