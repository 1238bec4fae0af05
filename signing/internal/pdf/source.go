package pdf

import (
	"errors"
	"fmt"
	"io"
)

// A source is the file seen through a window, so that objects that stand side by side are read
// with one call.
type source struct {
	r     io.ReaderAt
	size  int64
	block []byte // the window
	at    int64  // its offset
}

const blockSize = 32 << 10 // the window is two of them: one read for some hundred objects

// read returns up to n octets from offset at. The slice is good until the next call.
func (s *source) read(at int64, n int) ([]byte, error) {
	if at < 0 || at > s.size {
		return nil, &SyntaxError{Offset: at, Problem: "an offset outside of the file"}
	}
	n = int(min(int64(n), s.size-at))
	if at >= s.at && at+int64(n) <= s.at+int64(len(s.block)) {
		return s.block[at-s.at:][:n], nil
	}
	from := at &^ (blockSize - 1) // so that reading backwards is as cheap as reading forwards
	want := int(min(max(at+int64(n), from+2*blockSize), s.size) - from)
	if cap(s.block) < want {
		s.block = make([]byte, want)
	}
	s.block, s.at = s.block[:want], from
	if err := readFull(s.r, s.block, from); err != nil {
		s.block = s.block[:0]
		return nil, err
	}
	block := s.block[at-from:][:n]
	if want > 16*blockSize {
		s.block = nil // do not keep a huge window
	}
	return block, nil
}

// before returns up to n octets that end at offset end.
func (s *source) before(end int64, n int) ([]byte, int64, error) {
	at := max(0, end-int64(n))
	b, err := s.read(at, int(end-at))
	return b, at, err
}

func readFull(r io.ReaderAt, p []byte, at int64) error {
	n, err := r.ReadAt(p, at)
	if n == len(p) {
		return nil
	}
	if err == nil || errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("pdf: reading %d octets at %d: %w", len(p), at, err)
}
