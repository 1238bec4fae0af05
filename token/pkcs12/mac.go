package pkcs12

import (
	"crypto"
	"crypto/hmac"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// macHashes are the digests of MacData (RFC 7292, 4).
var macHashes = map[string]crypto.Hash{
	"1.3.14.3.2.26":          crypto.SHA1,
	"2.16.840.1.101.3.4.2.4": crypto.SHA224,
	"2.16.840.1.101.3.4.2.1": crypto.SHA256,
	"2.16.840.1.101.3.4.2.2": crypto.SHA384,
	"2.16.840.1.101.3.4.2.3": crypto.SHA512,
	"2.16.840.1.101.3.4.2.5": crypto.SHA512_224,
	"2.16.840.1.101.3.4.2.6": crypto.SHA512_256,
}

// minMACKey is what RFC 9579, 5 advises: with a key of few octets anyone can guess the MAC.
const minMACKey = 20

// integrity is a parsed MacData: everything but the password.
type integrity struct {
	value []byte
	hash  crypto.Hash
	key   func(p spelling) ([]byte, error)
}

// fits reports whether content is what was protected with this password.
func (m integrity) fits(p spelling, content []byte) (bool, error) {
	key, err := m.key(p)
	if err != nil {
		return false, err
	}
	defer clear(key)
	mac := hmac.New(m.hash.New, key)
	mac.Write(content)
	return hmac.Equal(mac.Sum(nil), m.value), nil
}

// readMAC reads MacData ::= SEQUENCE { mac DigestInfo, macSalt OCTET STRING, iterations DEFAULT 1
// }.
func (r *reader) readMAC(s *cryptobyte.String) (integrity, error) {
	var body, info cryptobyte.String
	var m integrity
	if !s.ReadASN1(&body, cbasn1.SEQUENCE) || !body.ReadASN1(&info, cbasn1.SEQUENCE) {
		return m, malformed("MacData", "not a DigestInfo")
	}
	oid, params, ok := readAlgorithm(&info)
	if !ok || !info.ReadASN1Bytes(&m.value, cbasn1.OCTET_STRING) || !info.Empty() {
		return m, malformed("MacData", "not a DigestInfo")
	}
	if oid.Equal(oidPBMAC1) { // macSalt and iterations mean nothing, whatever they hold
		return r.readPBMAC1(m, params)
	}
	var salt []byte
	iterations := 1
	if !readSalt(&body, &salt) {
		return m, malformed("MacData", "macSalt")
	}
	if !body.Empty() && (!readCount(&body, &iterations) || !body.Empty()) {
		return m, malformed("MacData", "iterations")
	}
	if m.hash = macHashes[oid.String()]; m.hash == 0 {
		return m, &UnsupportedError{Feature: "MAC with " + oid.String()}
	}
	if !nullOrAbsent(params) {
		return m, malformed("MacData", "parameters of the digest algorithm")
	}
	if len(m.value) != m.hash.Size() {
		return m, malformed("MacData", "length of the MAC")
	}
	m.key = func(p spelling) ([]byte, error) {
		return derive(m.hash, p.bmp, salt, iterations, forMAC, m.hash.Size()), nil
	}
	return m, r.charge(iterations)
}

// readPBMAC1 reads PBMAC1-params as RFC 9579, 4 and 5 has them in MacData: keyLength must be
// present, the password is UTF-8 without a terminator.
func (r *reader) readPBMAC1(m integrity, params cryptobyte.String) (integrity, error) {
	var body cryptobyte.String
	if !params.ReadASN1(&body, cbasn1.SEQUENCE) || !params.Empty() {
		return m, malformed("MacData", "not PBMAC1-params")
	}
	kdf, err := readPBKDF2(&body)
	if err != nil {
		return m, err
	}
	scheme, schemeParams, ok := readAlgorithm(&body)
	if !ok || !body.Empty() || !nullOrAbsent(schemeParams) {
		return m, malformed("MacData", "not PBMAC1-params")
	}
	if m.hash = prfs[scheme.String()]; m.hash == 0 {
		return m, &UnsupportedError{Feature: "MAC with " + scheme.String()}
	}
	switch {
	case kdf.size == 0:
		return m, malformed("MacData", "missing key length")
	case kdf.size < minMACKey:
		return m, malformed("MacData", "key length too short to protect anything")
	case len(m.value) != m.hash.Size():
		return m, malformed("MacData", "length of the MAC")
	}
	m.key = func(p spelling) ([]byte, error) {
		return pbkdf2Key(kdf.prf, p.raw, kdf.salt, kdf.iterations, kdf.size)
	}
	return m, r.charge(kdf.rounds())
}
