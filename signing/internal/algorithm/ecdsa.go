package algorithm

import (
	"crypto/ecdsa"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// parseECDSA reads ECDSA-Sig-Value ::= SEQUENCE { r INTEGER, s INTEGER } (RFC 3279, 2.2.3) in
// strict DER, both numbers in [1, n-1] for the key's order n.
func parseECDSA(pub *ecdsa.PublicKey, der []byte) (r, s *big.Int, ok bool) {
	in := cryptobyte.String(der)
	var seq cryptobyte.String
	r, s = new(big.Int), new(big.Int)
	if !in.ReadASN1(&seq, cbasn1.SEQUENCE) || !in.Empty() || !seq.ReadASN1Integer(r) ||
		!seq.ReadASN1Integer(s) || !seq.Empty() {
		return nil, nil, false
	}
	return r, s, inRange(pub, r) && inRange(pub, s)
}

func inRange(pub *ecdsa.PublicKey, v *big.Int) bool {
	return v.Sign() > 0 && v.Cmp(pub.Curve.Params().N) < 0
}

// ECDSAToRaw turns an ECDSA value in DER into r‖s, each as long as the order of the curve
// (RFC 4050, 3.3; IEEE P1363), as XML signatures carry it. It refuses what is not strict DER
// or out of range with [ErrBroken].
func ECDSAToRaw(pub *ecdsa.PublicKey, der []byte) ([]byte, error) {
	r, s, ok := parseECDSA(pub, der)
	if !ok {
		return nil, ErrBroken
	}
	n := orderSize(pub)
	out := make([]byte, 2*n)
	r.FillBytes(out[:n])
	s.FillBytes(out[n:])
	return out, nil
}

// ECDSAFromRaw turns r‖s into DER. The value must be exactly twice the order's length and in
// range; otherwise the error is [ErrBroken].
func ECDSAFromRaw(pub *ecdsa.PublicKey, raw []byte) ([]byte, error) {
	n := orderSize(pub)
	if len(raw) != 2*n {
		return nil, ErrBroken
	}
	r, s := new(big.Int).SetBytes(raw[:n]), new(big.Int).SetBytes(raw[n:])
	if !inRange(pub, r) || !inRange(pub, s) {
		return nil, ErrBroken
	}
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1BigInt(r)
		b.AddASN1BigInt(s)
	})
	return b.Bytes()
}

func orderSize(pub *ecdsa.PublicKey) int {
	return (pub.Curve.Params().N.BitLen() + 7) / 8
}
