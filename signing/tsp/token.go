package tsp

import (
	"crypto/x509"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/ber"
	"github.com/rubrica/rubrica/signing/internal/cms"
)

// maxToken bounds a token: one with a long chain and lists inside has about 100 KiB.
const maxToken = 4 << 20

// Token is a TimeStampToken that was read. Reading proves nothing; see [Verify].
type Token struct {
	Info

	data *cms.SignedData
	raw  []byte
}

// ParseToken reads a TimeStampToken: a ContentInfo with SignedData over TSTInfo, signed by one
// authority (RFC 3161, 2.4.2).
func ParseToken(der []byte) (*Token, error) {
	if len(der) > maxToken {
		return nil, &MalformedError{What: "time stamp",
			Err: &ber.Error{What: "too long", Limit: true}}
	}
	d, err := cms.Parse(der)
	if err != nil {
		return nil, &MalformedError{What: "malformed time stamp", Err: err}
	}
	if !d.ContentType.Equal(cms.OIDTSTInfo) {
		return nil, malformed(0, "not a time stamp: content of type "+d.ContentType.String())
	}
	whole, ok := d.Whole()
	if !ok {
		return nil, malformed(0, "time stamp without its TSTInfo")
	}
	if len(d.Signers) != 1 {
		return nil, malformed(0, "time stamp not signed by exactly one authority")
	}
	info, err := parseInfo(whole, d.ContentStart)
	if err != nil {
		return nil, &MalformedError{Offset: d.ContentStart, What: "malformed time stamp", Err: err}
	}
	return &Token{Info: *info, data: d, raw: der}, nil
}

// Bytes are the octets that the token was read from.
func (t *Token) Bytes() []byte { return t.raw }

// Certificates are those inside that can be read, in no certain order.
func (t *Token) Certificates() []*x509.Certificate { return cms.ParseCertificates(t.data.X509()) }

// Revocation are the lists and OCSP responses inside, in DER.
func (t *Token) Revocation() (crls, ocsps [][]byte) { return t.data.Revocation() }

// SignedData is the CMS structure of the token, for archive formats that look inside.
func (t *Token) SignedData() *cms.SignedData { return t.data }

// Open takes a file for a time stamp: a TimeStampResp that grants one, or a bare token. It
// returns the token's octets. Errors: [*RefusedError], [*MalformedError].
func Open(file []byte) ([]byte, error) {
	in := cryptobyte.String(file)
	var seq cryptobyte.String
	if in.ReadASN1(&seq, cbasn1.SEQUENCE) && seq.PeekASN1Tag(cbasn1.SEQUENCE) {
		return parseResponse(file)
	}
	return file, nil
}

// Signer is the certificate among candidates that the token names as its signer's; nil when none.
func (t *Token) Signer(candidates []*x509.Certificate) *x509.Certificate {
	return t.data.Signers[0].Signer(candidates, t.data)
}

// Binding says whether the token names c, under its own protection, as its signer's certificate.
func (t *Token) Binding(c *x509.Certificate) signing.Binding {
	return t.data.Signers[0].Binding(c)
}
