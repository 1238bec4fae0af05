package signing

import (
	"crypto/x509"
	"io"
	"time"
)

// Indication is the main word of a verdict, ETSI EN 319 102-1, 5.1.3.
type Indication string

// The three indications.
const (
	TotalPassed   Indication = "TOTAL-PASSED"
	TotalFailed   Indication = "TOTAL-FAILED"
	Indeterminate Indication = "INDETERMINATE"
)

// SubIndication explains an indication, in the words of ETSI EN 319 102-1, table 6. Empty when the
// signature passed.
type SubIndication string

// The sub-indications that this library gives.
const (
	FormatFailure               SubIndication = "FORMAT_FAILURE"
	HashFailure                 SubIndication = "HASH_FAILURE"
	SigCryptoFailure            SubIndication = "SIG_CRYPTO_FAILURE"
	Revoked                     SubIndication = "REVOKED"
	Expired                     SubIndication = "EXPIRED"
	NotYetValid                 SubIndication = "NOT_YET_VALID"
	SigConstraintsFailure       SubIndication = "SIG_CONSTRAINTS_FAILURE"
	ChainConstraintsFailure     SubIndication = "CHAIN_CONSTRAINTS_FAILURE"
	CertificateChainGeneral     SubIndication = "CERTIFICATE_CHAIN_GENERAL_FAILURE"
	CryptoConstraintsFailure    SubIndication = "CRYPTO_CONSTRAINTS_FAILURE"
	CryptoConstraintsNoPOE      SubIndication = "CRYPTO_CONSTRAINTS_FAILURE_NO_POE"
	PolicyProcessingError       SubIndication = "POLICY_PROCESSING_ERROR"
	SignaturePolicyNotAvailable SubIndication = "SIGNATURE_POLICY_NOT_AVAILABLE"
	TimestampOrderFailure       SubIndication = "TIMESTAMP_ORDER_FAILURE"
	NoSigningCertificate        SubIndication = "NO_SIGNING_CERTIFICATE_FOUND"
	NoCertificateChain          SubIndication = "NO_CERTIFICATE_CHAIN_FOUND"
	RevokedNoPOE                SubIndication = "REVOKED_NO_POE"
	RevokedCANoPOE              SubIndication = "REVOKED_CA_NO_POE"
	OutOfBoundsNotRevoked       SubIndication = "OUT_OF_BOUNDS_NOT_REVOKED"
	OutOfBoundsNoPOE            SubIndication = "OUT_OF_BOUNDS_NO_POE"
	RevocationOutOfBoundsNoPOE  SubIndication = "REVOCATION_OUT_OF_BOUNDS_NO_POE"
	NoPOE                       SubIndication = "NO_POE"
	TryLater                    SubIndication = "TRY_LATER"
	SignedDataNotFound          SubIndication = "SIGNED_DATA_NOT_FOUND"
)

// Crypto is the verdict of mathematics and structure alone: references or message digest,
// signature value, and the structures that say what was signed. It does not depend on trust,
// dates or policy.
type Crypto string

// The verdicts of cryptography.
const (
	Intact Crypto = "intact"
	Broken Crypto = "broken"
	// Unsupported: an algorithm or form that this library does not judge; a finding names it.
	Unsupported Crypto = "unsupported"
)

// Binding says whether the signature names, under its own protection, the certificate that
// verifies it (signing-certificate attribute or SigningCertificate property).
type Binding string

// The verdicts of certificate binding.
const (
	BindingOK       Binding = "ok"
	BindingMismatch Binding = "mismatch"
	BindingMissing  Binding = "missing"
)

// Trust says whether a path from the signer to a given anchor stands.
type Trust string

// The verdicts of trust. Unknown: no path was found, or evidence that was required is missing.
const (
	Trusted      Trust = "trusted"
	Untrusted    Trust = "untrusted"
	TrustUnknown Trust = "unknown"
)

// Coverage says how much of the file a signature covers.
type Coverage string

// The verdicts of coverage. Revision: the whole file as it was when signed, later grown.
const (
	CoversWhole    Coverage = "whole"
	CoversRevision Coverage = "revision"
	CoversPartial  Coverage = "partial"
	CoversNone     Coverage = "none"
)

// Severity ranks a finding.
type Severity string

// The severities. An error alone does not decide the status: the indication does.
const (
	SeverityError   Severity = "error"
	SeverityWarning Severity = "warning"
	SeverityInfo    Severity = "info"
)

// A Finding is one observation on a signature, for a person and for a machine.
type Finding struct {
	Code     string // a stable word, such as weak-algorithm or revocation-unknown
	Message  string
	Severity Severity
}

// ModificationClass says what kind of change a later revision of a PDF made.
type ModificationClass string

// The classes of changes.
const (
	ModFormFill   ModificationClass = "form-fill"
	ModAnnotation ModificationClass = "annotation"
	ModSignature  ModificationClass = "signature"
	ModLTV        ModificationClass = "ltv"
	ModMetadata   ModificationClass = "metadata"
	ModContent    ModificationClass = "content"
	ModStructure  ModificationClass = "structure"
	ModUnknown    ModificationClass = "unknown"
)

// A Modification is one change made to a PDF after a signature.
type Modification struct {
	Class   ModificationClass
	Object  string // object number and generation, as "12 0"; empty for the trailer
	Allowed bool
	Why     string // what was done and, if so, why it is not allowed, for people
	Spanish string // Why in Spanish
	Path    string // how the object was reached from the trailer, as "Root/Pages/Kids/Contents"
}

// Signed is one thing that a signature covers.
type Signed struct {
	ID string // its identifier in the document, if it has one
	// Path, in XML, is that of local names from the root, as "/factura/detalles/detalle[2]". Of one
	// beyond 4,096 octets the beginning is left out, and "…" stands for it.
	Path   string
	SHA256 [32]byte // of the octets that were digested (XML: canonical octets)
	// Octets writes again exactly the octets that were digested. Nil where they are not kept.
	Octets func(w io.Writer) error
}

// TimestampKind says what a time stamp is for.
type TimestampKind string

// The kinds of time stamps.
const (
	TimestampSignature TimestampKind = "signature"
	TimestampArchive   TimestampKind = "archive"
	TimestampContent   TimestampKind = "content"
	TimestampDocument  TimestampKind = "document"
)

// A Timestamp is the verdict on one time-stamp token.
type Timestamp struct {
	Kind     TimestampKind
	Crypto   Crypto
	Time     time.Time // genTime; zero when the token cannot be read
	Trust    Trust
	Signer   *x509.Certificate // of the time-stamping authority; nil when unknown
	Findings []Finding
}

// A Signature is the verdict on one signature. A document time stamp has an entry of its own.
type Signature struct {
	ID     string // identifier or field name in the document
	Parent string // ID of the signature that this one countersigns; empty otherwise
	Level  string // as "XAdES-BASELINE-B", "PAdES-BASELINE-LT", "ISO32000-CMS", "document-timestamp"

	Indication    Indication
	SubIndication SubIndication

	Crypto        Crypto
	Binding       Binding
	Trust         Trust
	Coverage      Coverage
	Revision      int // PDF: the revision that it covers, from 1; zero elsewhere
	Modifications []Modification
	Signed        []Signed

	Signer *x509.Certificate   // nil when no certificate of the signer was found
	Chain  []*x509.Certificate // leaf first, anchor last; nil when no path was found

	ClaimedTime time.Time // what the signer says; zero when he says nothing
	ProvenTime  time.Time // the earliest trusted time stamp over the signature; zero without
	RevokedAt   time.Time // of the signer's certificate, before or after; zero when not known revoked

	Reason, Location string // PDF: what the signer says of why and where; empty elsewhere

	Timestamps []Timestamp
	Findings   []Finding
}

// maxFindings bounds what is said of one signature, for documents that are made of faults.
const maxFindings = 1000

// AddFinding appends a finding. Behind a thousand it says only that there are more.
func (s *Signature) AddFinding(severity Severity, code, message string) {
	switch n := len(s.Findings); {
	case n > maxFindings:
		return
	case n == maxFindings:
		severity, code, message = SeverityWarning, "more-findings", "there are more than are kept"
	}
	s.Findings = append(s.Findings, Finding{Code: code, Message: message, Severity: severity})
}

// Status is the verdict on a whole file.
type Status string

// The verdicts on a file.
const (
	StatusValid         Status = "valid"
	StatusInvalid       Status = "invalid"
	StatusIndeterminate Status = "indeterminate"
)

// A Report is the verdict on every signature of one document, in document order.
type Report struct {
	Format     string // "xades", "pades", "cades", "tsp"
	Signatures []Signature
}

// Status is valid when every signature passed, invalid when one failed, indeterminate otherwise
// (also when the report has no signature).
func (r *Report) Status() Status {
	status := StatusValid
	if len(r.Signatures) == 0 {
		return StatusIndeterminate
	}
	for _, s := range r.Signatures {
		switch s.Indication {
		case TotalFailed:
			return StatusInvalid
		case TotalPassed:
		default:
			status = StatusIndeterminate
		}
	}
	return status
}
