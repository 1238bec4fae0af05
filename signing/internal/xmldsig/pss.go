package xmldsig

import (
	"crypto"
	"strconv"

	"github.com/rubrica/rubrica/signing/internal/algorithm"
	"github.com/rubrica/rubrica/signing/internal/xmltree"
)

// mgf1 identifies MGF1 with a DigestMethod below it (RFC 9231, 2.3.9).
const mgf1 = more07 + "MGF1"

// mgf1Of maps the mask generation functions that name their hash (RFC 9231, 2.3.9).
func mgf1Of(uri string) (crypto.Hash, error) {
	for _, d := range []struct {
		name string
		hash crypto.Hash
	}{
		{"mgf1-sha1", crypto.SHA1}, {"mgf1-sha224", crypto.SHA224},
		{"mgf1-sha256", crypto.SHA256}, {"mgf1-sha384", crypto.SHA384},
		{"mgf1-sha512", crypto.SHA512},
	} {
		if uri == "http://www.w3.org/2009/xmlenc11#"+d.name {
			return d.hash, nil
		}
	}
	return 0, &Unsupported{Kind: "mask-generation", Feature: uri}
}

// maxSalt is what the longest key that is judged has room for, in octets.
const maxSalt = 2048

// readPSS reads RSAPSSParams (RFC 9231, 2.3.9): every part optional, SHA-256 throughout, a salt as
// long as the hash, trailer 1.
func readPSS(method xmltree.Node) (algorithm.Scheme, error) {
	scheme := algorithm.PSS(crypto.SHA256)
	params := method.FirstElement()
	if params.IsZero() {
		return scheme, nil
	}
	if !params.Is(namespaceRFC6931, "RSAPSSParams") || !params.NextElement().IsZero() {
		return scheme, malformed("SignatureMethod", "has something other than RSAPSSParams")
	}
	salt := -1
	masked := false
	for n := params.FirstElement(); !n.IsZero(); n = n.NextElement() {
		var err error
		switch {
		case n.Is(Namespace, "DigestMethod"):
			scheme.Hash, err = readDigestMethod(n)
		case n.Is(namespaceRFC6931, "MaskGenerationFunction"):
			scheme.MGFHash, err = readMGF(n)
			masked = true
		case n.Is(namespaceRFC6931, "SaltLength"):
			if salt, err = strconv.Atoi(trimSpace(n.Text())); err != nil || salt < 0 {
				err = malformed("SaltLength", "is not a length")
			}
		case n.Is(namespaceRFC6931, "TrailerField"):
			if trimSpace(n.Text()) != "1" {
				err = &Unsupported{"signature-algorithm", "RSA-PSS with another trailer"}
			}
		default:
			err = malformed("RSAPSSParams", "has an unexpected child "+shorten(n.Local()))
		}
		if err != nil {
			return scheme, err
		}
	}
	if !masked {
		scheme.MGFHash = scheme.Hash
	}
	if salt > maxSalt {
		return scheme, malformed("SaltLength", "is longer than a value of the longest key")
	}
	if scheme.SaltLength = scheme.Hash.Size(); salt >= 0 {
		scheme.SaltLength = salt
	}
	return scheme, nil
}

func readMGF(n xmltree.Node) (crypto.Hash, error) {
	uri, _ := n.Attr("Algorithm")
	if uri != mgf1 {
		return mgf1Of(uri)
	}
	if child := n.FirstElement(); !child.IsZero() {
		return readDigestMethod(child)
	}
	return crypto.SHA1, nil // RFC 9231, 2.3.9: the default of MGF1's digest
}

func readDigestMethod(n xmltree.Node) (crypto.Hash, error) {
	if !n.Is(Namespace, "DigestMethod") {
		return 0, malformed(n.Local(), "stands where DigestMethod belongs")
	}
	uri, _ := n.Attr("Algorithm")
	return DigestOf(uri)
}

func trimSpace(s string) string {
	for len(s) > 0 && isSpace(s[0]) {
		s = s[1:]
	}
	for len(s) > 0 && isSpace(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}
