package syntax

import (
	"slices"

	"github.com/rubrica/rubrica/certificate/internal/der"
)

// ExtensionID is an extension that is known here.
type ExtensionID uint8

// The extensions known, RFC 5280, 4.2, RFC 6960, 4.2.2.2.1 and RFC 3739, 3.2.6. NotKnown is any
// other.
const (
	NotKnown ExtensionID = iota
	SubjectKeyIdentifier
	KeyUsage
	PrivateKeyUsagePeriod
	SubjectAltName
	IssuerAltName
	BasicConstraints
	NameConstraintsID
	CRLDistributionPoints
	CertificatePolicies
	PolicyMappings
	AuthorityKeyIdentifier
	PolicyConstraints
	ExtendedKeyUsage
	FreshestCRL
	InhibitAnyPolicy
	SubjectDirectoryAttributes
	AuthorityInfoAccess
	SubjectInfoAccess
	QCStatements
	OCSPNoCheck
)

// certificateExtensions are those below id-ce, 2.5.29, by the last arc.
var certificateExtensions = [256]ExtensionID{
	9: SubjectDirectoryAttributes, 14: SubjectKeyIdentifier, 15: KeyUsage,
	16: PrivateKeyUsagePeriod, 17: SubjectAltName, 18: IssuerAltName, 19: BasicConstraints,
	30: NameConstraintsID, 31: CRLDistributionPoints, 32: CertificatePolicies, 33: PolicyMappings,
	35: AuthorityKeyIdentifier, 36: PolicyConstraints, 37: ExtendedKeyUsage, 46: FreshestCRL,
	54: InhibitAnyPolicy,
}

// ID returns which extension it is.
func (e Extension) ID() ExtensionID {
	switch {
	case len(e.OID) == 3 && e.OID[0] == 0x55 && e.OID[1] == 0x1d:
		return certificateExtensions[e.OID[2]]
	case string(e.OID) == "\x2b\x06\x01\x05\x05\x07\x01\x01":
		return AuthorityInfoAccess
	case string(e.OID) == "\x2b\x06\x01\x05\x05\x07\x01\x0b":
		return SubjectInfoAccess
	case string(e.OID) == "\x2b\x06\x01\x05\x05\x07\x01\x03":
		return QCStatements
	case string(e.OID) == "\x2b\x06\x01\x05\x05\x07\x30\x01\x05":
		return OCSPNoCheck
	}
	return NotKnown
}

// Known is what the known extensions of a certificate say.
type Known struct {
	present, critical uint32 // bit i: ExtensionID i

	IsCA         bool
	PathLen      int // -1: no limit
	KeyUsage     Usages
	ExtKeyUsage  [][]byte
	SubjectKeyID []byte
	AuthorityKey AuthorityKey
	AltNames     []GeneralName // subjectAltName
	Constraints  *NameConstraints
	Policies     []PolicyInformation
	// qualifiersKnown says that all policy qualifiers are of kinds that RFC 5280 defines.
	qualifiersKnown bool

	Mappings      []PolicyMapping
	SkipExplicit  int // requireExplicitPolicy, -1: absent
	SkipMapping   int // inhibitPolicyMapping, -1: absent
	SkipAny       int // inhibitAnyPolicy, -1: absent
	CRLPoints     []DistributionPoint
	FreshestCRLs  []DistributionPoint
	AuthorityInfo []AccessDescription
	SubjectInfo   []AccessDescription
	Statements    [][]byte // OIDs of the QC statements
}

// Has reports whether the certificate has the extension.
func (k *Known) Has(id ExtensionID) bool { return k.present>>id&1 == 1 }

// Critical reports whether the certificate has the extension, and has it critical.
func (k *Known) Critical(id ExtensionID) bool { return k.critical>>id&1 == 1 }

// Usages is a set of key usages: bit i is the named bit i of RFC 5280, 4.2.1.3.
type Usages uint16

// Has reports whether one at least of some usages is in the set.
func (u Usages) Has(some Usages) bool { return u&some != 0 }

// The named bits of KeyUsage.
const (
	DigitalSignature Usages = 1 << iota
	NonRepudiation
	KeyEncipherment
	DataEncipherment
	KeyAgreement
	KeyCertSign
	CRLSign
	EncipherOnly
	DecipherOnly
)

// AuthorityKey is RFC 5280, 4.2.1.1.
type AuthorityKey struct {
	KeyID  []byte        // nil when absent
	Issuer []GeneralName // nil when absent
	Serial []byte        // contents octets, nil when absent
}

// AccessDescription is RFC 5280, 4.2.2.1.
type AccessDescription struct {
	Method   []byte // OID, contents octets
	Location GeneralName
}

// maxCounter is where path length and skip counters stop counting: no path is that long.
const maxCounter = 1 << 20

func (c *Certificate) readKnown(tbs *der.Reader) {
	k := &c.Known
	k.PathLen, k.SkipExplicit, k.SkipMapping, k.SkipAny = -1, -1, -1, -1
	for _, e := range c.Extensions {
		id := e.ID()
		if id == NotKnown {
			continue
		}
		k.present |= 1 << id
		if e.Critical {
			k.critical |= 1 << id
		}
		r := der.At(e.Value, e.Offset)
		k.read(id, &r)
		if err := r.Err(); err != nil {
			syntax := err.(*der.SyntaxError)
			tbs.FailAt(syntax.Field, syntax.Offset, syntax.Problem)
			return
		}
	}
}

func (k *Known) read(id ExtensionID, r *der.Reader) {
	switch id {
	case SubjectKeyIdentifier:
		k.SubjectKeyID = r.Octets("subjectKeyIdentifier")
	case KeyUsage:
		if k.KeyUsage = Usages(r.Flags("keyUsage", der.BitString)); k.KeyUsage == 0 {
			r.Fail("keyUsage", "no usage")
		}
	case PrivateKeyUsagePeriod, SubjectDirectoryAttributes:
		r.Read("extension", der.Sequence)
	case SubjectAltName:
		k.AltNames = readNames(r, "subjectAltName")
	case IssuerAltName:
		readNames(r, "issuerAltName")
	case BasicConstraints:
		k.readBasicConstraints(r)
	case NameConstraintsID:
		k.Constraints = readNameConstraints(r)
	case CRLDistributionPoints:
		k.CRLPoints = ReadDistributionPoints(r, "cRLDistributionPoints")
	case FreshestCRL:
		k.FreshestCRLs = ReadDistributionPoints(r, "freshestCRL")
	case CertificatePolicies:
		k.Policies, k.qualifiersKnown = readPolicies(r)
	case PolicyMappings:
		k.Mappings = readMappings(r)
	case PolicyConstraints:
		k.readPolicyConstraints(r)
	case InhibitAnyPolicy:
		k.SkipAny = r.Small("inhibitAnyPolicy", maxCounter)
	case AuthorityKeyIdentifier:
		k.AuthorityKey = ReadAuthorityKey(r)
	case ExtendedKeyUsage:
		k.ExtKeyUsage = readOIDs(r, "extendedKeyUsage")
	case AuthorityInfoAccess:
		k.AuthorityInfo = readAccess(r, "authorityInfoAccess")
	case SubjectInfoAccess:
		k.SubjectInfo = readAccess(r, "subjectInfoAccess")
	case QCStatements:
		k.Statements = readStatements(r)
	case OCSPNoCheck:
		r.Null("id-pkix-ocsp-nocheck")
	}
	r.End("extension")
}

// qcStatements known, RFC 3739, 3.2.6.1 and ETSI EN 319 412-5: what may be critical.
var statements = []string{
	"\x2b\x06\x01\x05\x05\x07\x0b\x01", "\x2b\x06\x01\x05\x05\x07\x0b\x02",
	"\x04\x00\x8e\x46\x01\x01", "\x04\x00\x8e\x46\x01\x02", "\x04\x00\x8e\x46\x01\x03",
	"\x04\x00\x8e\x46\x01\x04", "\x04\x00\x8e\x46\x01\x05", "\x04\x00\x8e\x46\x01\x06",
	"\x04\x00\x8e\x46\x01\x07",
}

// UnknownCritical returns the OID of a critical extension that cannot be processed here, or nil
// (RFC 5280, 4.2).
func (c *Certificate) UnknownCritical() []byte {
	for _, e := range c.Extensions {
		if !e.Critical {
			continue
		}
		switch e.ID() {
		case NotKnown, PrivateKeyUsagePeriod, SubjectDirectoryAttributes:
			return e.OID
		case CertificatePolicies:
			if !c.qualifiersKnown {
				return e.OID // 4.2.1.4: all of a critical extension must be understood
			}
		case QCStatements:
			for _, s := range c.Statements {
				if !slices.Contains(statements, string(s)) {
					return e.OID
				}
			}
		}
	}
	return nil
}

func readNames(r *der.Reader, field string) []GeneralName {
	seq := r.Read(field, der.Sequence)
	return readGeneralNames(&seq, field)
}

func (k *Known) readBasicConstraints(r *der.Reader) {
	const field = "basicConstraints"
	seq := r.Read(field, der.Sequence)
	if seq.Peek(der.Boolean) {
		k.IsCA = seq.Bool(field) // a written FALSE is not DER, but common: tolerated
	}
	if seq.Peek(der.Integer) {
		k.PathLen = seq.Small("basicConstraints.pathLenConstraint", maxCounter)
	}
	seq.End(field)
}

// ReadAuthorityKey reads an AuthorityKeyIdentifier.
func ReadAuthorityKey(r *der.Reader) (a AuthorityKey) {
	const field = "authorityKeyIdentifier"
	seq := r.Read(field, der.Sequence)
	if id, ok := seq.Optional(field, der.Primitive(0)); ok {
		a.KeyID = id.Rest()
	}
	if names, ok := seq.Optional(field, der.Constructed(1)); ok {
		a.Issuer = readGeneralNames(&names, field)
	}
	if seq.Peek(der.Primitive(2)) {
		a.Serial = seq.ImplicitInteger(field, der.Primitive(2))
	}
	seq.End(field)
	return a
}

func readOIDs(r *der.Reader, field string) [][]byte {
	seq := r.Read(field, der.Sequence)
	if seq.Empty() {
		seq.Fail(field, "empty")
		return nil
	}
	list := make([][]byte, 0, 2)
	for !seq.Empty() {
		list = append(list, seq.OID(field))
	}
	return list
}

func readAccess(r *der.Reader, field string) []AccessDescription {
	seq := r.Read(field, der.Sequence)
	if seq.Empty() {
		seq.Fail(field, "empty")
		return nil
	}
	list := make([]AccessDescription, 0, 2)
	for !seq.Empty() {
		one := seq.Read(field, der.Sequence)
		a := AccessDescription{Method: one.OID(field)}
		a.Location = readGeneralName(&one, field, false)
		one.End(field)
		list = append(list, a)
	}
	return list
}

func readStatements(r *der.Reader) [][]byte {
	const field = "qcStatements"
	seq := r.Read(field, der.Sequence)
	var list [][]byte
	for !seq.Empty() {
		one := seq.Read(field, der.Sequence)
		list = append(list, one.OID(field))
		if !one.Empty() {
			one.Any(field)
		}
		one.End(field)
	}
	return list
}

// Access methods, RFC 5280, 4.2.2.1, contents octets.
const (
	AccessOCSP    = "\x2b\x06\x01\x05\x05\x07\x30\x01"
	AccessIssuers = "\x2b\x06\x01\x05\x05\x07\x30\x02"
)
