package algorithm

import (
	"crypto"
	"encoding/asn1"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

type hashInfo struct {
	hash  crypto.Hash
	name  string
	oid   asn1.ObjectIdentifier
	rsa   asn1.ObjectIdentifier // PKCS #1 v1.5 with this hash
	ecdsa asn1.ObjectIdentifier
}

var nistHash = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2}
var nistSig = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 3}
var pkcs1 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1}
var ansiECDSA = asn1.ObjectIdentifier{1, 2, 840, 10045, 4}

func arc(base asn1.ObjectIdentifier, n ...int) asn1.ObjectIdentifier {
	return append(append(asn1.ObjectIdentifier{}, base...), n...)
}

// The hashes that are judged, with their object identifiers (RFC 3370, 5754, 5758, 8702 and
// the NIST registry).
var hashes = []hashInfo{
	{crypto.SHA1, "SHA-1", asn1.ObjectIdentifier{1, 3, 14, 3, 2, 26}, arc(pkcs1, 5),
		arc(ansiECDSA, 1)},
	{crypto.SHA224, "SHA-224", arc(nistHash, 4), arc(pkcs1, 14), arc(ansiECDSA, 3, 1)},
	{crypto.SHA256, "SHA-256", arc(nistHash, 1), arc(pkcs1, 11), arc(ansiECDSA, 3, 2)},
	{crypto.SHA384, "SHA-384", arc(nistHash, 2), arc(pkcs1, 12), arc(ansiECDSA, 3, 3)},
	{crypto.SHA512, "SHA-512", arc(nistHash, 3), arc(pkcs1, 13), arc(ansiECDSA, 3, 4)},
	{crypto.SHA512_224, "SHA-512/224", arc(nistHash, 5), arc(pkcs1, 15), nil},
	{crypto.SHA512_256, "SHA-512/256", arc(nistHash, 6), arc(pkcs1, 16), nil},
	{crypto.SHA3_224, "SHA3-224", arc(nistHash, 7), arc(nistSig, 13), arc(nistSig, 9)},
	{crypto.SHA3_256, "SHA3-256", arc(nistHash, 8), arc(nistSig, 14), arc(nistSig, 10)},
	{crypto.SHA3_384, "SHA3-384", arc(nistHash, 9), arc(nistSig, 15), arc(nistSig, 11)},
	{crypto.SHA3_512, "SHA3-512", arc(nistHash, 10), arc(nistSig, 16), arc(nistSig, 12)},
}

func infoOf(h crypto.Hash) *hashInfo {
	for i := range hashes {
		if hashes[i].hash == h {
			return &hashes[i]
		}
	}
	return nil
}

// Supported says whether a hash is one that signatures are made and judged with.
func Supported(h crypto.Hash) bool { return infoOf(h) != nil }

// Hashes are the hashes that signatures are made and judged with, weakest first.
func Hashes() []crypto.Hash {
	out := make([]crypto.Hash, len(hashes))
	for i, h := range hashes {
		out[i] = h.hash
	}
	return out
}

// HashName is a hash's usual name, "SHA-256", also of one that is not supported.
func HashName(h crypto.Hash) string {
	if i := infoOf(h); i != nil {
		return i.name
	}
	return h.String()
}

func hashSize(h crypto.Hash) int {
	if !Supported(h) {
		return 0
	}
	return h.Size()
}

// Digest is the digest of message under h, which must be [Supported].
func Digest(h crypto.Hash, message []byte) []byte {
	f := h.New()
	f.Write(message)
	return f.Sum(nil)
}

// hashByOID is the hash that an object identifier names. MD5 and others that exist but are not
// judged give [*Unsupported] with their name, unknown ones with the identifier.
func hashByOID(oid asn1.ObjectIdentifier) (crypto.Hash, error) {
	for _, i := range hashes {
		if i.oid.Equal(oid) {
			return i.hash, nil
		}
	}
	return 0, unsupported("hash " + nameOf(oid))
}

// HashIdentifier is the AlgorithmIdentifier of a supported hash, parameters absent as RFC 5754,
// 2 recommends; SHA-1 has them NULL as RFC 3370, 2.1 allows and old readers expect.
func HashIdentifier(h crypto.Hash) ([]byte, error) {
	return hashIdentifier(h, h == crypto.SHA1)
}

func hashIdentifier(h crypto.Hash, null bool) ([]byte, error) {
	i := infoOf(h)
	if i == nil {
		return nil, unsupported("hash " + HashName(h))
	}
	var b cryptobyte.Builder
	addIdentifier(&b, i.oid, null, nil)
	return b.Bytes()
}

// ParseHash reads the AlgorithmIdentifier of a hash in DER. Parameters may be absent or NULL
// (RFC 5754, 2).
func ParseHash(der []byte) (crypto.Hash, error) {
	oid, params, err := parseIdentifier(der)
	if err != nil {
		return 0, err
	}
	h, err := hashByOID(oid)
	if err != nil {
		return 0, err
	}
	if !absentOrNull(params) {
		return 0, fmt.Errorf("%w: hash with parameters", ErrMalformed)
	}
	return h, nil
}

func absentOrNull(params []byte) bool {
	return len(params) == 0 || len(params) == 2 && params[0] == 5 && params[1] == 0
}

// addIdentifier writes AlgorithmIdentifier (RFC 5280, 4.1.1.2).
func addIdentifier(b *cryptobyte.Builder, oid asn1.ObjectIdentifier, null bool, params []byte) {
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oid)
		if null {
			b.AddASN1NULL()
		}
		b.AddBytes(params)
	})
}

// parseIdentifier reads AlgorithmIdentifier; params is the whole element, nil when absent.
func parseIdentifier(der []byte) (asn1.ObjectIdentifier, []byte, error) {
	s := cryptobyte.String(der)
	var seq cryptobyte.String
	var oid asn1.ObjectIdentifier
	if !s.ReadASN1(&seq, cbasn1.SEQUENCE) || !s.Empty() || !seq.ReadASN1ObjectIdentifier(&oid) {
		return nil, nil, ErrMalformed
	}
	if seq.Empty() {
		return oid, nil, nil
	}
	var params cryptobyte.String
	var tag cbasn1.Tag
	if !seq.ReadAnyASN1Element(&params, &tag) || !seq.Empty() {
		return nil, nil, ErrMalformed
	}
	return oid, params, nil
}
