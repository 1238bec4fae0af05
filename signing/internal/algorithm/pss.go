package algorithm

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"encoding/binary"
	"math/big"
)

// verifyPSS is RSASSA-PSS-VERIFY (RFC 8017, 8.1.2). crypto/rsa does it when MGF1 uses the hash
// of the message and there is a salt, which it cannot state as zero; the rest is done here.
func (s Scheme) verifyPSS(pub *rsa.PublicKey, digest, signature []byte) error {
	if len(signature) != pub.Size() {
		return ErrBroken
	}
	if s.MGFHash == s.Hash && s.SaltLength > 0 {
		opts := &rsa.PSSOptions{SaltLength: s.SaltLength, Hash: s.Hash}
		if rsa.VerifyPSS(pub, s.Hash, digest, signature, opts) != nil {
			return ErrBroken
		}
		return nil
	}
	m := new(big.Int).SetBytes(signature)
	if m.Cmp(pub.N) >= 0 {
		return ErrBroken
	}
	m.Exp(m, big.NewInt(int64(pub.E)), pub.N)
	emBits := pub.N.BitLen() - 1
	emLen := (emBits + 7) / 8
	if (m.BitLen()+7)/8 > emLen {
		return ErrBroken
	}
	if !s.emsaPSS(digest, m.FillBytes(make([]byte, emLen)), emBits) {
		return ErrBroken
	}
	return nil
}

// emsaPSS is EMSA-PSS-VERIFY (RFC 8017, 9.1.2); its steps are numbered as there. em is spent.
func (s Scheme) emsaPSS(mHash, em []byte, emBits int) bool {
	hLen := s.Hash.Size()
	if len(mHash) != hLen || len(em) < hLen+s.SaltLength+2 { // 3
		return false
	}
	if em[len(em)-1] != 0xbc { // 4
		return false
	}
	db, h := em[:len(em)-hLen-1], em[len(em)-hLen-1:len(em)-1] // 5
	top := byte(0xff) >> (8*len(em) - emBits)
	if db[0]&^top != 0 { // 6
		return false
	}
	mgf1XOR(db, s.MGFHash, h) // 7, 8
	db[0] &= top              // 9
	ps := len(em) - hLen - s.SaltLength - 2
	for _, b := range db[:ps] { // 10
		if b != 0 {
			return false
		}
	}
	if db[ps] != 1 {
		return false
	}
	f := s.Hash.New() // 12, 13
	f.Write(make([]byte, 8))
	f.Write(mHash)
	f.Write(db[ps+1:])
	return bytes.Equal(f.Sum(nil), h) // 14; nothing here is secret
}

// mgf1XOR masks out with MGF1 (RFC 8017, B.2.1).
func mgf1XOR(out []byte, hash crypto.Hash, seed []byte) {
	f := hash.New()
	var counter [4]byte
	var block []byte
	for i := uint32(0); len(out) > 0; i++ {
		binary.BigEndian.PutUint32(counter[:], i)
		f.Reset()
		f.Write(seed)
		f.Write(counter[:])
		block = f.Sum(block[:0])
		n := min(len(block), len(out))
		for j, b := range block[:n] {
			out[j] ^= b
		}
		out = out[n:]
	}
}
