package pdf

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5"
	"crypto/rand"
	"crypto/rc4"
	"errors"
	"io"
)

var errCipher = errors.New("pdf: data that cannot be decrypted")

// objectKey is the key for the strings and streams of one object (algorithm 1; 1.A uses the file's
// key itself).
func (c *encryption) objectKey(m method, ref Ref) []byte {
	if m == methodAES256 {
		return c.key
	}
	d := md5.New()
	d.Write(c.key)
	d.Write([]byte{byte(ref.Num), byte(ref.Num >> 8), byte(ref.Num >> 16),
		byte(ref.Gen), byte(ref.Gen >> 8)})
	if m == methodAES128 {
		d.Write([]byte("sAlT"))
	}
	return d.Sum(nil)[:min(len(c.key)+5, 16)]
}

// open decrypts a string.
func (c *encryption) open(m method, ref Ref, data []byte) ([]byte, error) {
	r, err := c.decrypter(m, ref, bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// seal encrypts a string or the data of a stream.
func (c *encryption) seal(m method, ref Ref, plain []byte) ([]byte, error) {
	key := c.objectKey(m, ref)
	if m == methodRC4 {
		return rc4Once(key, plain), nil
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	pad := aes.BlockSize - len(plain)%aes.BlockSize
	out := make([]byte, aes.BlockSize, aes.BlockSize+len(plain)+pad)
	if _, err := rand.Read(out); err != nil {
		return nil, err
	}
	out = append(append(out, plain...), bytes.Repeat([]byte{byte(pad)}, pad)...)
	iv, blocks := out[:aes.BlockSize], out[aes.BlockSize:]
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(blocks, blocks)
	return out, nil
}

// decrypter decrypts n octets of r.
func (c *encryption) decrypter(m method, ref Ref, r io.Reader, n int64) (io.Reader, error) {
	key := c.objectKey(m, ref)
	if m == methodRC4 {
		stream, err := rc4.NewCipher(key)
		if err != nil {
			return nil, err
		}
		return &cipher.StreamReader{S: stream, R: r}, nil
	}
	if n == 0 {
		return bytes.NewReader(nil), nil // written by some for nothing at all
	}
	if n < aes.BlockSize || n%aes.BlockSize != 0 {
		return nil, errCipher
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	iv := make([]byte, aes.BlockSize)
	if _, err := io.ReadFull(r, iv); err != nil {
		return nil, err
	}
	return &cbcReader{r: r, left: n - aes.BlockSize, mode: cipher.NewCBCDecrypter(block, iv)}, nil
}

// A cbcReader decrypts blocks and takes the padding of the last one off (7.6.3.1).
type cbcReader struct {
	r    io.Reader
	left int64 // octets not read yet
	mode cipher.BlockMode
	buf  [4096]byte
	rest []byte
}

func (c *cbcReader) Read(p []byte) (int, error) {
	for len(c.rest) == 0 {
		if c.left == 0 {
			return 0, io.EOF
		}
		part := c.buf[:min(c.left, int64(len(c.buf)))]
		if _, err := io.ReadFull(c.r, part); err != nil {
			return 0, err
		}
		c.mode.CryptBlocks(part, part)
		c.rest, c.left = part, c.left-int64(len(part))
		if c.left == 0 {
			pad := int(part[len(part)-1])
			if pad == 0 || pad > aes.BlockSize {
				return 0, errCipher
			}
			c.rest = part[:len(part)-pad]
		}
	}
	n := copy(p, c.rest)
	c.rest = c.rest[n:]
	return n, nil
}
