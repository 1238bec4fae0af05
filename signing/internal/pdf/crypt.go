package pdf

import "io"

// encryption is the standard security handler of an encrypted file (7.6).
type encryption struct {
	dict    *Dict
	ref     Ref // of the encryption dictionary, zero when it is direct
	key     []byte
	strings method
	streams method
	// plainMetadata: the metadata stream is not encrypted (EncryptMetadata false).
	plainMetadata bool
}

type method uint8

const (
	methodIdentity method = iota
	methodRC4
	methodAES128
	methodAES256
)

func (f *File) openEncryption(password []byte) error {
	d := f.Current().Trailer().Get("Encrypt")
	if d == nil {
		return nil
	}
	return &UnsupportedError{Feature: "encryption"}
}

func (c *encryption) isDictionary(e *entry) bool { return c.ref.Num != 0 && e.num == c.ref.Num }

func (c *encryption) openStrings(o Object, ref Ref) (Object, error) { return o, nil }

func (c *encryption) openStream(v *View, s *Stream, r io.Reader, n int64) (io.Reader, error) {
	return r, nil
}

// sealer returns what encrypts the strings of an object, nil when nothing does.
func (c *encryption) sealer(ref Ref, o Object) sealer {
	if c == nil {
		return nil
	}
	return func(p []byte) ([]byte, error) { return p, nil }
}

func (c *encryption) sealStream(ref Ref, s *Stream) ([]byte, error) { return s.Data, nil }
