package ra

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"

	"github.com/rubrica/rubrica/workflow"
)

// reviewedDatum is the datum by which an approval says what it approves.
const reviewedDatum = "reviewed"

type reviewParams struct {
	Over []string `json:"over"`
}

// ReviewDigest is the digest of what an operator reviews: the process version and these data of
// the application, each a digest or a reference to a version of a sealed record. An approval
// carries it, and so does the order to issue: when one of the data has changed in between, both
// are refused.
func ReviewDigest(s workflow.State, over []string) Digest {
	over = slices.Sorted(slices.Values(over))
	h := sha256.New()
	fmt.Fprintf(h, "review 1\n%q\n%q %d %s\n", s.Instance, s.Process.Name, s.Process.Revision,
		s.Process.Digest)
	for _, name := range over {
		fmt.Fprintf(h, "%q=%q\n", name, s.Data[name])
	}
	return Digest(h.Sum(nil))
}

// Review returns the digest of what an application holds now, as a command asks for it: approve,
// or issue. Show the operator the application first; the digest says that it was this one.
func (o *Office) Review(ctx context.Context, application, command string) (Digest, error) {
	s, err := o.engine.State(ctx, application)
	if err != nil {
		return Digest{}, err
	}
	p, err := o.pinned(s.Process)
	if err != nil {
		return Digest{}, err
	}
	over, ok := p.reviews[command]
	if !ok {
		return Digest{}, fmt.Errorf("ra: command %q approves nothing", command)
	}
	return ReviewDigest(s, over), nil
}
