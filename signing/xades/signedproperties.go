package xades

import (
	"crypto"
	"crypto/x509"
	"strings"
	"time"

	"github.com/rubrica/rubrica/signing/internal/xmldsig"
)

// writeSignedProperties writes xades:SignedProperties (EN 319 132-1, 4.3.4), canonical as it
// stands.
func (w *writer) writeSignedProperties(t *text) error {
	t.with("xades:SignedProperties", "Id", w.ids.properties)
	t.open("xades:SignedSignatureProperties")
	t.element("xades:SigningTime", dateTime(w.at))
	*t = append(*t, w.certificate...)
	if err := w.writePolicy(t); err != nil {
		return err
	}
	w.writePlace(t)
	w.writeRoles(t)
	t.close("xades:SignedSignatureProperties")
	w.writeDataProperties(t)
	t.close("xades:SignedProperties")
	return nil
}

// dateTime writes xsd:dateTime with its offset, to the second, or to the millisecond if it has
// some.
func dateTime(at time.Time) string {
	layout := "2006-01-02T15:04:05Z07:00"
	if at.Nanosecond()/int(time.Millisecond) != 0 {
		layout = "2006-01-02T15:04:05.000Z07:00"
	}
	return at.Format(layout)
}

// signingCertificate writes SigningCertificateV2 (5.2.2), or SigningCertificate of TS 101 903.
func signingCertificate(p *Profile, chain []*x509.Certificate) (text, error) {
	name := "xades:SigningCertificateV2"
	if p.Legacy {
		name = "xades:SigningCertificate"
	}
	if !p.BindChain {
		chain = chain[:1]
	}
	t := make(text, 0, 1024)
	t.open(name)
	for _, c := range chain {
		t.open("xades:Cert")
		t.open("xades:CertDigest")
		writeDigest(&t, p.Hash, sum(p.Hash, c.Raw))
		t.close("xades:CertDigest")
		if err := writeIssuerSerial(&t, p, c); err != nil {
			return nil, err
		}
		t.close("xades:Cert")
	}
	t.close(name)
	return t, nil
}

func writeIssuerSerial(t *text, p *Profile, c *x509.Certificate) error {
	if !p.Legacy {
		der, err := issuerSerial(c)
		if err != nil {
			return err
		}
		t.base64("xades:IssuerSerialV2", der)
		return nil
	}
	issuer, err := nameString(c.RawIssuer)
	if err != nil {
		return err
	}
	t.open("xades:IssuerSerial")
	t.element("ds:X509IssuerName", issuer)
	t.element("ds:X509SerialNumber", c.SerialNumber.String())
	t.close("xades:IssuerSerial")
	return nil
}

func writeDigest(t *text, h crypto.Hash, digest []byte) {
	t.algorithm("ds:DigestMethod", xmldsig.DigestURI(h))
	t.base64("ds:DigestValue", digest)
}

func sum(h crypto.Hash, octets []byte) []byte {
	f := h.New()
	f.Write(octets)
	return f.Sum(nil)
}

// writePolicy writes SignaturePolicyIdentifier (5.2.9).
func (w *writer) writePolicy(t *text) error {
	p := w.profile.Policy
	if p == nil {
		return nil
	}
	t.open("xades:SignaturePolicyIdentifier")
	defer t.close("xades:SignaturePolicyIdentifier")
	if p.ID == "" {
		t.open("xades:SignaturePolicyImplied")
		t.close("xades:SignaturePolicyImplied")
		return nil
	}
	digest, h := p.Digest, p.Hash
	if h == 0 {
		h = w.profile.Hash
	}
	if len(digest) == 0 && len(p.Document) > 0 {
		digest = sum(h, p.Document)
	}
	if xmldsig.DigestURI(h) == "" || len(digest) != h.Size() {
		return &ProfileError{"Policy",
			"has neither a document nor a digest of the length of its hash"}
	}
	t.open("xades:SignaturePolicyId")
	t.open("xades:SigPolicyId")
	writeIdentifier(t, p.ID)
	if p.Description != "" {
		t.element("xades:Description", p.Description)
	}
	t.close("xades:SigPolicyId")
	t.open("xades:SigPolicyHash")
	writeDigest(t, h, digest)
	t.close("xades:SigPolicyHash")
	writeQualifiers(t, p)
	t.close("xades:SignaturePolicyId")
	return nil
}

// writeIdentifier writes an ObjectIdentifier (5.1.2).
func writeIdentifier(t *text, id string) {
	if strings.HasPrefix(id, "urn:oid:") {
		t.with("xades:Identifier", "Qualifier", "OIDAsURN")
	} else {
		t.open("xades:Identifier")
	}
	t.characters(id)
	t.close("xades:Identifier")
}

func writeQualifiers(t *text, p *Policy) {
	if p.URI == "" && p.Notice == "" {
		return
	}
	t.open("xades:SigPolicyQualifiers")
	if p.URI != "" {
		t.open("xades:SigPolicyQualifier")
		t.element("xades:SPURI", p.URI)
		t.close("xades:SigPolicyQualifier")
	}
	if p.Notice != "" {
		t.open("xades:SigPolicyQualifier")
		t.open("xades:SPUserNotice")
		t.element("xades:ExplicitText", p.Notice)
		t.close("xades:SPUserNotice")
		t.close("xades:SigPolicyQualifier")
	}
	t.close("xades:SigPolicyQualifiers")
}

// writePlace writes SignatureProductionPlaceV2 (5.2.5); the older form has no street.
func (w *writer) writePlace(t *text) {
	p := w.profile.ProducedAt
	if p == nil || *p == (Place{}) {
		return
	}
	name := "xades:SignatureProductionPlaceV2"
	if w.profile.Legacy {
		name = "xades:SignatureProductionPlace"
	}
	t.open(name)
	for _, part := range []struct{ name, value string }{
		{"xades:City", p.City}, {"xades:StreetAddress", p.Street},
		{"xades:StateOrProvince", p.State}, {"xades:PostalCode", p.PostalCode},
		{"xades:CountryName", p.Country},
	} {
		if part.value != "" && !(w.profile.Legacy && part.name == "xades:StreetAddress") {
			t.element(part.name, part.value)
		}
	}
	t.close(name)
}

// writeRoles writes SignerRoleV2 with claimed roles (5.2.6).
func (w *writer) writeRoles(t *text) {
	if len(w.profile.Roles) == 0 {
		return
	}
	name := "xades:SignerRoleV2"
	if w.profile.Legacy {
		name = "xades:SignerRole"
	}
	t.open(name)
	t.open("xades:ClaimedRoles")
	for _, role := range w.profile.Roles {
		t.element("xades:ClaimedRole", role)
	}
	t.close("xades:ClaimedRoles")
	t.close(name)
}

// writeDataProperties writes SignedDataObjectProperties (4.3.6). A counter-signature has none.
func (w *writer) writeDataProperties(t *text) {
	if w.counter && len(w.profile.Commitments) == 0 {
		return
	}
	t.open("xades:SignedDataObjectProperties")
	if !w.counter {
		f := w.format
		t.with("xades:DataObjectFormat", "ObjectReference", w.ids.referenceURI)
		if f.Description != "" {
			t.element("xades:Description", f.Description)
		}
		t.element("xades:MimeType", f.MimeType)
		if f.Encoding != "" {
			t.element("xades:Encoding", f.Encoding)
		}
		t.close("xades:DataObjectFormat")
	}
	for _, c := range w.profile.Commitments {
		t.open("xades:CommitmentTypeIndication")
		t.open("xades:CommitmentTypeId")
		writeIdentifier(t, c.ID)
		if c.Description != "" {
			t.element("xades:Description", c.Description)
		}
		t.close("xades:CommitmentTypeId")
		t.open("xades:AllSignedDataObjects")
		t.close("xades:AllSignedDataObjects")
		t.close("xades:CommitmentTypeIndication")
	}
	if w.contentToken != nil {
		w.writeTimestamp(t, "xades:AllDataObjectsTimeStamp", w.ids.contentStamp, w.contentToken)
	}
	t.close("xades:SignedDataObjectProperties")
}

// writeTimestamp writes a XAdESTimeStampType with one encapsulated token (5.1.4.5). The
// canonicalisation is always stated.
func (w *writer) writeTimestamp(t *text, name, id string, token []byte) {
	t.with(name, "Id", id)
	t.algorithm("ds:CanonicalizationMethod", w.method.URI())
	t.base64("xades:EncapsulatedTimeStamp", token)
	t.close(name)
}
