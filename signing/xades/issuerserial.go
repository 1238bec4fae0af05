package xades

import (
	"crypto/x509"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// issuerSerial is the DER of IssuerSerial (RFC 5035, 5), the content of IssuerSerialV2 (EN 319
// 132-1, 5.2.2.3): the issuer as one directoryName, and the serial number.
func issuerSerial(c *x509.Certificate) ([]byte, error) {
	b := cryptobyte.NewBuilder(make([]byte, 0, len(c.RawIssuer)+48))
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.Tag(4).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) {
				b.AddBytes(c.RawIssuer)
			})
		})
		b.AddASN1BigInt(c.SerialNumber)
	})
	return b.Bytes()
}

// readIssuerSerial returns the DER of the issuer's Name and the serial number.
func readIssuerSerial(der []byte) (issuer []byte, serial *big.Int, ok bool) {
	var seq, names, explicit cryptobyte.String
	in := cryptobyte.String(der)
	serial = new(big.Int)
	if !in.ReadASN1(&seq, cbasn1.SEQUENCE) || !in.Empty() ||
		!seq.ReadASN1(&names, cbasn1.SEQUENCE) || !seq.ReadASN1Integer(serial) {
		return nil, nil, false
	}
	if !names.ReadASN1(&explicit, cbasn1.Tag(4).ContextSpecific().Constructed()) || !names.Empty() {
		return nil, nil, false
	}
	return explicit, serial, true
}
