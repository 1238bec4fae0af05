package tsp

import (
	"encoding/asn1"
	"math/big"
	"strings"
	"unicode"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/rubrica/rubrica/signing/internal/ber"
	"github.com/rubrica/rubrica/signing/internal/cms"
)

// Media types of RFC 3161, 3.4.
const (
	QueryType = "application/timestamp-query"
	ReplyType = "application/timestamp-reply"
)

const (
	maxRequest    = 64 << 10 // a request has a few hundred octets
	maxStatusText = 8        // strings of an answer that are kept
	maxTextOctets = 500      // of each
)

// Request is TimeStampReq (RFC 3161, 2.4.1).
type Request struct {
	Imprint Imprint
	Policy  asn1.ObjectIdentifier // nil: the authority's default
	Nonce   *big.Int              // nil: none
	CertReq bool                  // asks for the authority's certificate inside the token

	hashErr error
}

// Marshal writes the request in DER.
func (r *Request) Marshal() ([]byte, error) {
	imprint, err := r.Imprint.marshal()
	if err != nil {
		return nil, err
	}
	parts := [][]byte{integer(1), imprint}
	if len(r.Policy) > 0 {
		parts = append(parts, cms.OID(r.Policy))
	}
	if r.Nonce != nil {
		parts = append(parts, bigInteger(r.Nonce))
	}
	if r.CertReq {
		parts = append(parts, boolean(true))
	}
	return ber.Sequence(parts...), nil
}

// ParseRequest reads a request. Errors: [*MalformedError].
func ParseRequest(der []byte) (*Request, error) {
	if len(der) > maxRequest {
		return nil, &MalformedError{What: "request", Err: &ber.Error{What: "too long", Limit: true}}
	}
	flat, err := ber.ToDER(der, 0)
	if err != nil {
		return nil, &MalformedError{What: "malformed request", Err: err}
	}
	in := cryptobyte.String(flat)
	var seq cryptobyte.String
	version := 0
	if !in.ReadASN1(&seq, cbasn1.SEQUENCE) || !in.Empty() || !seq.ReadASN1Integer(&version) {
		return nil, malformed(0, "malformed request")
	}
	if version != 1 {
		return nil, malformed(0, "request of a version other than 1")
	}
	r := &Request{}
	if r.Imprint, r.hashErr, err = parseImprint(&seq, 0); err != nil {
		return nil, err
	}
	if seq.PeekASN1Tag(cbasn1.OBJECT_IDENTIFIER) && !seq.ReadASN1ObjectIdentifier(&r.Policy) {
		return nil, malformed(0, "malformed policy")
	}
	if seq.PeekASN1Tag(cbasn1.INTEGER) {
		r.Nonce = new(big.Int)
		if !seq.ReadASN1Integer(r.Nonce) {
			return nil, malformed(0, "malformed nonce")
		}
	}
	if seq.PeekASN1Tag(cbasn1.BOOLEAN) && !seq.ReadASN1Boolean(&r.CertReq) {
		return nil, malformed(0, "malformed certReq")
	}
	var extensions cryptobyte.String
	var has bool
	if !seq.ReadOptionalASN1(&extensions, &has, contextTag(0)) || !seq.Empty() {
		return nil, malformed(0, "malformed request")
	}
	return r, refuseCritical(extensions, 0)
}

// parseResponse reads TimeStampResp (RFC 3161, 2.4.2) and returns its token.
func parseResponse(der []byte) ([]byte, error) {
	if len(der) > maxToken {
		return nil, &MalformedError{What: "answer", Err: &ber.Error{What: "too long", Limit: true}}
	}
	flat, rest, err := ber.First(der, 0)
	if err != nil {
		return nil, &MalformedError{What: "malformed answer", Err: err}
	}
	if len(rest) > 0 {
		return nil, malformed(int64(len(flat)), "data after the answer")
	}
	var parts [][]byte
	err = ber.Children(flat, 0, func(child []byte, at int64) error {
		if len(parts) == 2 {
			return malformed(at, "more in an answer than belongs there")
		}
		parts = append(parts, child)
		return nil
	})
	if err != nil || len(parts) == 0 {
		return nil, &MalformedError{What: "malformed answer", Err: err}
	}
	refused, err := parseStatus(parts[0])
	if err != nil {
		return nil, err
	}
	granted := refused.Status == Granted || refused.Status == GrantedWithMods
	switch {
	case !granted:
		return nil, refused
	case len(parts) == 1:
		return nil, malformed(0, "granted without a time stamp")
	}
	return parts[1], nil
}

// parseStatus reads PKIStatusInfo.
func parseStatus(raw []byte) (*RefusedError, error) {
	bad := malformed(0, "malformed status")
	der, err := ber.ToDER(raw, 0)
	if err != nil {
		return nil, &MalformedError{What: "malformed status", Err: err}
	}
	in := cryptobyte.String(der)
	var seq, texts cryptobyte.String
	status := 0
	if !in.ReadASN1(&seq, cbasn1.SEQUENCE) || !seq.ReadASN1Integer(&status) || status < 0 {
		return nil, bad
	}
	out := &RefusedError{Status: Status(status), Failure: NoFailure}
	if seq.PeekASN1Tag(cbasn1.SEQUENCE) {
		if !seq.ReadASN1(&texts, cbasn1.SEQUENCE) {
			return nil, bad
		}
		for !texts.Empty() && len(out.Text) < maxStatusText {
			var s cryptobyte.String
			if !texts.ReadASN1(&s, cbasn1.UTF8String) {
				return nil, bad
			}
			out.Text = append(out.Text, printable(s))
		}
	}
	if seq.PeekASN1Tag(cbasn1.BIT_STRING) {
		var bits asn1.BitString
		if !seq.ReadASN1BitString(&bits) {
			return nil, bad
		}
		for i := range bits.BitLength {
			if bits.At(i) == 1 {
				out.Failure = Failure(i)
				break
			}
		}
	}
	if !seq.Empty() {
		return nil, bad
	}
	return out, nil
}

// printable is what a stranger says, fit for a log: on one line, and not long.
func printable(text []byte) string {
	s := strings.ToValidUTF8(string(text[:min(len(text), maxTextOctets)]), "")
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)
}

// marshalResponse writes TimeStampResp; token is nil for a refusal.
func marshalResponse(status Status, failure Failure, text string, token []byte) []byte {
	parts := [][]byte{integer(int64(status))}
	if text != "" {
		parts = append(parts, ber.Sequence(ber.Wrap(ber.Universal, 12, false, []byte(text))))
	}
	if failure != NoFailure {
		n := int(failure)
		bits := make([]byte, 1+n/8+1)
		bits[0] = byte(7 - n%8) // unused bits
		bits[1+n/8] = 0x80 >> (n % 8)
		parts = append(parts, ber.Wrap(ber.Universal, ber.TagBitString, false, bits))
	}
	return ber.Sequence(ber.Sequence(parts...), token)
}
