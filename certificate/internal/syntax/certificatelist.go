package syntax

import (
	"time"

	"github.com/rubrica/rubrica/certificate/internal/der"
)

// MaxCertificateList bounds a list. National lists reach some ten megabytes; the bound is what a
// list of ten million entries needs.
const MaxCertificateList = 512 << 20

// CertificateList is RFC 5280, 5.1.
type CertificateList struct {
	Signed
	Version    int // 1 or 2
	Algorithm  AlgorithmIdentifier
	Issuer     Name
	ThisUpdate time.Time
	NextUpdate time.Time // zero when absent
	Extensions []Extension

	Number       []byte // contents octets, nil when absent
	BaseNumber   []byte // of a delta list, contents octets, nil when absent
	Point        *IssuingDistributionPoint
	AuthorityKey AuthorityKey
	FreshestCRLs []DistributionPoint
	// UnknownCritical says that the list, or one of its entries, carries a critical extension
	// that is not known here: RFC 5280, 5.2 and 5.3 forbid to use such a list.
	UnknownCritical bool
	CriticalNumber  bool // cRLNumber is critical, which 5.2.3 forbids
	CriticalBase    bool // deltaCRLIndicator is critical, as 5.2.4 demands
	// GeneralizedEarly says that a date before 2050 is written as GeneralizedTime, which 5.1.2.4
	// to 5.1.2.6 forbid.
	GeneralizedEarly bool
	// ExpiredFrom is expiredCertsOnCRL: certificates that expired since then stay on the list. Zero
	// when absent.
	ExpiredFrom time.Time
	// Indirect says that an entry names another certificate issuer.
	Indirect bool

	entries der.Reader
	count   int
	index   serialIndex
}

// IssuingDistributionPoint is RFC 5280, 5.2.5.
type IssuingDistributionPoint struct {
	FullName       []GeneralName // nil when absent
	Relative       []byte        // nil when absent
	OnlyUser       bool
	OnlyAuthority  bool
	OnlyAttribute  bool
	OnlyReasons    uint16 // ReasonFlags, 0 when absent: all
	Indirect       bool
	NotCritical    bool // the extension is not critical, which 5.2.5 forbids
	octetsAsIsRead []byte
}

// Octets returns the extension's value as it is written: two lists are of the same scope if and
// only if these agree (5.2.4).
func (p *IssuingDistributionPoint) Octets() []byte { return p.octetsAsIsRead }

// Empty reports whether no field is written, which 5.2.5 forbids.
func (p *IssuingDistributionPoint) Empty() bool { return len(p.octetsAsIsRead) <= 2 }

// Contradictory reports whether more than one of the kinds of certificates is asserted of which the
// list has to hold only that one (5.2.5).
func (p *IssuingDistributionPoint) Contradictory() bool {
	return p.OnlyUser && p.OnlyAuthority || p.OnlyUser && p.OnlyAttribute ||
		p.OnlyAuthority && p.OnlyAttribute
}

// ReadCertificateList reads one DER certificate revocation list: the head into the result, the
// entries once for their syntax, without keeping anything of them.
func ReadCertificateList(document []byte) (*CertificateList, error) {
	r := der.NewReader(document)
	if len(document) > MaxCertificateList {
		r.Fail("certificateList", "larger than 512 MiB")
		return nil, r.Err()
	}
	l := &CertificateList{}
	var tbs der.Reader
	l.Signed, tbs = readSigned(&r, "certificateList", "tbsCertList")
	l.readTBS(&tbs)
	if err := r.Err(); err != nil {
		return nil, err
	}
	return l, nil
}

func (l *CertificateList) readTBS(tbs *der.Reader) {
	l.Version = 1
	if tbs.Peek(der.Integer) {
		if l.Version = 1 + tbs.Small("tbsCertList.version", 1); l.Version != 2 {
			tbs.Fail("tbsCertList.version", "not v2, and v1 is not written")
		}
	}
	l.Algorithm = ReadAlgorithm(tbs, "tbsCertList.signature")
	l.Issuer = ReadName(tbs, "tbsCertList.issuer")
	l.ThisUpdate = l.readTime(tbs, "tbsCertList.thisUpdate")
	if tbs.Peek(der.UTCTime) || tbs.Peek(der.GeneralizedTime) {
		l.NextUpdate = l.readTime(tbs, "tbsCertList.nextUpdate")
	}
	if entries, ok := tbs.Optional("tbsCertList.revokedCertificates", der.Sequence); ok {
		l.entries = entries // may be empty: 5.1.2.6 says absent, but many write an empty one
		l.checkEntries(entries)
	}
	if explicit, ok := tbs.Optional("tbsCertList.crlExtensions", der.Constructed(0)); ok {
		if l.Version != 2 {
			explicit.Fail("tbsCertList.crlExtensions", "in a list that is not version 2")
		}
		l.Extensions = ReadExtensions(&explicit, "tbsCertList.crlExtensions")
		explicit.End("tbsCertList.crlExtensions")
	}
	tbs.End("tbsCertList")
	if !tbs.Failed() {
		l.readKnown(tbs)
	}
}

func (l *CertificateList) readTime(r *der.Reader, field string) time.Time {
	general := r.Peek(der.GeneralizedTime)
	t := r.Time(field)
	l.GeneralizedEarly = l.GeneralizedEarly || general && t.Year() < 2050 && !r.Failed()
	return t
}

func (l *CertificateList) readKnown(tbs *der.Reader) {
	for _, e := range l.Extensions {
		r := der.At(e.Value, e.Offset)
		if !l.readExtension(e, &r) {
			l.UnknownCritical = l.UnknownCritical || e.Critical
			continue
		}
		r.End("crlExtensions")
		if err := r.Err(); err != nil {
			syntax := err.(*der.SyntaxError)
			tbs.FailAt(syntax.Field, syntax.Offset, syntax.Problem)
			return
		}
	}
}

func (l *CertificateList) readExtension(e Extension, r *der.Reader) (known bool) {
	if string(e.OID) == "\x2b\x06\x01\x05\x05\x07\x01\x01" {
		readAccess(r, "authorityInfoAccess")
		return true
	}
	if len(e.OID) != 3 || e.OID[0] != 0x55 || e.OID[1] != 0x1d {
		return false
	}
	switch e.OID[2] {
	case 18:
		readNames(r, "issuerAltName")
	case 20:
		l.Number, l.CriticalNumber = readNumber(r, "cRLNumber"), e.Critical
	case 27:
		l.BaseNumber, l.CriticalBase = readNumber(r, "deltaCRLIndicator"), e.Critical
	case 28:
		l.Point = readIssuingDistributionPoint(r)
		l.Point.NotCritical, l.Point.octetsAsIsRead = !e.Critical, e.Value
	case 35:
		l.AuthorityKey = ReadAuthorityKey(r)
	case 46:
		l.FreshestCRLs = ReadDistributionPoints(r, "freshestCRL")
	case 60: // expiredCertsOnCRL, X.509 9.5.2.8
		l.ExpiredFrom = r.GeneralTime("expiredCertsOnCRL")
	default:
		return false
	}
	return true
}

func readNumber(r *der.Reader, field string) []byte {
	n := r.Integer(field)
	if len(n) > 0 && n[0] >= 0x80 {
		r.Fail(field, "negative")
	}
	return n
}

func readIssuingDistributionPoint(r *der.Reader) *IssuingDistributionPoint {
	const field = "issuingDistributionPoint"
	p := &IssuingDistributionPoint{}
	seq := r.Read(field, der.Sequence)
	if explicit, ok := seq.Optional(field, der.Constructed(0)); ok {
		p.FullName, p.Relative = ReadDistributionPointName(&explicit, field)
	}
	flag := func(n uint8) bool {
		tag := der.Primitive(n)
		return seq.Peek(tag) && seq.ImplicitBool(field, tag)
	}
	p.OnlyUser = flag(1)
	p.OnlyAuthority = flag(2)
	if seq.Peek(der.Primitive(3)) {
		p.OnlyReasons = seq.Flags(field, der.Primitive(3))
	}
	p.Indirect = flag(4)
	p.OnlyAttribute = flag(5)
	seq.End(field)
	return p
}
