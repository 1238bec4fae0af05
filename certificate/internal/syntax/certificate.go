package syntax

import (
	"time"

	"github.com/rubrica/rubrica/certificate/internal/der"
)

// MaxCertificate bounds a certificate. The largest that are in use carry a few hundred names and
// stay below 64 KiB; the bound leaves room for tests of endurance and none for exhaustion.
const MaxCertificate = 4 << 20

// MaxExtensions bounds the extensions of one certificate, list or entry: the duplicates among
// them are looked for pair by pair.
const MaxExtensions = 128

// Certificate is RFC 5280, 4.1.
type Certificate struct {
	Signed
	Version             int    // 1, 2 or 3
	Serial              []byte // contents octets of the INTEGER
	Algorithm           AlgorithmIdentifier
	Issuer, Subject     Name
	NotBefore, NotAfter time.Time
	UniqueIDs           bool
	Key                 SubjectPublicKeyInfo
	Extensions          []Extension
	Known               // what the known extensions say
}

// ReadCertificate reads one DER certificate and all extensions that it knows.
func ReadCertificate(document []byte) (*Certificate, error) {
	r := der.NewReader(document)
	if len(document) > MaxCertificate {
		r.Fail("certificate", "larger than 4 MiB")
		return nil, r.Err()
	}
	c := &Certificate{}
	var tbs der.Reader
	c.Signed, tbs = readSigned(&r, "certificate", "tbsCertificate")
	c.readTBS(&tbs)
	if err := r.Err(); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *Certificate) readTBS(tbs *der.Reader) {
	c.readVersion(tbs)
	c.Serial = tbs.Integer("tbsCertificate.serialNumber")
	c.Algorithm = ReadAlgorithm(tbs, "tbsCertificate.signature")
	c.Issuer = ReadName(tbs, "tbsCertificate.issuer")
	c.readValidity(tbs)
	c.Subject = ReadName(tbs, "tbsCertificate.subject")
	c.Key = ReadSubjectPublicKeyInfo(tbs, "tbsCertificate.subjectPublicKeyInfo")
	c.readUniqueID(tbs, "tbsCertificate.issuerUniqueID", der.Primitive(1))
	c.readUniqueID(tbs, "tbsCertificate.subjectUniqueID", der.Primitive(2))
	if explicit, ok := tbs.Optional("tbsCertificate.extensions", der.Constructed(3)); ok {
		if c.Version != 3 {
			explicit.Fail("tbsCertificate.extensions", "in a certificate that is not version 3")
		}
		c.Extensions = ReadExtensions(&explicit, "tbsCertificate.extensions")
		explicit.End("tbsCertificate.extensions")
	}
	tbs.End("tbsCertificate")
	if !tbs.Failed() {
		c.readKnown(tbs)
	}
}

func (c *Certificate) readVersion(tbs *der.Reader) {
	c.Version = 1
	explicit, ok := tbs.Optional("tbsCertificate.version", der.Constructed(0))
	if !ok {
		return
	}
	c.Version = 1 + explicit.Small("tbsCertificate.version", 3)
	explicit.End("tbsCertificate.version")
	if c.Version < 2 || c.Version > 3 {
		tbs.Fail("tbsCertificate.version", "neither v2 nor v3, and v1 is not written")
	}
}

func (c *Certificate) readValidity(tbs *der.Reader) {
	validity := tbs.Read("tbsCertificate.validity", der.Sequence)
	// A GeneralizedTime before 2050, which RFC 5280, 4.1.2.5 forbids, is common and clear.
	c.NotBefore = validity.Time("tbsCertificate.validity.notBefore")
	c.NotAfter = validity.Time("tbsCertificate.validity.notAfter")
	validity.End("tbsCertificate.validity")
}

func (c *Certificate) readUniqueID(tbs *der.Reader, field string, tag der.Tag) {
	if !tbs.Peek(tag) {
		return
	}
	tbs.ImplicitBits(field, tag)
	c.UniqueIDs = true
	if c.Version == 1 {
		tbs.Fail(field, "in a certificate of version 1")
	}
}

// SelfIssued reports whether issuer and subject are the same name (RFC 5280, 6.1).
func (c *Certificate) SelfIssued() bool { return c.Issuer.Equal(c.Subject) }

// Extension is RFC 5280, 4.2.
type Extension struct {
	OID      []byte // contents octets
	Critical bool
	Value    []byte // what the OCTET STRING holds
	Offset   int    // of Value in the document
}

// ReadExtensions reads an Extensions: one at least, none twice.
func ReadExtensions(r *der.Reader, field string) []Extension {
	seq := r.Read(field, der.Sequence)
	if seq.Empty() {
		seq.Fail(field, "no extension")
		return nil
	}
	list := make([]Extension, 0, 10)
	for !seq.Empty() {
		e := readExtension(&seq, field)
		if len(list) == MaxExtensions {
			seq.Fail(field, "more than 128 extensions")
		}
		for i := range list {
			if string(list[i].OID) == string(e.OID) && !seq.Failed() {
				seq.Fail(field, "the same extension twice")
			}
		}
		list = append(list, e)
	}
	return list
}

func readExtension(seq *der.Reader, field string) Extension {
	one := seq.Read(field, der.Sequence)
	e := Extension{OID: one.OID(field)}
	if one.Peek(der.Boolean) {
		if e.Critical = one.Bool(field); !e.Critical && !one.Failed() {
			one.Fail(field, "default value written") // X.690, 11.5
		}
	}
	value := one.Read(field, der.OctetString)
	e.Value, e.Offset = value.Rest(), value.Offset()
	one.End(field)
	return e
}
