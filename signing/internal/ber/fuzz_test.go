package ber_test

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"github.com/rubrica/rubrica/signing/internal/ber"
)

func seeds(f *testing.F) {
	f.Add(ber.Sequence(ber.Octet([]byte("abc")), ber.Set(ber.Octet(nil)),
		ber.Tagged(0, ber.Octet([]byte{1}))))
	f.Add([]byte{0x30, 0x80, 0x24, 0x80, 4, 2, 1, 2, 4, 1, 3, 0, 0, 0, 0})
	f.Add([]byte{0x24, 0x84, 0, 0, 0, 4, 4, 0x81, 1, 7})
	f.Add([]byte{0x23, 0x80, 3, 2, 0, 1, 3, 2, 4, 0x10, 0, 0})
	f.Add([]byte{0x1f, 0x81, 0x80, 0, 0})
	f.Add(bytes.Repeat([]byte{0x30, 0x80}, 70))
}

// FuzzToDER: what is turned into DER is DER, stays the same the second time, and both decoders
// agree on where elements end.
func FuzzToDER(f *testing.F) {
	seeds(f)
	f.Add([]byte{0, 0x81, 0})
	f.Fuzz(func(t *testing.T, in []byte) {
		out, err := ber.ToDER(in, 0)
		if err == nil {
			if !ber.IsDER(out) {
				t.Fatalf("%x gives %x, which is not DER", in, out)
			}
			again, err := ber.ToDER(out, 0)
			if err != nil || !bytes.Equal(again, out) {
				t.Fatalf("%x gives %x, then %x, %v", in, out, again, err)
			}
		}
		first, errMem := ber.NewBytesDecoder(in).Raw(1 << 16)
		other, errStream := ber.NewDecoder(iotest.OneByteReader(bytes.NewReader(in))).Raw(1 << 16)
		if (errMem == nil) != (errStream == nil) || !bytes.Equal(first, other) {
			t.Fatalf("%x: at hand %x, %v; as a stream %x, %v", in, first, errMem, other, errStream)
		}
	})
}

// FuzzDecoder walks whatever it is given, and reads every OCTET STRING.
func FuzzDecoder(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, in []byte) {
		one, errOne := walk(ber.NewBytesDecoder(in), 0)
		two, errTwo := walk(ber.NewDecoder(bytes.NewReader(in)), 0)
		if (errOne == nil) != (errTwo == nil) || errOne == nil && !bytes.Equal(one, two) {
			t.Fatalf("%x: at hand %x, %v; as a stream %x, %v", in, one, errOne, two, errTwo)
		}
		if bad, ok := errors.AsType[*ber.Error](errOne); errOne != nil && (!ok || bad.Offset < 0 ||
			bad.Offset > int64(len(in))) {
			t.Fatalf("error without its place: %v", errOne)
		}
	})
}

func walk(d *ber.Decoder, depth int) ([]byte, error) {
	var out []byte
	for {
		h, more, err := d.Next()
		if err != nil || !more {
			return out, err
		}
		switch {
		case h.Class == ber.Universal && h.Number == ber.TagOctetString:
			r, err := d.Octets()
			if err != nil {
				return out, err
			}
			value, err := io.ReadAll(r)
			if err != nil {
				return out, err
			}
			out = append(out, value...)
		case h.Constructed:
			if _, err := d.Enter(h.Class, h.Number, "it"); err != nil {
				return out, err
			}
			inner, err := walk(d, depth+1)
			out = append(out, inner...)
			if err != nil {
				return out, err
			}
			if err := d.Leave(); err != nil {
				return out, err
			}
		default:
			raw, err := d.Raw(1 << 16)
			out = append(out, raw...)
			if err != nil {
				return out, err
			}
		}
	}
}
