package syntax

import (
	"time"

	"github.com/rubrica/rubrica/certificate/internal/der"
)

// Bounds of OCSP messages. An answer carries a handful of certificates at most.
const (
	MaxOCSPResponse = 4 << 20
	MaxOCSPRequest  = 1 << 20
	// MaxOCSPCertificates bounds the certificates beside an answer, each of which may cost a
	// signature verification.
	MaxOCSPCertificates = 32
)

// OCSPResponse is RFC 6960, 4.2.1. When Status is not 0 (successful) nothing else is set.
type OCSPResponse struct {
	Raw        []byte
	Status     int
	RawTBS     []byte
	Algorithm  AlgorithmIdentifier
	Signature  []byte
	ByName     Name   // of the responder, nil when it is named by its key
	ByKey      []byte // SHA-1 of its public key, nil when it is named by its name
	ProducedAt time.Time
	Single     []SingleResponse
	Nonce      []byte // contents of the nonce's OCTET STRING, nil when absent
	// UnknownCritical says that the answer carries a critical extension not known here.
	UnknownCritical bool
	Certificates    [][]byte // DER, as they are
}

// CertID is RFC 6960, 4.1.1.
type CertID struct {
	Raw       []byte
	Algorithm AlgorithmIdentifier
	NameHash  []byte
	KeyHash   []byte
	Serial    []byte // contents octets
}

// CertStatus is what an answer says.
type CertStatus uint8

// The values of CertStatus, by their tags.
const (
	StatusGood CertStatus = iota
	StatusRevoked
	StatusUnknown
)

// SingleResponse is RFC 6960, 4.2.1.
type SingleResponse struct {
	ID              CertID
	Status          CertStatus
	RevokedAt       time.Time
	Reason          int // CRLReason, 0 when absent
	ThisUpdate      time.Time
	NextUpdate      time.Time // zero when absent
	ArchiveCutoff   time.Time // zero when absent
	UnknownCritical bool
}

// Below id-pkix-ocsp, 1.3.6.1.5.5.7.48.1, RFC 6960, 4.4, contents octets. OIDNonce is the nonce's.
const (
	ocspArc     = "\x2b\x06\x01\x05\x05\x07\x30\x01"
	oidBasic    = ocspArc + "\x01"
	OIDNonce    = ocspArc + "\x02"
	oidCRLRef   = ocspArc + "\x03"
	oidCutoff   = ocspArc + "\x06"
	oidLocator  = ocspArc + "\x07"
	oidPrefSign = ocspArc + "\x08"
	oidExtended = ocspArc + "\x09"
)

// ReadOCSPResponse reads one DER OCSPResponse with a basic answer.
func ReadOCSPResponse(document []byte) (*OCSPResponse, error) {
	r := der.NewReader(document)
	if len(document) > MaxOCSPResponse {
		r.Fail("ocspResponse", "larger than 4 MiB")
		return nil, r.Err()
	}
	a := &OCSPResponse{}
	whole, seq := r.Element("ocspResponse", der.Sequence)
	r.End("ocspResponse")
	a.Raw = whole
	a.Status = seq.ImplicitSmall("responseStatus", der.Enumerated, 255)
	if explicit, ok := seq.Optional("responseBytes", der.Constructed(0)); ok {
		bytes := explicit.Read("responseBytes", der.Sequence)
		explicit.End("responseBytes")
		if string(bytes.OID("responseType")) != oidBasic {
			bytes.Fail("responseType", "not id-pkix-ocsp-basic")
		}
		basic := bytes.Read("response", der.OctetString)
		bytes.End("responseBytes")
		a.readBasic(&basic)
	} else if a.Status == 0 {
		seq.Fail("responseBytes", "missing in a successful response")
	}
	seq.End("ocspResponse")
	if err := r.Err(); err != nil {
		return nil, err
	}
	return a, nil
}

func (a *OCSPResponse) readBasic(r *der.Reader) {
	seq := r.Read("basicOCSPResponse", der.Sequence)
	r.End("basicOCSPResponse")
	var tbs der.Reader
	a.RawTBS, tbs = seq.Element("tbsResponseData", der.Sequence)
	a.readData(&tbs)
	a.Algorithm = ReadAlgorithm(&seq, "signatureAlgorithm")
	if bits, unused := seq.Bits("signature"); unused == 0 {
		a.Signature = bits
	}
	if explicit, ok := seq.Optional("certs", der.Constructed(0)); ok {
		certs := explicit.Read("certs", der.Sequence)
		explicit.End("certs")
		for !certs.Empty() {
			if len(a.Certificates) == MaxOCSPCertificates {
				certs.Fail("certs", "more than 32 certificates")
			}
			element, _ := certs.Element("certs", der.Sequence)
			a.Certificates = append(a.Certificates, element)
		}
	}
	seq.End("basicOCSPResponse")
}

func (a *OCSPResponse) readData(tbs *der.Reader) {
	readFirstVersion(tbs)
	if name, ok := tbs.Optional("responderID", der.Constructed(1)); ok {
		a.ByName = ReadName(&name, "responderID.byName")
		name.End("responderID.byName")
	} else {
		key := tbs.Read("responderID", der.Constructed(2))
		a.ByKey = key.Octets("responderID.byKey")
		key.End("responderID.byKey")
	}
	a.ProducedAt = tbs.GeneralTime("producedAt")
	responses := tbs.Read("responses", der.Sequence)
	for !responses.Empty() {
		a.Single = append(a.Single, readSingle(&responses))
	}
	for _, e := range readOptionalExtensions(tbs, "responseExtensions", 1) {
		switch string(e.OID) {
		case OIDNonce:
			a.Nonce = readNonce(e, tbs)
		case oidExtended, oidPrefSign:
		default:
			a.UnknownCritical = a.UnknownCritical || e.Critical
		}
	}
	tbs.End("tbsResponseData")
}

// readFirstVersion reads the version of a request or an answer, which is v1 when it is written.
func readFirstVersion(tbs *der.Reader) {
	version, ok := tbs.Optional("version", der.Constructed(0))
	if !ok {
		return
	}
	if version.Small("version", 1) != 0 {
		version.Fail("version", "not v1")
	}
	version.End("version")
}

func readSingle(responses *der.Reader) (s SingleResponse) {
	one := responses.Read("singleResponse", der.Sequence)
	s.ID = readCertID(&one)
	switch {
	case one.Peek(der.Primitive(0)):
		good := one.Read("certStatus", der.Primitive(0))
		good.End("certStatus.good")
	case one.Peek(der.Constructed(1)):
		s.Status = StatusRevoked
		revoked := one.Read("certStatus", der.Constructed(1))
		s.RevokedAt = revoked.GeneralTime("revocationTime")
		if explicit, ok := revoked.Optional("revocationReason", der.Constructed(0)); ok {
			s.Reason = explicit.ImplicitSmall("revocationReason", der.Enumerated, 255)
			explicit.End("revocationReason")
		}
		revoked.End("certStatus.revoked")
	default:
		s.Status = StatusUnknown
		unknown := one.Read("certStatus", der.Primitive(2))
		unknown.End("certStatus.unknown")
	}
	s.ThisUpdate = one.GeneralTime("thisUpdate")
	if explicit, ok := one.Optional("nextUpdate", der.Constructed(0)); ok {
		s.NextUpdate = explicit.GeneralTime("nextUpdate")
		explicit.End("nextUpdate")
	}
	s.readExtensions(&one)
	one.End("singleResponse")
	return s
}

func (s *SingleResponse) readExtensions(one *der.Reader) {
	for _, e := range readOptionalExtensions(one, "singleExtensions", 1) {
		switch string(e.OID) {
		case oidCutoff:
			r := der.At(e.Value, e.Offset)
			s.ArchiveCutoff = r.GeneralTime("archiveCutoff")
			if r.Failed() {
				one.Fail("archiveCutoff", "not a time")
			}
		case oidCRLRef, oidLocator,
			"\x55\x1d\x15", "\x55\x1d\x18", "\x55\x1d\x1d": // entry extensions of lists, 4.4.5
		default:
			s.UnknownCritical = s.UnknownCritical || e.Critical
		}
	}
}

func readCertID(r *der.Reader) (id CertID) {
	var seq der.Reader
	id.Raw, seq = r.Element("certID", der.Sequence)
	id.Algorithm = ReadAlgorithm(&seq, "certID.hashAlgorithm")
	id.NameHash = seq.Octets("certID.issuerNameHash")
	id.KeyHash = seq.Octets("certID.issuerKeyHash")
	id.Serial = seq.Integer("certID.serialNumber")
	seq.End("certID")
	return id
}

func readOptionalExtensions(r *der.Reader, field string, tag uint8) []Extension {
	explicit, ok := r.Optional(field, der.Constructed(tag))
	if !ok {
		return nil
	}
	list := ReadExtensions(&explicit, field)
	explicit.End(field)
	return list
}

// readNonce reads the nonce: an OCTET STRING inside the extension's (RFC 9654, 2.1). Responders
// that put the octets there bare are understood too.
func readNonce(e Extension, r *der.Reader) []byte {
	inner := der.At(e.Value, e.Offset)
	nonce := inner.Octets("nonce")
	inner.End("nonce")
	if inner.Failed() {
		nonce = e.Value
	}
	if len(nonce) == 0 {
		r.Fail("nonce", "empty")
	}
	return nonce
}

// OCSPRequest is RFC 6960, 4.1.1.
type OCSPRequest struct {
	IDs             []CertID
	Nonce           []byte // nil when absent
	Signed          bool
	UnknownCritical bool
}

// ReadOCSPRequest reads one DER OCSPRequest. Its signature, if there is one, is not looked at.
func ReadOCSPRequest(document []byte) (*OCSPRequest, error) {
	r := der.NewReader(document)
	if len(document) > MaxOCSPRequest {
		r.Fail("ocspRequest", "larger than 1 MiB")
		return nil, r.Err()
	}
	q := &OCSPRequest{}
	seq := r.Read("ocspRequest", der.Sequence)
	r.End("ocspRequest")
	tbs := seq.Read("tbsRequest", der.Sequence)
	q.readTBS(&tbs)
	if explicit, ok := seq.Optional("optionalSignature", der.Constructed(0)); ok {
		explicit.Read("optionalSignature", der.Sequence)
		explicit.End("optionalSignature")
		q.Signed = true
	}
	seq.End("ocspRequest")
	if err := r.Err(); err != nil {
		return nil, err
	}
	return q, nil
}

func (q *OCSPRequest) readTBS(tbs *der.Reader) {
	readFirstVersion(tbs)
	if name, ok := tbs.Optional("requestorName", der.Constructed(1)); ok {
		readGeneralName(&name, "requestorName", false)
		name.End("requestorName")
	}
	requests := tbs.Read("requestList", der.Sequence)
	if requests.Empty() {
		requests.Fail("requestList", "empty")
	}
	for !requests.Empty() {
		one := requests.Read("request", der.Sequence)
		q.IDs = append(q.IDs, readCertID(&one))
		for _, e := range readOptionalExtensions(&one, "singleRequestExtensions", 0) {
			q.UnknownCritical = q.UnknownCritical || e.Critical && string(e.OID) != oidLocator
		}
		one.End("request")
	}
	for _, e := range readOptionalExtensions(tbs, "requestExtensions", 2) {
		switch string(e.OID) {
		case OIDNonce:
			q.Nonce = readNonce(e, tbs)
		case ocspArc + "\x04", oidPrefSign: // acceptable responses, preferred signatures
		default:
			q.UnknownCritical = q.UnknownCritical || e.Critical
		}
	}
	tbs.End("tbsRequest")
}
