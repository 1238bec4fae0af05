package pkcs12

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"encoding/asn1"
	"errors"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Object identifiers of RFC 7292, RFC 8018 and NIST.
var (
	oidPBEWithSHA3DES3Key = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12, 1, 3}
	oidPBEWithSHA3DES2Key = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12, 1, 4}
	oidPBEWithSHARC2128   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12, 1, 5}
	oidPBEWithSHARC240    = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12, 1, 6}
	oidPBKDF2             = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 12}
	oidPBES2              = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 13}
	oidPBMAC1             = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 14}
	oidDESEDE3CBC         = asn1.ObjectIdentifier{1, 2, 840, 113549, 3, 7}
	oidAES128CBC          = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 2}
	oidAES192CBC          = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 22}
	oidAES256CBC          = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 42}
	oidSHA256             = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}
	oidHMACWithSHA256     = asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 9}
)

// prfs are the HMACs of PBKDF2 and PBMAC1 (RFC 8018, B.1.2).
var prfs = map[string]crypto.Hash{
	"1.2.840.113549.2.7":  crypto.SHA1,
	"1.2.840.113549.2.8":  crypto.SHA224,
	"1.2.840.113549.2.9":  crypto.SHA256,
	"1.2.840.113549.2.10": crypto.SHA384,
	"1.2.840.113549.2.11": crypto.SHA512,
	"1.2.840.113549.2.12": crypto.SHA512_224,
	"1.2.840.113549.2.13": crypto.SHA512_256,
}

// decryption is a parsed encryption algorithm: everything but the password.
type decryption struct {
	rounds int // of hashing, for the budget
	run    func(p spelling, ciphertext []byte) ([]byte, error)
}

const maxSalt = 1024 // octets; files have 8 to 64

// readAlgorithm reads an AlgorithmIdentifier: its OID, and its parameters, which may be absent.
func readAlgorithm(
	s *cryptobyte.String,
) (oid asn1.ObjectIdentifier, params cryptobyte.String, ok bool) {
	var body cryptobyte.String
	if !s.ReadASN1(&body, cbasn1.SEQUENCE) || !body.ReadASN1ObjectIdentifier(&oid) {
		return nil, nil, false
	}
	return oid, body, true
}

// readEncryption reads the algorithm of an EncryptedContentInfo or EncryptedPrivateKeyInfo.
func (r *reader) readEncryption(s *cryptobyte.String) (decryption, error) {
	oid, params, ok := readAlgorithm(s)
	if !ok {
		return decryption{}, malformed("encryption algorithm", "not an AlgorithmIdentifier")
	}
	var d decryption
	var err error
	if oid.Equal(oidPBES2) {
		d, err = readPBES2(params)
	} else {
		d, err = readPBES1(oid, params)
	}
	if err != nil {
		return d, err
	}
	return d, r.charge(d.rounds)
}

// readPBES1 reads the algorithms of RFC 7292, appendix C.
func readPBES1(oid asn1.ObjectIdentifier, params cryptobyte.String) (decryption, error) {
	var size int
	var newCipher func(key []byte) (cipher.Block, error)
	switch {
	case oid.Equal(oidPBEWithSHA3DES3Key):
		size, newCipher = 24, des.NewTripleDESCipher
	case oid.Equal(oidPBEWithSHA3DES2Key):
		size, newCipher = 16, twoKeyTripleDES
	case oid.Equal(oidPBEWithSHARC2128):
		size, newCipher = 16, newRC2
	case oid.Equal(oidPBEWithSHARC240):
		size, newCipher = 5, newRC2
	default:
		return decryption{}, &UnsupportedError{Feature: "encryption " + oid.String()}
	}
	var body cryptobyte.String
	var salt []byte
	var iterations int
	if !params.ReadASN1(&body, cbasn1.SEQUENCE) || !params.Empty() || !readSalt(&body, &salt) ||
		!readCount(&body, &iterations) || !body.Empty() {
		return decryption{}, malformed("encryption algorithm", "not pkcs-12PbeParams")
	}
	const ivSize = 8
	run := func(p spelling, ciphertext []byte) ([]byte, error) {
		key := derive(crypto.SHA1, p.bmp, salt, iterations, forKey, size)
		defer clear(key)
		iv := derive(crypto.SHA1, p.bmp, salt, iterations, forIV, ivSize)
		return decryptCBC(newCipher, key, iv, ciphertext)
	}
	blocks := (size+19)/20 + 1 // of SHA-1, for the key and for the IV
	return decryption{product(iterations, blocks), run}, nil
}

// twoKeyTripleDES takes 16 octets for K1, K2, K1.
func twoKeyTripleDES(key []byte) (cipher.Block, error) {
	return des.NewTripleDESCipher(append(key[:16:16], key[:8]...))
}

// readPBES2 reads PBES2-params of RFC 8018, A.4.
func readPBES2(params cryptobyte.String) (decryption, error) {
	var body cryptobyte.String
	if !params.ReadASN1(&body, cbasn1.SEQUENCE) || !params.Empty() {
		return decryption{}, malformed("encryption algorithm", "not PBES2-params")
	}
	kdf, err := readPBKDF2(&body)
	if err != nil {
		return decryption{}, err
	}
	oid, cipherParams, ok := readAlgorithm(&body)
	if !ok || !body.Empty() {
		return decryption{}, malformed("encryption algorithm", "not PBES2-params")
	}
	size, newCipher := 0, aes.NewCipher
	switch {
	case oid.Equal(oidAES128CBC):
		size = 16
	case oid.Equal(oidAES192CBC):
		size = 24
	case oid.Equal(oidAES256CBC):
		size = 32
	case oid.Equal(oidDESEDE3CBC):
		size, newCipher = 24, des.NewTripleDESCipher
	default:
		return decryption{}, &UnsupportedError{Feature: "encryption " + oid.String()}
	}
	var iv []byte
	if !cipherParams.ReadASN1Bytes(&iv, cbasn1.OCTET_STRING) || !cipherParams.Empty() {
		return decryption{}, malformed("encryption algorithm", "no initialisation vector")
	}
	if kdf.size != 0 && kdf.size != size {
		return decryption{}, malformed("encryption algorithm", "keyLength is not that of the cipher")
	}
	kdf.size = size
	run := func(p spelling, ciphertext []byte) ([]byte, error) {
		key, err := pbkdf2Key(kdf.prf, p.raw, kdf.salt, kdf.iterations, kdf.size)
		if err != nil {
			return nil, err
		}
		defer clear(key)
		return decryptCBC(newCipher, key, iv, ciphertext)
	}
	return decryption{kdf.rounds(), run}, nil
}

// pbkdf2Params are PBKDF2-params of RFC 8018, A.2.
type pbkdf2Params struct {
	salt       []byte
	iterations int
	size       int // keyLength, 0 when absent
	prf        crypto.Hash
}

func (k pbkdf2Params) rounds() int {
	return product(k.iterations, (k.size+k.prf.Size()-1)/k.prf.Size())
}

func readPBKDF2(s *cryptobyte.String) (pbkdf2Params, error) {
	oid, params, ok := readAlgorithm(s)
	if !ok {
		return pbkdf2Params{}, malformed("key derivation", "not an AlgorithmIdentifier")
	}
	if !oid.Equal(oidPBKDF2) {
		return pbkdf2Params{}, &UnsupportedError{Feature: "key derivation " + oid.String()}
	}
	k := pbkdf2Params{prf: crypto.SHA1} // the default of RFC 8018
	var body cryptobyte.String
	if !params.ReadASN1(&body, cbasn1.SEQUENCE) || !params.Empty() {
		return k, malformed("key derivation", "not PBKDF2-params")
	}
	if body.PeekASN1Tag(cbasn1.SEQUENCE) {
		return k, &UnsupportedError{Feature: "salt from another source"}
	}
	if !readSalt(&body, &k.salt) || !readCount(&body, &k.iterations) {
		return k, malformed("key derivation", "salt or iterationCount")
	}
	if body.PeekASN1Tag(cbasn1.INTEGER) && !readCount(&body, &k.size) {
		return k, malformed("key derivation", "keyLength")
	}
	if !body.Empty() {
		prf, prfParams, ok := readAlgorithm(&body)
		if !ok || !body.Empty() || !nullOrAbsent(prfParams) {
			return k, malformed("key derivation", "prf")
		}
		if k.prf = prfs[prf.String()]; k.prf == 0 {
			return k, &UnsupportedError{Feature: "key derivation with " + prf.String()}
		}
	}
	const maxKey = 64 // octets; more than any cipher or MAC here takes
	if k.size > maxKey {
		return k, &LimitError{"key length", int64(k.size), maxKey}
	}
	return k, nil
}

func nullOrAbsent(params cryptobyte.String) bool {
	var null cryptobyte.String
	return params.Empty() || params.ReadASN1(&null, cbasn1.NULL) && null.Empty() && params.Empty()
}

func readSalt(s *cryptobyte.String, salt *[]byte) bool {
	return s.ReadASN1Bytes(salt, cbasn1.OCTET_STRING) && len(*salt) <= maxSalt
}

// readCount reads a positive INTEGER. One beyond int32 is read as the greatest int32, which every
// limit refuses.
func readCount(s *cryptobyte.String, count *int) bool {
	var value cryptobyte.String
	if !s.ReadASN1(&value, cbasn1.INTEGER) || len(value) == 0 || value[0]&0x80 != 0 {
		return false
	}
	const huge = 1<<31 - 1
	*count = 0
	for _, b := range value {
		if *count > huge>>8 {
			*count = huge
			return true
		}
		*count = *count<<8 | int(b)
	}
	return *count > 0
}

// product multiplies without overflow on 32 bits; both are positive.
func product(a, b int) int {
	if p := int64(a) * int64(b); p < 1<<31 {
		return int(p)
	}
	return 1<<31 - 1
}

// errUndecipherable says that the ciphertext is not one of this key.
var errUndecipherable = errors.New("undecipherable")

// decryptCBC decrypts and takes the padding off (RFC 8018, 6.1.1). The MAC was checked before, so
// that what a bad padding tells is no oracle.
func decryptCBC(
	newCipher func(key []byte) (cipher.Block, error), key, iv, ciphertext []byte,
) ([]byte, error) {
	block, err := newCipher(key)
	if err != nil { // the sizes of keys are right
		return nil, &UnsupportedError{Feature: "this cipher in this FIPS 140 mode"}
	}
	size := block.BlockSize()
	if len(iv) != size || len(ciphertext) == 0 || len(ciphertext)%size != 0 {
		return nil, errUndecipherable
	}
	plain := make([]byte, len(ciphertext))
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(plain, ciphertext)
	padding := int(plain[len(plain)-1])
	if padding == 0 || padding > size {
		return nil, errUndecipherable
	}
	for _, b := range plain[len(plain)-padding:] {
		if int(b) != padding {
			return nil, errUndecipherable
		}
	}
	return plain[:len(plain)-padding], nil
}
