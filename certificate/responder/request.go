package responder

import (
	"crypto"
	_ "crypto/sha1" // hashes of CertID
	_ "crypto/sha256"
	_ "crypto/sha512"
	"encoding/asn1"
	"errors"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

const (
	// MaxRequest is the longest request that is read, in octets: a hundred certificates and a
	// signature.
	MaxRequest = 16 << 10

	maxAsked    = 100 // certificates in one request: each costs a look-up
	maxNonce    = 128 // RFC 9654, 2.1
	maxSerial   = 64  // octets; RFC 5280 allows 20, older certificates have more
	maxHashSize = 64
)

var (
	oidNonce = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 2}

	errMalformed = errors.New("responder: malformed OCSP request")
)

var hashes = map[string]crypto.Hash{
	"1.3.14.3.2.26":          crypto.SHA1,
	"2.16.840.1.101.3.4.2.1": crypto.SHA256,
	"2.16.840.1.101.3.4.2.2": crypto.SHA384,
	"2.16.840.1.101.3.4.2.3": crypto.SHA512,
}

// asked is one CertID of a request (RFC 6960, 4.1.1).
type asked struct {
	der       []byte // as it came: it goes into the answer like that
	hash      crypto.Hash
	name, key []byte // hashes of the issuer's name and key
	serial    *big.Int
}

// request is what is read of an OCSPRequest. Its signature is not looked at: anyone may ask.
type request struct {
	asked []asked
	nonce []byte // content of the extension; nil when there is none
}

var (
	tag0 = cbasn1.Tag(0).ContextSpecific().Constructed()
	tag1 = cbasn1.Tag(1).ContextSpecific().Constructed()
	tag2 = cbasn1.Tag(2).ContextSpecific().Constructed()
)

// readRequest reads OCSPRequest of RFC 6960, 4.1.1.
func readRequest(der []byte) (request, error) {
	var r request
	if len(der) > MaxRequest {
		return r, errMalformed
	}
	input := cryptobyte.String(der)
	var outer, tbs, version, requestor, list cryptobyte.String
	if !input.ReadASN1(&outer, cbasn1.SEQUENCE) || !input.Empty() ||
		!outer.ReadASN1(&tbs, cbasn1.SEQUENCE) ||
		!tbs.ReadOptionalASN1(&version, nil, tag0) ||
		!tbs.ReadOptionalASN1(&requestor, nil, tag1) ||
		!tbs.ReadASN1(&list, cbasn1.SEQUENCE) {
		return r, errMalformed
	}
	for !list.Empty() {
		var single, extensions cryptobyte.String
		var present bool
		if len(r.asked) == maxAsked || !list.ReadASN1(&single, cbasn1.SEQUENCE) {
			return r, errMalformed
		}
		id, err := readCertID(&single)
		if err != nil || !single.ReadOptionalASN1(&extensions, &present, tag0) || !single.Empty() {
			return r, errMalformed
		}
		if present {
			if err := readExtensions(extensions, nil); err != nil {
				return r, err
			}
		}
		r.asked = append(r.asked, id)
	}
	var extensions cryptobyte.String
	var present bool
	if len(r.asked) == 0 || !tbs.ReadOptionalASN1(&extensions, &present, tag2) || !tbs.Empty() {
		return r, errMalformed
	}
	if present {
		if err := readExtensions(extensions, &r.nonce); err != nil {
			return r, err
		}
	}
	return r, nil
}

func readCertID(s *cryptobyte.String) (asked, error) {
	var a asked
	var element, body, algorithm, name, key cryptobyte.String
	var oid asn1.ObjectIdentifier
	if !s.ReadASN1Element(&element, cbasn1.SEQUENCE) {
		return a, errMalformed
	}
	a.der, a.serial = element, new(big.Int)
	if !element.ReadASN1(&body, cbasn1.SEQUENCE) || !body.ReadASN1(&algorithm, cbasn1.SEQUENCE) ||
		!algorithm.ReadASN1ObjectIdentifier(&oid) || !body.ReadASN1(&name, cbasn1.OCTET_STRING) ||
		!body.ReadASN1(&key, cbasn1.OCTET_STRING) || !body.ReadASN1Integer(a.serial) ||
		!body.Empty() ||
		len(name) > maxHashSize || len(key) > maxHashSize || a.serial.BitLen() > 8*maxSerial {
		return a, errMalformed
	}
	a.hash, a.name, a.key = hashes[oid.String()], name, key
	return a, nil
}

// readExtensions finds the nonce, where one may be, and refuses critical extensions that it does
// not know.
func readExtensions(explicit cryptobyte.String, nonce *[]byte) error {
	var list cryptobyte.String
	if !explicit.ReadASN1(&list, cbasn1.SEQUENCE) || !explicit.Empty() {
		return errMalformed
	}
	for !list.Empty() {
		var extension, value cryptobyte.String
		var oid asn1.ObjectIdentifier
		critical := false
		if !list.ReadASN1(&extension, cbasn1.SEQUENCE) || !extension.ReadASN1ObjectIdentifier(&oid) ||
			!extension.ReadOptionalASN1Boolean(&critical, cbasn1.BOOLEAN, false) ||
			!extension.ReadASN1(&value, cbasn1.OCTET_STRING) ||
			!extension.Empty() {
			return errMalformed
		}
		switch {
		case nonce != nil && oid.Equal(oidNonce):
			var inner cryptobyte.String
			whole := value
			if *nonce != nil || !value.ReadASN1(&inner, cbasn1.OCTET_STRING) || !value.Empty() ||
				len(inner) == 0 || len(inner) > maxNonce {
				return errMalformed
			}
			*nonce = whole
		case critical:
			return errMalformed
		}
	}
	return nil
}
