package pades

import (
	"bytes"
	"fmt"

	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/ber"
	"github.com/rubrica/rubrica/signing/internal/pdf"
)

// A span is what a signature dictionary says and shows of the octets that it signs.
type span struct {
	ranges   byteRange
	contents pdf.String
	coverage signing.Coverage
	revision int // that ends where the ranges end; 0 when none does
	problems []string
	doubts   []string
	// usable says that the ranges can be digested: two runs inside of the file.
	usable bool
}

// readSpan reads ByteRange and Contents and checks them against each other and the file.
func readSpan(f *pdf.File, s *found) (span, error) {
	out := span{coverage: signing.CoversNone}
	d := s.dict
	if d.Repeated {
		return out, fmt.Errorf("a key stands twice in the signature dictionary")
	}
	contents, ok := s.view.Value(d, "Contents").(pdf.String)
	if !ok {
		return out, fmt.Errorf("the signature has no Contents")
	}
	out.contents = contents
	if err := out.readRanges(s.view, d, f.Size()); err != nil {
		return out, err
	}
	out.usable, out.coverage = true, signing.CoversPartial
	out.check(f, d)
	return out, nil
}

func (sp *span) readRanges(v *pdf.View, d *pdf.Dict, size int64) error {
	a, err := v.Array(d.Get("ByteRange"))
	if err != nil || a == nil {
		return fmt.Errorf("the signature has no ByteRange")
	}
	if len(a) != 4 {
		return fmt.Errorf("ByteRange has %d numbers, not 4", len(a))
	}
	for i := range sp.ranges {
		o, err := v.Resolve(a[i])
		n, ok := o.(pdf.Integer)
		if err != nil || !ok || n < 0 {
			return fmt.Errorf("ByteRange holds something else than lengths and offsets")
		}
		sp.ranges[i] = int64(n)
	}
	b := sp.ranges
	if b[0] > size || b[1] > size-b[0] || b[2] > size || b[3] > size-b[2] {
		return fmt.Errorf("ByteRange goes beyond the file")
	}
	if b[1] == 0 || b[3] == 0 {
		return fmt.Errorf("ByteRange signs nothing")
	}
	return nil
}

// check says what keeps the ranges from covering a whole revision (12.8.1; EN 319 142-1, 5.3).
func (sp *span) check(f *pdf.File, d *pdf.Dict) {
	b, c := sp.ranges, sp.contents
	switch {
	case b[0] != 0:
		sp.problem("ByteRange does not begin at the beginning of the file")
	case b[2] < b[1]:
		sp.problem("the two parts of ByteRange overlap")
	case c.Start == 0 && c.End == 0:
		sp.problem("Contents stands in an object stream")
	case b[1] != c.Start || b[2] != c.End && !sp.onlyWhite(f):
		sp.problem("the gap of ByteRange is not exactly Contents")
	case d.Start >= b[1] || d.End <= b[2] || d.End > b.end():
		sp.problem("the signature dictionary stands outside of what is signed")
	}
	if !c.Hex {
		sp.problem("Contents is not a hexadecimal string")
	}
	sp.revision = f.RevisionEnding(b.end())
	switch {
	case sp.revision == 0:
		sp.problem("ByteRange does not end where a revision ends")
	case !f.Entered(sp.revision):
		sp.problem("the startxref at the end of what is signed leads elsewhere")
	}
	if len(sp.problems) > 0 {
		return
	}
	sp.coverage = signing.CoversRevision
	if b.end() == f.Size() {
		sp.coverage = signing.CoversWhole
	}
}

// onlyWhite reports whether the gap goes on behind Contents with nothing but white space, which is
// a doubt.
func (sp *span) onlyWhite(f *pdf.File) bool {
	const most = 64 // octets of white space that make sense
	from, n := sp.contents.End, sp.ranges[2]-sp.contents.End
	if n < 0 || n > most {
		return false
	}
	b := make([]byte, n)
	if _, err := f.Reader().ReadAt(b, from); err != nil || len(bytes.Trim(b, " \r\n\t\f\x00")) > 0 {
		return false
	}
	sp.doubts = append(sp.doubts, "the gap of ByteRange holds white space behind Contents")
	return true
}

func (sp *span) problem(text string) { sp.problems = append(sp.problems, text) }

// trimContents cuts the padding behind the CMS. odd names what is not as it should be.
func (sp *span) trimContents() (der []byte, odd string) {
	value := sp.contents.Value
	first, rest, err := ber.First(value, 0)
	if err != nil {
		return value, ""
	}
	switch {
	case len(bytes.Trim(rest, "\x00")) > 0:
		odd = "octets other than padding stand behind the signature in Contents"
	case sp.contents.Digits%2 == 1:
		odd = "Contents has an odd number of digits"
	case sp.contents.Spaced:
		odd = "white space stands between the digits of Contents"
	}
	return first, odd
}
