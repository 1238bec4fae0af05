package pdf

import (
	"bufio"
	"compress/lzw"
	"compress/zlib"
	"encoding/ascii85"
	"fmt"
	"io"
)

// decoder returns the decoded data of a stream whose dictionary holds no references; limit
// bounds it in octets.
func (f *File) decoder(s *Stream, limit int64) (io.Reader, error) {
	return (&View{f: f, bare: true}).decode(s, limit)
}

// decode chains the filters of a stream (7.4).
func (v *View) decode(s *Stream, limit int64) (io.Reader, error) {
	r, err := v.Raw(s)
	if err != nil {
		return nil, err
	}
	filters, err := v.list(s.Dict, "Filter", "F")
	if err != nil {
		return nil, err
	}
	parms, err := v.list(s.Dict, "DecodeParms", "DP")
	if err != nil {
		return nil, err
	}
	if len(filters) > maxFilters {
		return nil, &LimitError{Offset: s.offset, Object: s.ref.Num, Limit: "filters of a stream"}
	}
	for i, filter := range filters {
		var p *Dict
		if i < len(parms) {
			p, _ = parms[i].(*Dict)
		}
		name, _ := filter.(Name)
		if r, err = v.filter(name, p, r, s); err != nil {
			return nil, err
		}
		if i < len(filters)-1 { // what one filter gives, the next may swallow
			r = &bounded{r: r, left: maxDecoded, f: v.f, s: s}
		}
	}
	return &bounded{r: r, left: limit, f: v.f, s: s}, nil
}

// list returns a value that may be one thing or an array of them, references resolved.
func (v *View) list(d *Dict, key, short Name) ([]Object, error) {
	o := d.Get(key)
	if o == nil {
		o = d.Get(short)
	}
	o, err := v.Resolve(o)
	if err != nil || o == nil {
		return nil, err
	}
	items, ok := o.(Array)
	if !ok {
		return []Object{o}, nil
	}
	out := make([]Object, len(items))
	for i := range items {
		if out[i], err = v.Resolve(items[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (v *View) filter(name Name, p *Dict, r io.Reader, s *Stream) (io.Reader, error) {
	switch name {
	case "FlateDecode", "Fl":
		z, err := zlib.NewReader(bufio.NewReader(r))
		if err != nil {
			return nil, s.fail("FlateDecode: " + err.Error())
		}
		return v.predict(&flateReader{z, s}, p, s)
	case "LZWDecode", "LZW":
		if early, ok := v.integer(p.Get("EarlyChange")); ok && early == 0 {
			return v.predict(lzw.NewReader(r, lzw.MSB, 8), p, s)
		}
		return v.predict(newEarlyLZW(bufio.NewReader(r)), p, s)
	case "ASCIIHexDecode", "AHx":
		return &hexReader{r: bufio.NewReader(r)}, nil
	case "ASCII85Decode", "A85":
		return ascii85.NewDecoder(&endOf85{r: bufio.NewReader(r)}), nil
	case "RunLengthDecode", "RL":
		return &runReader{r: bufio.NewReader(r)}, nil
	case "Crypt":
		if n := p.Get("Name"); n == nil || n == Name("Identity") {
			return r, nil
		}
	}
	return nil, &UnsupportedError{Feature: fmt.Sprintf("filter %s", name)}
}

func (s *Stream) fail(problem string) error {
	return &SyntaxError{Offset: s.offset, Object: s.ref.Num, Problem: problem}
}

// A flateReader lets pass a stream whose checksum is missing or wrong, as all readers do.
type flateReader struct {
	r io.Reader
	s *Stream
}

func (z *flateReader) Read(p []byte) (int, error) {
	n, err := z.r.Read(p)
	if err == zlib.ErrChecksum || err == io.ErrUnexpectedEOF {
		err = io.EOF
	}
	if err != nil && err != io.EOF {
		err = z.s.fail("FlateDecode: " + err.Error())
	}
	return n, err
}

// bounded counts decoded octets against the limits of the stream and the file.
type bounded struct {
	r    io.Reader
	left int64
	f    *File
	s    *Stream
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	b.left -= int64(n)
	b.f.work += int64(n)
	if b.left < 0 || b.f.work > maxDecodeWork+8*b.f.src.size {
		return 0, &LimitError{Offset: b.s.offset, Object: b.s.ref.Num, Limit: "decoded octets"}
	}
	return n, err
}

// hexReader is ASCIIHexDecode (7.4.2).
type hexReader struct {
	r    *bufio.Reader
	done bool
}

func (h *hexReader) Read(p []byte) (int, error) {
	for n := range p {
		hi := h.digit()
		if hi < 0 {
			if n == 0 {
				return 0, io.EOF
			}
			return n, nil
		}
		lo := h.digit()
		p[n] = byte(hi<<4 | max(lo, 0))
	}
	return len(p), nil
}

func (h *hexReader) digit() int {
	for !h.done {
		c, err := h.r.ReadByte()
		if err != nil || c == '>' {
			h.done = true
			break
		}
		if v := hexValue(c); v >= 0 {
			return v
		}
	}
	return -1
}

// endOf85 ends ASCII85 data at its end marker (7.4.3).
type endOf85 struct {
	r    *bufio.Reader
	done bool
}

func (e *endOf85) Read(p []byte) (int, error) {
	for n := range p {
		c, err := e.r.ReadByte()
		if e.done || err != nil || c == '~' {
			e.done = true
			if n == 0 {
				return 0, io.EOF
			}
			return n, nil
		}
		p[n] = c
	}
	return len(p), nil
}

// runReader is RunLengthDecode (7.4.5).
type runReader struct {
	r      *bufio.Reader
	left   int
	repeat bool
	value  byte
	done   bool
}

func (u *runReader) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		if u.left == 0 && !u.begin() {
			break
		}
		if !u.repeat {
			c, err := u.r.ReadByte()
			if err != nil {
				u.done, u.left = true, 0
				break
			}
			u.value = c
		}
		p[n] = u.value
		n++
		u.left--
	}
	if n == 0 && len(p) > 0 {
		return 0, io.EOF
	}
	return n, nil
}

func (u *runReader) begin() bool {
	if u.done {
		return false
	}
	c, err := u.r.ReadByte()
	if err != nil || c == 128 {
		u.done = true
		return false
	}
	if c < 128 {
		u.left, u.repeat = int(c)+1, false
		return true
	}
	u.left, u.repeat = 257-int(c), true
	u.value, err = u.r.ReadByte()
	u.done = err != nil
	return err == nil
}
