package xades

import (
	"crypto"
	"time"

	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/c14n"
	"github.com/rubrica/rubrica/signing/internal/xmltree"
)

// A Packaging says where the signature stands and where what it signs (EN 319 132-1, 3.1).
type Packaging uint8

const (
	// Enveloped: the signature stands inside the document that it signs. The default.
	Enveloped Packaging = iota
	// Enveloping: the signature holds the document, in a ds:Object.
	Enveloping
	// Detached: the signature stands alone and names the document by Profile.URI. The document may
	// be anything; its octets are signed.
	Detached
	// InternallyDetached: signature and signed element stand side by side in one document. Where
	// the signed element is the root, an element "internally-detached" is put around both.
	InternallyDetached
)

// A CanonicalForm is the canonical form of XML that is digested.
type CanonicalForm uint8

// The canonicalisations. The default is exclusive, which survives a change of surroundings.
const (
	Exclusive CanonicalForm = iota
	ExclusiveWithComments
	Inclusive
	InclusiveWithComments
	Inclusive11
	Inclusive11WithComments
)

func (c CanonicalForm) method() (c14n.Method, error) {
	methods := [...]c14n.Method{c14n.Exclusive10, c14n.Exclusive10WithComments, c14n.Inclusive10,
		c14n.Inclusive10WithComments, c14n.Inclusive11, c14n.Inclusive11WithComments}
	if int(c) >= len(methods) {
		return 0, &ProfileError{"Canonicalization", "is unknown"}
	}
	return methods[c], nil
}

// A Profile says what a signature shall be. The zero value, with a SigningTime, is an enveloped
// XAdES baseline B signature over the whole document: SHA-256, exclusive canonicalisation,
// SigningCertificateV2, the chain in KeyInfo.
type Profile struct {
	Packaging Packaging
	// Subject is the identifier of the element to be signed. Empty: the whole document (enveloped),
	// or the root's identifier (internally detached).
	Subject string
	// Path is that of the element that receives the signature behind all it holds: local names, as
	// "/Invoice/UBLExtensions/UBLExtension[2]/ExtensionContent". Empty: the root.
	Path string
	// URI names the document in a Detached signature. Required there.
	URI string
	// AsXML puts an enveloped document into its ds:Object as XML; otherwise it is put there in
	// base64, octet for octet. Enveloping only.
	AsXML bool
	// Parallel excludes every signature of the document, so that others may sign beside this one
	// before or after. Enveloped only.
	Parallel bool

	// Level is B or T. T needs a Timestamper.
	Level       signing.Level
	Timestamper signing.Timestamper
	// ContentTimestamper stamps what is signed before it is signed (AllDataObjectsTimeStamp).
	ContentTimestamper signing.Timestamper

	// Hash is for references, certificates and the signature. Zero: SHA-256.
	Hash crypto.Hash
	// PSS signs with RSASSA-PSS where the key is RSA.
	PSS              bool
	Canonicalization CanonicalForm

	// SigningTime is what the signer claims, written in its own zone. Required.
	SigningTime time.Time
	// Legacy writes the properties of TS 101 903: SigningCertificate, SignerRole,
	// SignatureProductionPlace instead of their second versions.
	Legacy bool
	// BindChain names the whole chain in the signing certificate property, not only the leaf.
	BindChain bool
	// LeafOnly puts only the leaf into KeyInfo. Otherwise the chain as given.
	LeafOnly bool
	// KeyValue adds the bare public key to KeyInfo.
	KeyValue bool
	// SignKeyInfo signs KeyInfo too.
	SignKeyInfo bool

	// Format describes what is signed. An empty MimeType is text/xml, for anything but XML
	// application/octet-stream.
	Format      Format
	Policy      *Policy  // nil: none
	ProducedAt  *Place   // nil: not stated
	Roles       []string // claimed roles
	Commitments []Commitment

	// Limits bound the document; zero fields are the defaults.
	Limits Limits
}

// Limits bound documents that are read; see the fields. Zero fields are the defaults.
type Limits = xmltree.Limits

// Format is the DataObjectFormat property (EN 319 132-1, 5.2.4).
type Format struct {
	Description string
	MimeType    string
	Encoding    string // a URI or a name of a character set; empty: not stated
}

// A Place is the SignatureProductionPlace property (EN 319 132-1, 5.2.5). Empty fields are left
// out.
type Place struct{ Street, City, State, PostalCode, Country string }

// A Commitment is a CommitmentTypeIndication over all that is signed (EN 319 132-1, 5.2.3).
type Commitment struct {
	ID          string // a URI, as CommitmentProofOfApproval
	Description string
}

// The commitments of EN 319 132-1, 5.2.3 (ETSI TS 119 172-1, annex B).
const (
	CommitmentProofOfOrigin   = "http://uri.etsi.org/01903/v1.2.2#ProofOfOrigin"
	CommitmentProofOfReceipt  = "http://uri.etsi.org/01903/v1.2.2#ProofOfReceipt"
	CommitmentProofOfDelivery = "http://uri.etsi.org/01903/v1.2.2#ProofOfDelivery"
	CommitmentProofOfSender   = "http://uri.etsi.org/01903/v1.2.2#ProofOfSender"
	CommitmentProofOfApproval = "http://uri.etsi.org/01903/v1.2.2#ProofOfApproval"
	CommitmentProofOfCreation = "http://uri.etsi.org/01903/v1.2.2#ProofOfCreation"
)

// A Policy is the SignaturePolicyIdentifier property, which makes a signature XAdES-EPES (EN 319
// 132-1, 5.2.9). The zero value is the implied policy.
type Policy struct {
	ID          string // a URI or urn:oid:…; empty: implied by the context
	Description string
	Hash        crypto.Hash // of Digest; zero: that of the profile
	Digest      []byte      // of the policy document; empty: computed from Document
	URI         string      // where the document is (SPURI); empty: not stated
	Notice      string      // to be shown to who relies on the signature; empty: none
	// Document is the policy itself, to be kept in the signature (SignaturePolicyStore, 5.2.10).
	// Empty: not kept.
	Document []byte
}
