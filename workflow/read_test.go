package workflow_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/workflow"
)

// small is the smallest definition with everything that the refusals below spoil.
const small = `name: small
revision: 1
data: {ref: reference, at: instant}
commands:
  open: {actors: [applicant]}
  go: {actors: [applicant, operator], with: [ref], may: [at]}
states:
  first: {waits: "for nothing in particular"}
  second: {}
  end: {final: done}
start:
  - {on: open, to: first}
transitions:
  - on: go
    from: first
    to: second
    guards: [mail-confirmed, {use: documents, with: {max-bytes: 10, kinds: [a, b]}}]
    effects: [{do: mail, with: {template: hello}}]
  - {on: go, from: second, to: end}
timers:
  - {name: late, while: second, after: {days: 2, clock: calendar}, to: end}
`

func problems(t *testing.T, err error) string {
	t.Helper()
	var de *workflow.DefinitionError
	require.ErrorAs(t, err, &de)
	require.NotEmpty(t, de.Problems)
	return de.Error()
}

func TestSmall(t *testing.T) {
	t.Parallel()
	def, err := workflow.Read([]byte(small))
	require.NoError(t, err)
	compile(t, def)
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
		_, err := workflow.Read([]byte(text))
		require.Error(t, err, row.name)
		require.Contains(t, problems(t, err), row.want, row.name)
	}
	for name, text := range map[string]string{
		"empty": "", "comment": "# nothing", "scalar": "hello", "binary": "\xff\xfe", "tab": "a:\n\tb: c",
		"unclosed": "{", "too large": strings.Repeat("#\n", 200_000),
	} {
		_, err := workflow.Read([]byte(text))
		require.Error(t, err, name)
		problems(t, err)
	}
}

// All problems are told at once.
func TestReadTellsAll(t *testing.T) {
	t.Parallel()
	_, err := workflow.Read([]byte("name: 1\nrevision: x\nfoo: 2\n"))
	require.Len(t, strings.Split(problems(t, err), "\n"), 4)
	_, err = workflow.Read([]byte("states: {" + strings.Repeat("a: {zz: 1}, ", 1) + strings.Repeat("b: 1, ", 1) + "}\n"))
	require.Error(t, err)
	many := "states:\n"
	for i := range 100 {
		many += "  s" + string(rune('a'+i/10)) + string(rune('a'+i%10)) + ": 1\n"
	}
	_, err = workflow.Read([]byte(many))
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
		_, err := workflow.Read([]byte(text))
		require.Error(t, err, name)
		t.Logf("%-15s %v", name, time.Since(began))
	}
}

func FuzzRead(f *testing.F) {
	// Seeds are small, because the fuzzer spends its time in making what it finds smaller.
	f.Add([]byte(small))
	for _, s := range []string{"a: [1, {b: c}]", "- ? a\n  : b", "name: \"\\x41\"", "&a [*a]", "{", "%YAML 1.1\n---\na: b"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		def, err := workflow.Read(text)
		if err != nil {
			problems(t, err)
			return
		}
		p, err := workflow.Compile(def, vocabulary())
		if err != nil {
			problems(t, err)
			return
		}
		again, err := workflow.Compile(p.Definition(), vocabulary())
		if err != nil {
			t.Fatalf("what was compiled does not compile: %v", err)
		}
		if again.Pin().Name != p.Pin().Name {
			t.Fatal("another name")
		}
	})
}
