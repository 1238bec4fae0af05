package xmldsig

import (
	"crypto"
	"crypto/ecdsa"
	"errors"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/rubrica/rubrica/signing/internal/algorithm"
)

// VerifyValue judges the signature value over SignedInfo with one key. The error is nil,
// [*Broken] or [*Unsupported]; it does not look at the references.
func (s *Signature) VerifyValue(ctx *Context, pub crypto.PublicKey) error {
	value := s.Value
	if s.Scheme.Key == algorithm.ECDSA {
		var err error
		if value, err = s.ecdsaValue(pub); err != nil {
			return err
		}
	}
	var err error
	if s.Scheme.Key == algorithm.Ed25519 {
		var message []byte
		if message, err = s.SignedInfoOctets(ctx); err != nil {
			return err
		}
		err = s.Scheme.Verify(pub, message, value)
	} else {
		h := s.Scheme.Hash.New()
		if err = s.canonicalizeSignedInfo(ctx, h); err != nil {
			return err
		}
		err = s.Scheme.VerifyDigest(pub, h.Sum(nil), value)
	}
	return valueError(err)
}

func valueError(err error) error {
	if err == nil {
		return nil
	}
	if u, ok := errors.AsType[*algorithm.Unsupported](err); ok {
		return &Unsupported{Kind: "key", Feature: u.Feature}
	}
	return &Broken{What: "the signature value does not verify"}
}

// ecdsaValue turns r‖s (XMLDSig 1.1, 6.4.3) into DER for the verifier.
func (s *Signature) ecdsaValue(pub crypto.PublicKey) ([]byte, error) {
	key, ok := pub.(*ecdsa.PublicKey)
	if !ok {
		return nil, &Broken{What: fmt.Sprintf("the key is no ECDSA key for %s", s.Scheme)}
	}
	if der, err := algorithm.ECDSAFromRaw(key, fullLength(s.Value, key)); err == nil {
		return der, nil
	}
	if looksLikeDER(s.Value) {
		return nil, &Unsupported{Kind: "signature-encoding", Feature: "ECDSA value in ASN.1 DER"}
	}
	return nil, &Broken{What: "the signature value is not r and s"}
}

// fullLength lengthens the halves of r‖s where a tool rounded the length of the order down, as Java
// does for P-521: 65 octets each instead of 66, whenever both numbers fit.
func fullLength(value []byte, key *ecdsa.PublicKey) []byte {
	bits := key.Curve.Params().N.BitLen()
	short, full := bits/8, (bits+7)/8
	if short == full || len(value) != 2*short {
		return value
	}
	out := make([]byte, 2*full)
	copy(out[full-short:], value[:short])
	copy(out[2*full-short:], value[short:])
	return out
}

// looksLikeDER recognises the encoding that some tools write against XMLDSig 1.1, 6.4.3. It is
// named in the report, not accepted: one value must have one encoding.
func looksLikeDER(value []byte) bool {
	in := cryptobyte.String(value)
	var seq, r, s cryptobyte.String
	return in.ReadASN1(&seq, cbasn1.SEQUENCE) && in.Empty() &&
		seq.ReadASN1(&r, cbasn1.INTEGER) && seq.ReadASN1(&s, cbasn1.INTEGER) && seq.Empty()
}
