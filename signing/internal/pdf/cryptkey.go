package pdf

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5"
	"crypto/rc4"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/binary"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// padding is what passwords are padded with (7.6.4.3.2, algorithm 2, step a).
var padding = []byte("\x28\xBF\x4E\x5E\x4E\x75\x8A\x41\x64\x00\x4E\x56\xFF\xFA\x01\x08" +
	"\x2E\x2E\x00\xB6\xD0\x68\x3E\x80\x2F\x0C\xA9\xFE\x64\x53\x69\x7A")

// open finds the file encryption key with a user's or an owner's password; no password is the
// empty user's password.
func (h *handler) open(password []byte) ([]byte, error) {
	for _, p := range h.spellings(password) {
		if key := h.try(p); key != nil {
			return key, nil
		}
	}
	return nil, &PasswordError{Given: len(password) > 0}
}

func (h *handler) try(password []byte) []byte {
	if h.version == 5 {
		return h.try256(password)
	}
	if key := h.userKey(password); key != nil {
		return key
	}
	return h.userKey(h.userPassword(password))
}

// spellings lists the octets that a password in UTF-8 may stand for: PDFDocEncoding up to AES-128,
// normalised UTF-8 for AES-256. The empty password comes last: it opens many files for anybody.
func (h *handler) spellings(password []byte) [][]byte {
	const longest = 127 // octets of a password for AES-256
	var out [][]byte
	if h.version == 5 {
		out = append(out, norm.NFKC.Bytes(password), password)
		for i := range out {
			out[i] = out[i][:min(len(out[i]), longest)]
		}
		return append(out, nil)
	}
	if latin, ok := latin(password); ok {
		out = append(out, latin)
	}
	return append(out, password, nil)
}

func latin(password []byte) ([]byte, bool) {
	var out []byte
	for len(password) > 0 {
		r, n := utf8.DecodeRune(password)
		if r > 0xff || r == utf8.RuneError {
			return nil, false
		}
		out, password = append(out, byte(r)), password[n:]
	}
	return out, true
}

func padded(password []byte) []byte {
	return append(append([]byte{}, password[:min(len(password), 32)]...), padding...)[:32]
}

// fileKey is algorithm 2.
func (h *handler) fileKey(password []byte) []byte {
	d := md5.New()
	d.Write(padded(password))
	d.Write(h.o[:32])
	_ = binary.Write(d, binary.LittleEndian, h.permissions) // a hash takes everything
	d.Write(h.id)
	if h.revision >= 4 && !h.encryptMetadata {
		d.Write([]byte{0xff, 0xff, 0xff, 0xff})
	}
	key := d.Sum(nil)
	if h.revision >= 3 {
		for range 50 {
			sum := md5.Sum(key[:h.length])
			key = sum[:]
		}
	}
	return key[:h.length]
}

// userKey returns the file key if the user's password is right (algorithms 4, 5 and 6).
func (h *handler) userKey(password []byte) []byte {
	key := h.fileKey(password)
	if h.revision == 2 {
		if subtle.ConstantTimeCompare(rc4Once(key, padding), h.u[:32]) == 1 {
			return key
		}
		return nil
	}
	sum := md5.Sum(append(append([]byte{}, padding...), h.id...))
	value := sum[:]
	for i := range 20 {
		value = rc4Once(xored(key, byte(i)), value)
	}
	if subtle.ConstantTimeCompare(value, h.u[:16]) == 1 {
		return key
	}
	return nil
}

// userPassword recovers the user's password with the owner's (algorithm 7).
func (h *handler) userPassword(owner []byte) []byte {
	sum := md5.Sum(padded(owner))
	key := sum[:]
	if h.revision >= 3 {
		for range 50 {
			again := md5.Sum(key)
			key = again[:]
		}
	}
	key = key[:h.length]
	if h.revision == 2 {
		return rc4Once(key, h.o[:32])
	}
	value := h.o[:32]
	for i := 19; i >= 0; i-- {
		value = rc4Once(xored(key, byte(i)), value)
	}
	return value
}

func rc4Once(key, data []byte) []byte {
	c, err := rc4.NewCipher(key)
	if err != nil {
		return nil // the length of key was checked
	}
	out := make([]byte, len(data))
	c.XORKeyStream(out, data)
	return out
}

func xored(key []byte, with byte) []byte {
	out := make([]byte, len(key))
	for i := range key {
		out[i] = key[i] ^ with
	}
	return out
}

// try256 is algorithm 2.A.
func (h *handler) try256(password []byte) []byte {
	user := h.u[:48]
	if bytes.Equal(h.hash(password, h.o[32:40], user), h.o[:32]) {
		return unwrap(h.hash(password, h.o[40:48], user), h.oe[:32])
	}
	if bytes.Equal(h.hash(password, user[32:40], nil), user[:32]) {
		return unwrap(h.hash(password, user[40:48], nil), h.ue[:32])
	}
	return nil
}

func unwrap(key, wrapped []byte) []byte {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil // key has 32 octets
	}
	out := make([]byte, len(wrapped))
	cipher.NewCBCDecrypter(block, make([]byte, aes.BlockSize)).CryptBlocks(out, wrapped)
	return out
}

// hash is algorithm 2.B; revision 5 stops after its first step.
func (h *handler) hash(password, salt, user []byte) []byte {
	first := sha256.Sum256(bytes.Join([][]byte{password, salt, user}, nil))
	k := first[:]
	if h.revision == 5 {
		return k
	}
	for round := 0; ; round++ {
		data := bytes.Repeat(bytes.Join([][]byte{password, k, user}, nil), 64)
		block, err := aes.NewCipher(k[:16])
		if err != nil {
			return nil // k has at least 32 octets
		}
		cipher.NewCBCEncrypter(block, k[16:32]).CryptBlocks(data, data)
		sum := 0
		for _, c := range data[:16] {
			sum += int(c)
		}
		switch sum % 3 {
		case 0:
			d := sha256.Sum256(data)
			k = d[:]
		case 1:
			d := sha512.Sum384(data)
			k = d[:]
		default:
			d := sha512.Sum512(data)
			k = d[:]
		}
		if last := int(data[len(data)-1]); round >= 63 && last <= round-31 {
			return k[:32]
		}
	}
}
