package pdf

import "io"

// An earlyLZW decodes LZWDecode with EarlyChange 1 (7.4.4), in which codes grow one code earlier
// than in the form that compress/lzw knows.
type earlyLZW struct {
	r       io.ByteReader
	bits    uint32
	n       uint
	width   uint
	next    int // code to be defined
	prev    int // code before, -1 after a clear
	prefix  [4096]int16
	suffix  [4096]byte
	length  [4096]int16
	pending []byte
	buf     [4097]byte
	done    bool
}

const (
	lzwClear = 256
	lzwEnd   = 257
)

func newEarlyLZW(r io.ByteReader) *earlyLZW {
	z := &earlyLZW{r: r}
	for i := range 256 {
		z.suffix[i], z.length[i], z.prefix[i] = byte(i), 1, -1
	}
	z.clear()
	return z
}

func (z *earlyLZW) clear() { z.width, z.next, z.prev = 9, 258, -1 }

func (z *earlyLZW) Read(p []byte) (int, error) {
	for len(z.pending) == 0 {
		if z.done {
			return 0, io.EOF
		}
		if err := z.step(); err != nil {
			return 0, err
		}
	}
	n := copy(p, z.pending)
	z.pending = z.pending[n:]
	return n, nil
}

func (z *earlyLZW) code() int {
	for z.n < z.width {
		c, err := z.r.ReadByte()
		if err != nil {
			return lzwEnd
		}
		z.bits = z.bits<<8 | uint32(c)
		z.n += 8
	}
	z.n -= z.width
	return int(z.bits>>z.n) & (1<<z.width - 1)
}

func (z *earlyLZW) step() error {
	code := z.code()
	switch {
	case code == lzwEnd:
		z.done = true
		return nil
	case code == lzwClear:
		z.clear()
		return nil
	case code > z.next || code == z.next && z.prev < 0 || code >= 258 && z.prev < 0:
		return &SyntaxError{Problem: "LZWDecode: a code that was not defined"}
	}
	if z.prev >= 0 && z.next < 4096 {
		first := z.first(code)
		if code == z.next {
			first = z.first(z.prev)
		}
		z.prefix[z.next], z.suffix[z.next] = int16(z.prev), first
		z.length[z.next] = z.length[z.prev] + 1
		z.next++
	} else if code >= z.next {
		return &SyntaxError{Problem: "LZWDecode: a code that was not defined"}
	}
	if z.next+1 >= 1<<z.width && z.width < 12 {
		z.width++
	}
	n := int(z.length[code])
	z.pending = z.buf[:n]
	for at := code; n > 0; at = int(z.prefix[at]) {
		n--
		z.pending[n] = z.suffix[at]
	}
	z.prev = code
	return nil
}

func (z *earlyLZW) first(code int) byte {
	if code == z.next {
		code = z.prev
	}
	for z.prefix[code] >= 0 && code >= 258 {
		code = int(z.prefix[code])
	}
	return z.suffix[code]
}
