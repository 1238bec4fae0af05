package pdf

import (
	"bufio"
	"io"
)

// predict undoes the predictor of FlateDecode and LZWDecode (7.4.4.4).
func (v *View) predict(r io.Reader, p *Dict, s *Stream) (io.Reader, error) {
	kind, ok := v.integer(p.Get("Predictor"))
	if !ok || kind <= 1 {
		return r, nil
	}
	colors := v.integerOr(p.Get("Colors"), 1)
	bits := v.integerOr(p.Get("BitsPerComponent"), 8)
	columns := v.integerOr(p.Get("Columns"), 1)
	if colors < 1 || colors > 64 || columns < 1 || columns > 1<<24 ||
		bits != 1 && bits != 2 && bits != 4 && bits != 8 && bits != 16 {
		return nil, s.fail("parameters of a predictor that cannot be")
	}
	row := int((colors*bits*columns + 7) / 8)
	if row > maxRow {
		return nil, &LimitError{Offset: s.offset, Object: s.ref.Num, Limit: "octets of a predictor's row"}
	}
	pixel := int(max(1, colors*bits/8))
	switch {
	case kind == 2 && bits == 8:
		return &tiffReader{r: r, row: make([]byte, row), pixel: pixel}, nil
	case kind >= 10 && kind <= 15:
		return &pngReader{r: bufio.NewReader(r), row: make([]byte, row), above: make([]byte, row),
			pixel: pixel, s: s}, nil
	}
	return nil, &UnsupportedError{Feature: "predictor of an unknown kind"}
}

// A pngReader undoes the filters of PNG, one row at a time.
type pngReader struct {
	r          *bufio.Reader
	row, above []byte
	rest       []byte
	pixel      int
	s          *Stream
}

func (g *pngReader) Read(p []byte) (int, error) {
	if len(g.rest) == 0 {
		if err := g.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, g.rest)
	g.rest = g.rest[n:]
	return n, nil
}

func (g *pngReader) next() error {
	kind, err := g.r.ReadByte()
	if err != nil {
		return err
	}
	g.row, g.above = g.above, g.row
	n, err := io.ReadFull(g.r, g.row)
	if err == io.EOF || n == 0 {
		return io.EOF
	}
	if err != nil && err != io.ErrUnexpectedEOF {
		return err
	}
	clear(g.row[n:])
	if kind > 4 {
		return g.s.fail("a PNG filter that is not known")
	}
	g.undo(kind)
	g.rest = g.row[:n]
	return nil
}

func (g *pngReader) undo(kind byte) {
	for i := range g.row {
		var left, corner byte
		if i >= g.pixel {
			left, corner = g.row[i-g.pixel], g.above[i-g.pixel]
		}
		switch kind {
		case 1:
			g.row[i] += left
		case 2:
			g.row[i] += g.above[i]
		case 3:
			g.row[i] += byte((int(left) + int(g.above[i])) / 2)
		case 4:
			g.row[i] += paeth(left, g.above[i], corner)
		}
	}
}

func paeth(a, b, c byte) byte {
	p := int(a) + int(b) - int(c)
	pa, pb, pc := abs(p-int(a)), abs(p-int(b)), abs(p-int(c))
	switch {
	case pa <= pb && pa <= pc:
		return a
	case pb <= pc:
		return b
	}
	return c
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}

// A tiffReader undoes TIFF's predictor 2 for components of one octet.
type tiffReader struct {
	r     io.Reader
	row   []byte
	rest  []byte
	pixel int
}

func (t *tiffReader) Read(p []byte) (int, error) {
	if len(t.rest) == 0 {
		n, err := io.ReadFull(t.r, t.row)
		if n == 0 {
			return 0, err
		}
		for i := t.pixel; i < n; i++ {
			t.row[i] += t.row[i-t.pixel]
		}
		t.rest = t.row[:n]
	}
	n := copy(p, t.rest)
	t.rest = t.rest[n:]
	return n, nil
}
