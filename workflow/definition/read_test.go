package definition_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/workflow/definition"
)

// small is the smallest definition with everything that the refusals below spoil.
var small = func() string {
	text, err := os.ReadFile("../testdata/small.yaml")
	if err != nil {
		panic(err)
	}
	return string(text)
}()

func problems(t *testing.T, err error) string {
	t.Helper()
	var de *definition.Error
	require.ErrorAs(t, err, &de)
	require.NotEmpty(t, de.Problems)
	return de.Error()
}

// Each row spoils one place of small and says what the reader answers, with line and column.
func TestReadRefuses(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, old, new, want string }{
		{"unknown key", "revision: 1", "revision: 1\ncolour: red", "line 3, column 1: colour: unknown key"},
		{"unknown nested key", "on: go\n    from", "on: go\n    frm", "line 15, column 5: transitions[0].frm: unknown key"},
		{"duplicate key", "revision: 1", "revision: 1\nrevision: 1", `line 3, column 1: key "revision" stands twice`},
		{"duplicate flow key", "{on: open, to: first}", "{on: open, to: first, to: end}", `line 12, column 27: key "to" stands twice`},
		{"text for number", "revision: 1", "revision: one", "line 2, column 11: revision: expected a decimal integer"},
		{"octal", "revision: 1", "revision: 010", "line 2, column 11: revision: expected a decimal integer"},
		{"hexadecimal", "revision: 1", "revision: 0x1", "expected a decimal integer"},
		{"huge", "revision: 1", "revision: 99999999999999999999", "expected a decimal integer"},
		{"number for text", "name: small", "name: 7", `line 1, column 7: name: expected a string, found "7"`},
		{"list for mapping", "data: {ref: reference, at: instant}", "data: [ref]", "line 3, column 7: data: expected a mapping, found a list"},
		{"mapping for list", "start:\n  - {", "start:\n  {", "start: expected a list, found a mapping"},
		{"nothing", "name: small", "name:", "name: expected a string, found nothing"},
		{"anchor", "name: small", "name: &a small", "line 1, column 7: anchors and aliases are not allowed"},
		{"alias", "name: small\nrevision: 1", "name: &a small\nrevision: *a", "anchors and aliases"},
		{"tag", "name: small", "name: !!str small", "tags are not allowed"},
		{"merge", "revision: 1", "revision: 1\n<<: {title: {es: x}}", "a key must be a string"},
		{"number as key", "first: {waits", "7: {waits", "a key must be a string"},
		{"second document", "revision: 1", "revision: 1\n---\nname: x", "not exactly one YAML document"},
		{"infinite", "max-bytes: 10", "max-bytes: .inf", "expected a plain decimal fraction"},
		{"exponent", "max-bytes: 10", "max-bytes: 1e3", "expected a plain decimal fraction"},
		{"yaml 1.1 truth", "guards:", "if: {a: True}\n    guards:", "expected a string"},
	} {
		text := strings.Replace(small, row.old, row.new, 1)
		require.NotEqual(t, small, text, row.name)
		_, err := definition.Read([]byte(text))
		require.Error(t, err, row.name)
		require.Contains(t, problems(t, err), row.want, row.name)
	}
	for name, text := range map[string]string{
		"empty": "", "comment": "# nothing", "scalar": "hello", "binary": "\xff\xfe", "tab": "a:\n\tb: c",
		"unclosed": "{", "too large": strings.Repeat("#\n", 200_000),
	} {
		_, err := definition.Read([]byte(text))
		require.Error(t, err, name)
		problems(t, err)
	}
}

// All problems are told at once.
func TestReadTellsAll(t *testing.T) {
	t.Parallel()
	_, err := definition.Read([]byte("name: 1\nrevision: x\nfoo: 2\n"))
	require.Len(t, strings.Split(problems(t, err), "\n"), 4)
	_, err = definition.Read([]byte("states: {" + strings.Repeat("a: {zz: 1}, ", 1) + strings.Repeat("b: 1, ", 1) + "}\n"))
	require.Error(t, err)
	many := "states:\n"
	for i := range 100 {
		many += "  s" + string(rune('a'+i/10)) + string(rune('a'+i%10)) + ": 1\n"
	}
	_, err = definition.Read([]byte(many))
	require.Contains(t, problems(t, err), "and 80 more")
}

// Hostile text costs neither long nor a panic: nesting, and everything that is known to make YAML
// parsers slow, at the full size that is admitted.
func TestReadHostile(t *testing.T) {
	t.Parallel()
	size := 256 << 10
	if testing.Short() {
		size /= 16
	}
	fill := func(s string) string { return strings.Repeat(s, size/len(s)) }
	for name, text := range map[string]string{
		"brackets": fill("["), "braces": fill("{"), "pairs": fill("{a: "), "dashes": fill("- "),
		"bracket lines": fill("[\n"), "question marks": fill("? "), "questions": fill("?\n "), "colons": fill(":"), "quotes": fill("'"),
		"anchors": fill("&a "), "aliases": "a: &a 1\nb: [" + fill("*a,"), "tags": fill("!!a "),
		"comments": fill("#a\n"), "keys": fill("a: 1\n"), "flow keys": "{" + fill("a,"), "backslash": `"` + fill(`\x`),
		"literal": "a: |\n" + fill(" b\n"), "folded": "a: >\n" + fill(" b\n\n"), "documents": fill("---\n"),
		"indent": func() string {
			var b strings.Builder
			for i := 0; b.Len() < size-1000 && i < 700; i++ {
				b.WriteString(strings.Repeat(" ", i) + "a:\n")
			}
			return b.String()
		}(),
	} {
		began := time.Now()
		_, err := definition.Read([]byte(text))
		require.Error(t, err, name)
		t.Logf("%-15s %v", name, time.Since(began))
	}
}

// A copy of a definition has its digest, and a change in the one is none in the other.
func TestClone(t *testing.T) {
	t.Parallel()
	def, err := definition.Read([]byte(small))
	require.NoError(t, err)
	clone, err := def.Clone()
	require.NoError(t, err)
	before, err := def.Digest()
	require.NoError(t, err)
	same, err := clone.Digest()
	require.NoError(t, err)
	require.Equal(t, before, same)
	clone.Commands["go"].Actors[0] = "operator"
	clone.Transitions[0].Guards[1].Params["max-bytes"] = int64(7)
	after, err := def.Digest()
	require.NoError(t, err)
	require.Equal(t, before, after)
	other, err := clone.Digest()
	require.NoError(t, err)
	require.NotEqual(t, before, other)
	line, column := clone.Where("transitions[0].guards[0]")
	require.Equal(t, []int{17, 14}, []int{line, column})
	line, column = clone.Where("transitions[7]")
	require.Equal(t, []int{0, 0}, []int{line, column})
}

func TestWith(t *testing.T) {
	t.Parallel()
	def := definition.Definition{Settings: map[string]bool{"four-eyes": false}}
	on, err := def.With(map[string]bool{"four-eyes": true})
	require.NoError(t, err)
	require.True(t, on.Settings["four-eyes"])
	require.False(t, def.Settings["four-eyes"])
	_, err = def.With(map[string]bool{"six-eyes": true})
	require.Contains(t, problems(t, err), "no setting six-eyes")
}

func TestKinds(t *testing.T) {
	t.Parallel()
	for kind, row := range map[definition.Kind][2][]string{
		definition.Reference: {{"v/form/1", "a:b=c+d_e-F.9"}, {"", "a b", "ñ", "a\n", strings.Repeat("a", 201)}},
		definition.Digest:    {{strings.Repeat("0f", 32)}, {strings.Repeat("0F", 32), "0f"}},
		definition.Instant: {{"2026-03-09T15:00:00Z", "2026-03-09T15:00:00.000001Z"},
			{"2026-03-09T15:00:00-05:00", "2026-02-30T15:00:00Z", "2026-03-09", "2026-03-09T25:00:00Z",
				"2026-03-09T15:00:00.0000001Z"}},
		definition.Boolean: {{"true", "false"}, {"True", "1", ""}},
		definition.Number:  {{"0", "-12.50", "00012"}, {"1e3", ".5", "1.", "", "--1", "1,5"}},
		definition.Word:    {{"archivo", "a-1"}, {"Archivo", "a b", "", strings.Repeat("a", 41)}},
	} {
		for _, good := range row[0] {
			require.True(t, kind.Admits(good), "%s %q", kind, good)
		}
		for _, bad := range row[1] {
			require.False(t, kind.Admits(bad), "%s %q", kind, bad)
		}
	}
	require.False(t, definition.Kind("prose").Admits("x"), "a kind that there is not admits nothing")
	for name, want := range map[string]bool{"a": true, "a-1": true, "": false, "A": false, "-a": false,
		"a-": false, "a--b": false, "1a": false, strings.Repeat("a", 61): false} {
		require.Equal(t, want, definition.ValidName(name), name)
	}
}

func FuzzRead(f *testing.F) {
	// Seeds are small, because the fuzzer spends its time in making what it finds smaller.
	f.Add([]byte(small))
	for _, s := range []string{"a: [1, {b: c}]", "- ? a\n  : b", "name: \"\\x41\"", "&a [*a]", "{",
		"%YAML 1.1\n---\na: b"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		def, err := definition.Read(text)
		if err != nil {
			problems(t, err)
			return
		}
		digest, err := def.Digest()
		if err != nil {
			t.Fatal(err)
		}
		clone, err := def.Clone()
		if err != nil {
			t.Fatal(err)
		}
		if again, err := clone.Digest(); err != nil || again != digest {
			t.Fatal("a copy is another definition")
		}
	})
}
