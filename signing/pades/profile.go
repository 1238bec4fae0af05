package pades

import (
	"crypto"
	"time"

	"github.com/rubrica/rubrica/signing"
)

// A Form is the kind of signature that is written into the dictionary (SubFilter, 12.8.1).
type Form uint8

// The forms. PAdES is the default.
const (
	// FormPAdES is ETSI.CAdES.detached with signing-certificate-v2 (EN 319 142-1).
	FormPAdES Form = iota
	// FormISO32000 is adbe.pkcs7.detached: a plain CMS, as FirmaEC makes it.
	FormISO32000
)

// A Permission is what a certification signature lets others change later (DocMDP, table 257).
type Permission uint8

// The permissions. NotCertified makes an approval signature.
const (
	NotCertified     Permission = iota
	NoChanges                   // P 1
	FormFilling                 // P 2: filling forms and signing
	FormsAndComments            // P 3: and annotations
)

// A Profile says what kind of signature is made. The zero value, but for Time, is an invisible
// approval signature of level B in a new field, with SHA-256.
type Profile struct {
	// Time is the time of signing as the signer claims it. Required.
	Time time.Time
	// Form is PAdES unless said otherwise.
	Form Form
	// Level B needs nothing else; see Timestamper and Evidence for the others.
	Level signing.Level
	// Hash digests document and attributes. Zero: SHA-256, or SHA-512 for an Ed25519 key.
	Hash crypto.Hash
	// PSS signs with RSASSA-PSS where the key is RSA.
	PSS bool
	// Field is the full name of the field to sign: an empty signature field that exists, or one to
	// be made. Empty: a new one named Signature1, Signature2, …
	Field string
	// Certify makes a certification signature, which must be the first of the document.
	Certify Permission
	// Lock forbids later changes to fields. A lock that the field already carries is obeyed too.
	Lock *Lock
	// Reason, Location, Name and Contact stand in the signature dictionary (table 255).
	Reason, Location, Name, Contact string
	// Application names the program that signs (Prop_Build). May be empty.
	Application string
	// Stamp makes the signature visible. Nil: invisible, but for a field that has a place already.
	Stamp *Stamp
	// DocumentPassword opens an encrypted document. It is not kept.
	DocumentPassword []byte
	// Timestamper is required for levels T and above.
	Timestamper signing.Timestamper
	// Validation says where evidence for levels LT and LTA comes from; see [Extension].
	Validation signing.Validation
	// TimestampSize is the room kept for a time stamp in octets. Zero: 8,192.
	TimestampSize int
}

// A Lock names the form fields that a signature locks (table 236).
type Lock struct {
	// Action says which.
	Action LockAction
	// Fields are full names; one stands for its descendants too. Empty for LockAll.
	Fields []string
}

// LockAction says which fields a lock means.
type LockAction uint8

// The actions of a lock.
const (
	LockAll     LockAction = iota // every field
	LockInclude                   // the named fields
	LockExclude                   // every field but the named ones
)

func (a LockAction) String() string {
	return [...]string{"All", "Include", "Exclude"}[a]
}
