package xmldsig

import (
	"crypto"
	_ "crypto/sha1"   // SHA-1 is judged; policy decides
	_ "crypto/sha256" // registered for crypto.Hash
	_ "crypto/sha3"
	_ "crypto/sha512"
	"strings"
)

// Namespaces of XML signatures.
const (
	// Namespace is the one of XMLDSig, every version.
	Namespace = "http://www.w3.org/2000/09/xmldsig#"
	// Namespace11 holds what XMLDSig 1.1 added.
	Namespace11 = "http://www.w3.org/2009/xmldsig11#"
	// namespaceFilter2 is the one of XPath Filter 2.
	namespaceFilter2 = "http://www.w3.org/2002/06/xmldsig-filter2"
	// namespaceExclusive holds InclusiveNamespaces.
	namespaceExclusive = "http://www.w3.org/2001/10/xml-exc-c14n#"
	// namespaceRFC6931 holds RSAPSSParams (RFC 6931 and RFC 9231, 2.3.9).
	namespaceRFC6931 = "http://www.w3.org/2007/05/xmldsig-more#"
)

// Prefixes of algorithm identifiers (RFC 9231).
const (
	dsig   = Namespace
	dsig11 = Namespace11
	xmlenc = "http://www.w3.org/2001/04/xmlenc#"
	more01 = "http://www.w3.org/2001/04/xmldsig-more#"
	more07 = "http://www.w3.org/2007/05/xmldsig-more#"
	more21 = "http://www.w3.org/2021/04/xmldsig-more#"
)

// Transforms.
const (
	transformEnveloped = dsig + "enveloped-signature"
	transformBase64    = dsig + "base64"
	transformXPath     = "http://www.w3.org/TR/1999/REC-xpath-19991116"
	transformFilter2   = namespaceFilter2
	transformXSLT      = "http://www.w3.org/TR/1999/REC-xslt-19991116"
)

// TypeObject is the type of a reference to a ds:Object (XMLDSig 1.1, 4.5).
const TypeObject = dsig + "Object"

// digestURIs lists the digest algorithms (RFC 9231, 2.1 and XMLDSig 1.1, 6.2).
var digestURIs = []struct {
	uri  string
	hash crypto.Hash
}{
	{xmlenc + "sha256", crypto.SHA256},
	{dsig + "sha1", crypto.SHA1},
	{more01 + "sha384", crypto.SHA384},
	{xmlenc + "sha512", crypto.SHA512},
	{more01 + "sha224", crypto.SHA224},
	{more07 + "sha3-256", crypto.SHA3_256},
	{more07 + "sha3-384", crypto.SHA3_384},
	{more07 + "sha3-512", crypto.SHA3_512},
	{more07 + "sha3-224", crypto.SHA3_224},
}

// DigestURI returns the identifier of a digest algorithm, "" when it has none.
func DigestURI(h crypto.Hash) string {
	for _, d := range digestURIs {
		if d.hash == h {
			return d.uri
		}
	}
	return ""
}

// DigestOf returns the digest algorithm that an identifier names. Error: [*Unsupported].
func DigestOf(uri string) (crypto.Hash, error) {
	for _, d := range digestURIs {
		if d.uri == uri {
			return d.hash, nil
		}
	}
	return 0, &Unsupported{Kind: "digest-algorithm", Feature: uri}
}

// Refused reports an algorithm that is known and refused for its weakness or its kind, as opposed
// to one that is merely not built.
func Refused(uri string) bool {
	_, name, _ := strings.Cut(strings.ToLower(uri), "#")
	for _, weak := range [...]string{"md2", "md4", "md5", "ripemd", "gost"} {
		if strings.Contains(name, weak) {
			return true
		}
	}
	return strings.HasPrefix(name, "hmac") || strings.HasPrefix(name, "dsa-sha")
}
