package pdf

import (
	"bytes"
	"os"
	"slices"
	"testing"
)

// parsedReferences are those of the value that the parser makes.
func parsedReferences(o Object) (out []Ref) {
	referencesOf(o, func(r Ref) { out = append(out, r) })
	return out
}

// TestReferencesOfVectors holds what skimming finds in every version of every object against what
// the parser finds.
func TestReferencesOfVectors(t *testing.T) {
	t.Parallel()
	objects, references := 0, 0
	for _, path := range vectorFiles(t) {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		f, err := Open(bytes.NewReader(data), int64(len(data)), Options{})
		if err != nil {
			continue
		}
		for n := range f.Revisions() {
			v := f.At(n + 1)
			for _, num := range v.Numbers() {
				o, err := v.Object(num)
				if err != nil || Repeats(o) {
					continue
				}
				var got []Ref
				if err := v.References(num, func(r Ref) { got = append(got, r) }); err != nil {
					t.Fatalf("%s: object %d: %v", path, num, err)
				}
				want := parsedReferences(o)
				if !slices.Equal(got, want) {
					t.Fatalf("%s: object %d: %v, not %v", path, num, got, want)
				}
				objects++
				references += len(want)
			}
		}
	}
	t.Logf("%d objects with %d references", objects, references)
	if references < 1000 {
		t.Fatal("too few")
	}
}

// FuzzReferences looks for a value in which the parser finds a reference that skimming misses.
func FuzzReferences(f *testing.F) {
	for _, s := range []string{"<</A[1 2 R 3 0 R]/B(5 0 R\\)(b)\\053)/C<0aF>/D 7 0 R>>", "5 0 R", "[",
		"[1 +2 R -0 0 R 00000000000000000000003 0 R 1. 0 R]", "[1 %\n 0 R]", "[1 0 R/R]", "[true 1 0 R]",
		"<</A/B/A 2 0 R/A null>>", "[(\\", "[(a\\\n)3 0 R]", "[<41>3 0 R]", "[1 0 Rx]", "[9 1 0 R]", "[R]"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		o, err := (&lexer{buf: data, last: true}).parse()
		if err != nil {
			o = nil
		}
		var got []Ref
		skimmed := (&lexer{buf: data, last: true}).references(func(r Ref) { got = append(got, r) })
		if skimmed == errShort {
			t.Fatal("asks for more than there is")
		}
		if err != nil || skimmed != nil {
			return // the parser decides
		}
		want := parsedReferences(o)
		for _, r := range want {
			if !slices.Contains(got, r) {
				t.Fatalf("%v is missing in %v", r, got)
			}
		}
		if !Repeats(o) && !slices.Equal(got, want) {
			t.Fatalf("%v, not %v", got, want)
		}
		// A window that ends early asks for more or finds the same.
		for n := range min(len(data), 64) {
			var part []Ref
			err := (&lexer{buf: data[:n]}).references(func(r Ref) { part = append(part, r) })
			if err == nil && !slices.Equal(part, got) {
				t.Fatalf("the first %d octets: %v, not %v", n, part, got)
			}
		}
	})
}
