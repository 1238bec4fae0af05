package xades

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"math/big"

	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/algorithm"
	"github.com/rubrica/rubrica/signing/internal/xmldsig"
	"github.com/rubrica/rubrica/signing/internal/xmltree"
)

// certificateReference is one Cert of SigningCertificate or SigningCertificateV2.
type certificateReference struct {
	hash   crypto.Hash
	digest []byte
	fault  error

	issuerName string // V1
	issuerDER  []byte // V2
	serial     *big.Int
}

// maxCertificateReferences bounds the signing certificate property; it lists a chain.
const maxCertificateReferences = 100

// signingCertificates reads the property (EN 319 132-1, 5.2.2). present says that there is one.
func (p *properties) signingCertificates() (refs []certificateReference, present bool) {
	for _, local := range []string{"SigningCertificateV2", "SigningCertificate"} {
		n := p.property(local)
		if n.IsZero() {
			continue
		}
		present = true
		for c := range n.Children(p.space, "Cert") {
			if len(refs) < maxCertificateReferences {
				refs = append(refs, p.readCert(c))
			}
		}
	}
	return refs, present
}

func (p *properties) readCert(n xmltree.Node) certificateReference {
	var ref certificateReference
	ref.hash, ref.digest, ref.fault = p.readDigest(n.Child(p.space, "CertDigest"))
	if der, err := n.Child(p.space, "IssuerSerialV2").Base64(); err == nil {
		if issuer, serial, ok := readIssuerSerial(der); ok {
			ref.issuerDER, ref.serial = issuer, serial
		}
		return ref
	}
	if v1 := n.Child(p.space, "IssuerSerial"); !v1.IsZero() {
		ref.issuerName = v1.Child(xmldsig.Namespace, "X509IssuerName").Text()
		ref.serial = readSerial(v1.Child(xmldsig.Namespace, "X509SerialNumber").Text())
	}
	return ref
}

// readDigest reads a DigestAlgAndValueType (EN 319 132-1, 5.1.3). XAdES 1.1.1 had its children in
// its own namespace.
func (p *properties) readDigest(n xmltree.Node) (crypto.Hash, []byte, error) {
	method, value := n.Child(xmldsig.Namespace, "DigestMethod"),
		n.Child(xmldsig.Namespace, "DigestValue")
	if method.IsZero() && p.space == namespace111 {
		method, value = n.Child(p.space, "DigestMethod"), n.Child(p.space, "DigestValue")
	}
	uri, _ := method.Attr("Algorithm")
	h, err := xmldsig.DigestOf(uri)
	if err != nil {
		return 0, nil, err
	}
	digest, err := value.Base64()
	return h, digest, err
}

// readSerial reads a decimal serial number of at most 200 digits, nil if it is none.
func readSerial(s string) *big.Int {
	if len(s) > 200 {
		return nil
	}
	serial, ok := new(big.Int).SetString(trim(s), 10)
	if !ok {
		return nil
	}
	return serial
}

func trim(s string) string { return string(bytes.Trim([]byte(s), " \t\r\n")) }

// names reports whether the digest is that of the certificate.
func (r *certificateReference) names(c *x509.Certificate) bool {
	return r.fault == nil && len(r.digest) == r.hash.Size() &&
		bytes.Equal(sum(r.hash, c.Raw), r.digest)
}

// contradicts reports whether issuer and serial number are those of another certificate.
func (r *certificateReference) contradicts(c *x509.Certificate) bool {
	if r.serial != nil && r.serial.Cmp(c.SerialNumber) != 0 {
		return true
	}
	if r.issuerDER != nil {
		return !bytes.Equal(r.issuerDER, c.RawIssuer)
	}
	return r.issuerName != "" && !sameName(r.issuerName, c.RawIssuer)
}

// maxTries bounds the public-key operations that one document can cause beside one a signature.
const maxTries = 500

// chooseSigner finds the certificate, or at least the key, that verifies the signature value, and
// says how the signature is bound to it (EN 319 102-1, 5.2.3 and 5.2.7).
func (j *judgement) chooseSigner(e *entry) error {
	refs, present := []certificateReference(nil), false
	if e.properties != nil {
		refs, present = e.properties.signingCertificates()
	}
	e.Binding = signing.BindingMissing
	if present {
		e.Binding = signing.BindingMismatch
	}
	if e.xml.Value == nil || e.xml.Scheme == (algorithm.Scheme{}) {
		e.Signer = first(e.keys.Certificates)
		return nil // the fault is noted
	}
	verdict, err := j.findKey(e, refs)
	if err != nil {
		return err
	}
	e.noteValue(verdict)
	e.bind(refs)
	return nil
}

// errNoKey says that there was nothing to verify with.
var errNoKey = errors.New("no key")

// findKey verifies with one candidate after the other. The verdict is nil when one verifies, else
// that of the best candidate.
func (j *judgement) findKey(e *entry, refs []certificateReference) (verdict, err error) {
	named, own, others := j.candidates(e, refs)
	verdict = errNoKey
	for _, list := range [][]*x509.Certificate{named, own} {
		tried, err := j.tryCertificates(e, list)
		if err != nil || tried == nil {
			return tried, err
		}
		if verdict == errNoKey && tried != errNoKey {
			verdict, e.Signer = tried, list[0]
		}
	}
	for _, public := range e.keys.Keys {
		tried, err := j.try(e, public)
		if err != nil || tried == nil {
			e.Signer = nil
			return tried, err
		}
		verdict = tried
	}
	if verdict != errNoKey {
		return verdict, nil
	}
	// Nothing names these: one that verifies is the signer's, one that does not proves nothing.
	tried, err := j.tryCertificates(e, others)
	if err != nil || tried == nil {
		return tried, err
	}
	return j.unknownKey(e), nil
}

// unknownKey explains why there is nothing to verify with.
func (j *judgement) unknownKey(e *entry) error {
	for _, f := range e.keys.Faults {
		if u, ok := errors.AsType[*xmldsig.Unsupported](f); ok {
			return u
		}
	}
	return errNoKey
}

// candidates are the certificates that may have signed: those that the signing certificate property
// or a hint of KeyInfo names, the others of KeyInfo, and, where it holds none, the caller's.
func (j *judgement) candidates(e *entry,
	refs []certificateReference) (named, own, others []*x509.Certificate) {
	isNamed := func(c *x509.Certificate) bool {
		for i := range refs {
			if refs[i].names(c) {
				return true
			}
		}
		return false
	}
	for _, c := range e.keys.Certificates {
		if isNamed(c) {
			named = append(named, c)
		} else {
			own = append(own, c)
		}
	}
	for _, c := range j.validation.Certificates {
		switch {
		case len(refs) > 0 && isNamed(c) && !contains(named, c):
			named = append(named, c)
		case len(e.keys.Certificates) == 0 && hinted(e.keys.Hints, c):
			named = append(named, c)
		case len(e.keys.Certificates) == 0:
			others = append(others, c)
		}
	}
	return named, own, others
}

// hinted reports whether KeyInfo names a certificate that it does not hold.
func hinted(hints []xmldsig.Hint, c *x509.Certificate) bool {
	for _, h := range hints {
		switch {
		case h.IssuerName != "":
			serial := readSerial(h.Serial)
			if serial != nil && serial.Cmp(c.SerialNumber) == 0 &&
				sameName(h.IssuerName, c.RawIssuer) {
				return true
			}
		case h.SubjectName != "":
			if sameName(h.SubjectName, c.RawSubject) {
				return true
			}
		case len(h.SKI) > 0:
			if bytes.Equal(h.SKI, c.SubjectKeyId) {
				return true
			}
		case len(h.Digest) > 0:
			if bytes.Equal(sum(h.Hash, c.Raw), h.Digest) {
				return true
			}
		}
	}
	return false
}

// tryCertificates verifies with each; the verdict is nil when one does, and Signer is set.
func (j *judgement) tryCertificates(e *entry, list []*x509.Certificate) (verdict, err error) {
	verdict = errNoKey
	for _, c := range list {
		public, keyErr := algorithm.PublicKey(c)
		if keyErr != nil {
			if verdict == errNoKey {
				verdict = keyErr
			}
			continue
		}
		if !fits(e.xml, public) {
			if verdict == errNoKey {
				verdict = &xmldsig.Broken{What: "the key is of another kind than the signature"}
			}
			continue
		}
		tried, err := j.try(e, public)
		if err != nil {
			return nil, err
		}
		if tried == nil {
			e.Signer = c
			return nil, nil
		}
		verdict = tried
	}
	return verdict, nil
}

// fits is a quick look whether a key can have made a value of that length.
func fits(s *xmldsig.Signature, public crypto.PublicKey) bool {
	switch k := public.(type) {
	case *rsa.PublicKey:
		return (s.Scheme.Key == algorithm.RSA || s.Scheme.Key == algorithm.RSAPSS) &&
			len(s.Value) == k.Size()
	case *algorithm.PSSPublicKey:
		return s.Scheme.Key == algorithm.RSAPSS && len(s.Value) == k.Size()
	}
	return s.Scheme.Key == algorithm.ECDSA || s.Scheme.Key == algorithm.Ed25519
}

func (j *judgement) try(e *entry, public crypto.PublicKey) (verdict, err error) {
	if j.tries++; j.tries > maxTries+len(j.entries) {
		return nil, &xmldsig.LimitError{Limit: "certificates to try"}
	}
	verdict = e.xml.VerifyValue(j.context, public)
	if limit, ok := errors.AsType[*xmldsig.LimitError](verdict); ok {
		return nil, limit
	}
	return verdict, nil
}

// noteValue brings the verdict on the signature value into the entry. Without a key nothing is
// known of the value: a KeyInfo that points elsewhere is not judged; without one the signature does
// not even say who made it.
func (e *entry) noteValue(verdict error) {
	var unsupported *algorithm.Unsupported
	var broken *xmldsig.Broken
	switch {
	case verdict == nil:
	case verdict == errNoKey:
		e.broken = e.broken || e.xml.KeyInfo.IsZero()
		e.unjudged = true
		e.AddFinding(signing.SeverityError, "no-signing-certificate",
			"neither the signature nor the caller gives a key to verify it with")
		e.say(signing.Indeterminate, signing.NoSigningCertificate)
	case errors.As(verdict, &unsupported):
		e.note(&xmldsig.Unsupported{Kind: "key", Feature: unsupported.Feature})
	case errors.As(verdict, &broken):
		e.fail("signature-broken", broken.What, signing.SigCryptoFailure)
	default:
		e.note(verdict)
	}
}

// bind compares the signer with the signing certificate property.
func (e *entry) bind(refs []certificateReference) {
	if e.Signer == nil {
		return
	}
	for i := range refs {
		if !refs[i].names(e.Signer) {
			continue
		}
		e.Binding = signing.BindingOK
		if refs[i].contradicts(e.Signer) {
			e.AddFinding(signing.SeverityWarning, "issuer-serial-mismatch",
				"issuer and serial number of the property are another certificate's")
		}
		return
	}
	for i := range refs {
		if refs[i].fault != nil {
			e.AddFinding(signing.SeverityWarning, "certificate-digest-not-judged",
				refs[i].fault.Error())
		}
	}
}

func first(list []*x509.Certificate) *x509.Certificate {
	if len(list) == 0 {
		return nil
	}
	return list[0]
}
