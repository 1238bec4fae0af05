package cms

import (
	"bytes"
	"crypto/x509"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/rubrica/rubrica/signing/internal/ber"
)

// SignerID is SignerIdentifier (RFC 5652, 5.3): issuer and serial number, or the subject key
// identifier alone.
type SignerID struct {
	Issuer       []byte // Name in DER; nil with a key identifier
	Serial       *big.Int
	SubjectKeyID []byte
}

// Names says whether a certificate is the one that is meant. It proves nothing: names may repeat.
func (id SignerID) Names(c *x509.Certificate) bool {
	if id.SubjectKeyID != nil {
		return bytes.Equal(id.SubjectKeyID, c.SubjectKeyId)
	}
	return id.Serial != nil && c.SerialNumber != nil && id.Serial.Cmp(c.SerialNumber) == 0 &&
		SameName(id.Issuer, c.RawIssuer)
}

func parseSignerID(raw []byte, off int64) (SignerID, error) {
	bad := &ber.Error{Offset: off, What: "malformed signer identifier"}
	der, err := ber.ToDER(raw, off)
	if err != nil {
		return SignerID{}, err
	}
	in := cryptobyte.String(der)
	key := cbasn1.Tag(0).ContextSpecific()
	switch {
	case in.PeekASN1Tag(cbasn1.SEQUENCE):
		var seq, name cryptobyte.String
		serial := new(big.Int)
		if !in.ReadASN1(&seq, cbasn1.SEQUENCE) || !seq.ReadASN1Element(&name, cbasn1.SEQUENCE) ||
			!seq.ReadASN1Integer(serial) || !seq.Empty() || !in.Empty() {
			return SignerID{}, bad
		}
		return SignerID{Issuer: name, Serial: serial}, nil
	case in.PeekASN1Tag(key):
		var id cryptobyte.String
		if !in.ReadASN1(&id, key) || !in.Empty() || len(id) == 0 {
			return SignerID{}, bad
		}
		return SignerID{SubjectKeyID: id}, nil
	}
	return SignerID{}, bad
}

// issuerAndSerial is IssuerAndSerialNumber of a certificate.
func issuerAndSerial(c *x509.Certificate) []byte {
	return ber.Sequence(c.RawIssuer, integer(c.SerialNumber))
}

func integer(n *big.Int) []byte {
	var b cryptobyte.Builder
	b.AddASN1BigInt(n)
	return b.BytesOrPanic() // any number can be written
}

func smallInteger(n int) []byte { return ber.Wrap(ber.Universal, 2, false, []byte{byte(n)}) }
