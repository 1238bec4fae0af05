package cades_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/cades"
	"github.com/rubrica/rubrica/signing/internal/cms"
)

// pattern is content of any length that takes no memory: octet i is pattern[i mod its length].
type pattern struct {
	at, size int64
	each     func() // called for every MiB read
}

var unit = func() []byte {
	b := make([]byte, 1<<18)
	for i := range b {
		b[i] = byte(i * 7 >> 3)
	}
	return b
}()

func (p *pattern) Read(b []byte) (int, error) {
	if p.at >= p.size {
		return 0, io.EOF
	}
	from := int(p.at & int64(len(unit)-1))
	n := copy(b[:min(int64(len(b)), p.size-p.at)], unit[from:])
	if p.each != nil && p.at>>20 != (p.at+int64(n))>>20 {
		p.each()
	}
	p.at += int64(n)
	return n, nil
}

func (p *pattern) Close() error { return nil }

// streamed is what a streamed signature around a pattern looks like, without the content in
// memory: the parts around it, and segments of the unit's length each behind its header.
type streamed struct {
	prefix, suffix []byte
	segments       int64
	each           func(read int)
}

const segmentSize = 5 + 1<<18

// Write takes what Sign writes.
func (s *streamed) Write(p []byte) (int, error) {
	switch {
	case len(p) == segmentSize:
		s.segments++
	case s.segments == 0:
		s.prefix = append(s.prefix, p...)
	default:
		s.suffix = append(s.suffix, p...)
	}
	return len(p), nil
}

func (s *streamed) size() int64 {
	return int64(len(s.prefix)) + s.segments*segmentSize + int64(len(s.suffix))
}

// ReadAt gives back what was written.
func (s *streamed) ReadAt(b []byte, off int64) (int, error) {
	n := 0
	for n < len(b) {
		from := s.from(off + int64(n))
		if len(from) == 0 {
			break
		}
		n += copy(b[n:], from)
	}
	if s.each != nil {
		s.each(n)
	}
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

func (s *streamed) from(off int64) []byte {
	if off < int64(len(s.prefix)) {
		return s.prefix[off:]
	}
	off -= int64(len(s.prefix))
	if off < s.segments*segmentSize {
		head := []byte{4, 0x83, 4, 0, 0}
		if in := off % segmentSize; in >= 5 {
			return unit[in-5:]
		} else {
			return head[in:]
		}
	}
	off -= s.segments * segmentSize
	return s.suffix[min(off, int64(len(s.suffix))):]
}

// peak watches the heap.
type peak struct{ base, most uint64 }

func newPeak() *peak {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return &peak{base: m.HeapAlloc}
}

func (p *peak) look() {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	p.most = max(p.most, m.HeapAlloc)
}

// TestMemory: content of any size is signed and judged in 24 MB, attached and detached, and a
// broken end is found in one pass. It runs alone: others would be measured with it.
func TestMemory(t *testing.T) {
	const most = 24 << 20
	size := int64(128 << 20)
	if certtest.Full() {
		size = 1 << 30
	}
	w := newWorld(t)
	s := w.signer(t, certtest.P256, "Memory")
	p := w.profile(t, s, signing.LevelT)
	v := w.trust()

	heap := newPeak()
	out := &streamed{each: func(int) { heap.look() }}
	require.NoError(t, cades.Sign(context.Background(), out, &pattern{size: size, each: heap.look},
		s, p))
	require.Equal(t, size, out.segments<<18)
	r, err := cades.Validate(context.Background(), out, out.size(), v)
	require.NoError(t, err)
	require.Equal(t, signing.StatusValid, r.Status(), "%+v", r)

	broken := *out
	broken.suffix = bytes.Clone(out.suffix)
	broken.suffix[bytes.Index(broken.suffix, cms.OID(cms.OIDMessageDigest))+20] ^= 0x80
	var read int64
	broken.each = func(n int) { read += int64(n); heap.look() }
	r, err = cades.Validate(context.Background(), &broken, broken.size(), v)
	require.NoError(t, err)
	assert.Equal(t, signing.HashFailure, r.Signatures[0].SubIndication)
	assert.Less(t, read, broken.size()+1<<20, "one pass")
	broken.suffix = nil
	_, err = cades.Validate(context.Background(), &broken, broken.size(), v)
	require.Error(t, err)
	assert.Equal(t, signing.CodeUnreadable, signing.CodeOf(err))

	var apart bytes.Buffer
	p.Detached = true
	require.NoError(t, cades.Sign(context.Background(), &apart,
		&pattern{size: size, each: heap.look}, s, p))
	v.Detached = func(string) (io.ReadCloser, error) {
		return &pattern{size: size, each: heap.look}, nil
	}
	r, err = cades.Validate(context.Background(), bytes.NewReader(apart.Bytes()),
		int64(apart.Len()), v)
	require.NoError(t, err)
	require.Equal(t, signing.StatusValid, r.Status(), "%+v", r)
	assert.Less(t, heap.most-heap.base, uint64(most), "octets on the heap")
	t.Logf("%d MiB of content, %d KiB of heap", size>>20, (heap.most-heap.base)>>10)
}

// BenchmarkStream: throughput against one SHA-256 pass over the same source; attached signatures
// against a pass with a copy to the same destination. Target: 0.9.
func BenchmarkStream(b *testing.B) {
	const size = 128 << 20
	w := newWorld(b)
	s := w.signer(b, certtest.P256, "Stream")
	ctx := context.Background()
	pass := func(copied io.Writer) {
		f, buf, in := sha256.New(), make([]byte, 256<<10), &pattern{size: size}
		for {
			n, err := in.Read(buf)
			f.Write(buf[:n])
			if copied != nil {
				_, _ = copied.Write(buf[:n])
			}
			if errors.Is(err, io.EOF) {
				break
			}
		}
		f.Sum(nil)
	}
	attached, detached := &streamed{}, &bytes.Buffer{}
	p := cades.Profile{SigningTime: time.Now()}
	require.NoError(b, cades.Sign(ctx, attached, &pattern{size: size}, s, p))
	p.Detached = true
	require.NoError(b, cades.Sign(ctx, detached, &pattern{size: size}, s, p))
	v := w.trust()
	for name, c := range map[string]struct {
		do   func() error
		copy io.Writer
	}{
		"sign-detached": {func() error {
			return cades.Sign(ctx, io.Discard, &pattern{size: size}, s, p)
		}, nil},
		"sign-attached": {func() error {
			p := p
			p.Detached = false
			return cades.Sign(ctx, io.Discard, &pattern{size: size}, s, p)
		}, io.Discard},
		"verify-detached": {func() error {
			v := v
			v.Detached = func(string) (io.ReadCloser, error) { return &pattern{size: size}, nil }
			_, err := cades.Validate(ctx, bytes.NewReader(detached.Bytes()),
				int64(detached.Len()), v)
			return err
		}, nil},
		"verify-attached": {func() error {
			_, err := cades.Validate(ctx, attached, attached.size(), v)
			return err
		}, nil},
	} {
		b.Run(name, func(b *testing.B) {
			own, raw := time.Hour, time.Hour // of the best turn
			for b.Loop() {
				at := time.Now()
				if err := c.do(); err != nil {
					b.Fatal(err)
				}
				middle := time.Now()
				pass(c.copy)
				own, raw = min(own, middle.Sub(at)), min(raw, time.Since(middle))
			}
			b.SetBytes(size)
			b.ReportMetric(float64(raw)/float64(own), "×sha256")
		})
	}
}
