package pades

import (
	"context"
	"crypto"
	"errors"
	"hash"
	"io"
	"slices"

	"github.com/rubrica/rubrica/signing/internal/algorithm"
	"github.com/rubrica/rubrica/signing/internal/cms"
)

// A digestJob asks for the digests of the octets that a signature covers.
type digestJob struct {
	ranges byteRange
	hashes []crypto.Hash
	out    cms.Digests
	err    error
}

// maxDigestWork bounds the octets that are digested beside one pass over the file for each
// algorithm, in multiples of the file: many signatures with far apart ranges are hostile.
const maxDigestWork = 16

var errDigestWork = errors.New("pades: too many octets would have to be digested")

// digestAll answers all jobs. Signatures of one file cover prefixes of it that differ in their last
// part only, so that one pass serves all: at each gap the state of the hash is copied.
func digestAll(ctx context.Context, r io.ReaderAt, size int64, jobs []*digestJob) error {
	r = contextReader{ctx, r}
	left := maxDigestWork*size + 64<<20
	for _, h := range algorithm.Hashes() {
		var some []*digestJob
		for _, j := range jobs {
			if slices.Contains(j.hashes, h) {
				some = append(some, j)
			}
		}
		if err := digestOne(r, h, some, &left); err != nil {
			return err
		}
	}
	return nil
}

func digestOne(r io.ReaderAt, h crypto.Hash, jobs []*digestJob, left *int64) error {
	slices.SortStableFunc(jobs, func(a, b *digestJob) int {
		return int(min(max(a.ranges[1]-b.ranges[1], -1), 1))
	})
	prefix, done := h.New(), int64(0)
	for _, j := range jobs {
		if *left -= j.ranges[3]; *left < 0 {
			j.err = errDigestWork
			continue
		}
		state := h.New()
		if j.ranges[0] == 0 {
			if err := copyOctets(prefix, r, done, j.ranges[1]-done); err != nil {
				return err
			}
			done = j.ranges[1]
			var err error
			if state, err = clone(prefix, h); err != nil {
				return err
			}
		} else if *left -= j.ranges[1]; *left < 0 {
			j.err = errDigestWork
			continue
		} else if err := copyOctets(state, r, j.ranges[0], j.ranges[1]); err != nil {
			return err
		}
		if err := copyOctets(state, r, j.ranges[2], j.ranges[3]); err != nil {
			return err
		}
		if j.out == nil {
			j.out = cms.Digests{}
		}
		j.out[h] = state.Sum(nil)
	}
	return nil
}

// clone copies the state of a hash.
func clone(h hash.Hash, kind crypto.Hash) (hash.Hash, error) {
	c, ok := h.(hash.Cloner)
	if !ok {
		return nil, errors.New("pades: the state of " + kind.String() + " cannot be copied")
	}
	copied, err := c.Clone()
	return copied, err
}
