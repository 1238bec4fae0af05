package signature

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/subtle"
	"encoding/binary"
	"math/big"

	"github.com/rubrica/rubrica/certificate/internal/der"
	"github.com/rubrica/rubrica/certificate/internal/syntax"
)

// pssParameters is RSASSA-PSS-params, RFC 4055, 3.1.
type pssParameters struct {
	hash, mgf crypto.Hash
	salt      int
}

// pssLimit is what the parameters of a key for RSASSA-PSS demand of its signatures (RFC 4055,
// 3.3): the same hash functions, and a salt at least as long.
type pssLimit struct {
	fixed bool
	pssParameters
}

func (l *pssLimit) allows(a Algorithm) bool {
	return !l.fixed || a.Hash == l.hash && a.MGFHash == l.mgf && a.SaltLength >= l.salt
}

func readPSS(id syntax.AlgorithmIdentifier) (Algorithm, error) {
	if id.Parameters == nil { // RFC 4055, 3.1: MUST be present in a signature
		return Algorithm{}, malformed("RSASSA-PSS without parameters")
	}
	p, err := readPSSParameters(id.Parameters)
	if err != nil {
		return Algorithm{}, err
	}
	name := "RSAPSS"
	if p.hash == crypto.SHA1 {
		name = "SHA1-RSAPSS"
	}
	return Algorithm{Scheme: PSS, Hash: p.hash, Name: name, MGFHash: p.mgf, SaltLength: p.salt}, nil
}

// maxSalt bounds the salt: no hash function has as many octets.
const maxSalt = 1024

func readPSSParameters(element []byte) (pssParameters, error) {
	const field = "RSASSA-PSS-params"
	p := pssParameters{hash: crypto.SHA1, mgf: crypto.SHA1, salt: 20}
	r := der.NewReader(element)
	seq := r.Read(field, der.Sequence)
	if explicit, ok := seq.Optional(field, der.Constructed(0)); ok {
		p.hash = readHash(&explicit, field)
		explicit.End(field)
	}
	if explicit, ok := seq.Optional(field, der.Constructed(1)); ok {
		generator := explicit.Read(field, der.Sequence)
		if string(generator.OID(field)) != oidMGF1 && !r.Failed() {
			return p, &UnsupportedError{Feature: "mask generation function"}
		}
		p.mgf = readHash(&generator, field)
		generator.End(field)
		explicit.End(field)
	}
	if explicit, ok := seq.Optional(field, der.Constructed(2)); ok {
		p.salt = explicit.Small(field, maxSalt)
		explicit.End(field)
	}
	if explicit, ok := seq.Optional(field, der.Constructed(3)); ok {
		if explicit.Small(field, 2) != 1 && !r.Failed() {
			explicit.Fail(field, "trailer field that is not 1")
		}
		explicit.End(field)
	}
	seq.End(field)
	r.End(field)
	if err := r.Err(); err != nil {
		return p, err
	}
	if p.hash == 0 || p.mgf == 0 {
		return p, &UnsupportedError{Feature: "hash function of RSASSA-PSS"}
	}
	if p.salt > maxSalt {
		return p, &UnsupportedError{Feature: "salt length of RSASSA-PSS"}
	}
	return p, nil
}

func readHash(r *der.Reader, field string) crypto.Hash {
	id := syntax.ReadAlgorithm(r, field)
	if id.Parameters != nil && !id.ParametersNull() {
		r.Fail(field, "hash function with parameters")
	}
	return HashByOID(id.OID)
}

// verifyPSS is RSASSA-PSS-VERIFY (RFC 8017, 8.1.2 and 9.1.2) for what crypto/rsa cannot be asked:
// a mask generated with another hash function, and an empty salt.
func verifyPSS(public *rsa.PublicKey, a Algorithm, sum, value []byte) bool {
	s := new(big.Int).SetBytes(value)
	if s.Cmp(public.N) >= 0 {
		return false
	}
	emBits := public.N.BitLen() - 1
	emLen := (emBits + 7) / 8
	m := new(big.Int).Exp(s, big.NewInt(int64(public.E)), public.N)
	if m.BitLen() > 8*emLen {
		return false
	}
	em := m.FillBytes(make([]byte, emLen))
	hLen := a.Hash.Size()
	if emLen < hLen+a.SaltLength+2 || em[emLen-1] != 0xbc {
		return false
	}
	db, h := em[:emLen-hLen-1], em[emLen-hLen-1:emLen-1]
	spare := 8*emLen - emBits
	if db[0]>>(8-spare) != 0 {
		return false
	}
	mask(db, h, a.MGFHash)
	db[0] &= 0xff >> spare
	zeros := len(db) - a.SaltLength - 1
	for _, o := range db[:zeros] {
		if o != 0 {
			return false
		}
	}
	if db[zeros] != 1 {
		return false
	}
	again := a.Hash.New()
	again.Write(make([]byte, 8))
	again.Write(sum)
	again.Write(db[zeros+1:])
	return bytes.Equal(again.Sum(nil), h)
}

// mask is MGF1 (RFC 8017, B.2.1), exclusive-or'd into data.
func mask(data, seed []byte, hash crypto.Hash) {
	var counter [4]byte
	for i := uint32(0); len(data) > 0; i++ {
		binary.BigEndian.PutUint32(counter[:], i)
		h := hash.New()
		h.Write(seed)
		h.Write(counter[:])
		data = data[subtle.XORBytes(data, data, h.Sum(nil)):]
	}
}
