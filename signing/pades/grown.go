package pades

import (
	"errors"
	"io"
)

// A grown document is an original and what was appended to it in memory.
type grown struct {
	r    io.ReaderAt
	size int64 // of the original
	tail []byte
}

func (g *grown) total() int64 { return g.size + int64(len(g.tail)) }

// ReadAt implements io.ReaderAt.
func (g *grown) ReadAt(p []byte, at int64) (int, error) {
	n := 0
	if at < g.size {
		part := p[:min(int64(len(p)), g.size-at)]
		got, err := g.r.ReadAt(part, at)
		if n = got; got < len(part) {
			if err == nil || errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return n, err
		}
	}
	if n < len(p) && at+int64(n) >= g.size {
		from := at + int64(n) - g.size
		if from < int64(len(g.tail)) {
			n += copy(p[n:], g.tail[from:])
		}
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// writeTo writes the whole document.
func (g *grown) writeTo(dst io.Writer) error {
	if err := copyOctets(dst, g.r, 0, g.size); err != nil {
		return err
	}
	_, err := dst.Write(g.tail)
	return err
}
