package workflow_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/workflow"
	"github.com/rubrica/rubrica/workflow/definition"
)

func TestCompileReal(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"icert-natural.yaml", "vuce.yaml"} {
		p := compile(t, load(t, file))
		require.NotZero(t, p.Pin().Digest)
		again := compile(t, load(t, file))
		require.Equal(t, p.Pin(), again.Pin())
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	def := load(t, "icert-natural.yaml")
	four := compile(t, def)
	require.Equal(t, []string{"approve", "cancel"}, four.Can("verified", "operator"))
	off, err := def.With(map[string]bool{"four-eyes": false})
	require.NoError(t, err)
	two := compile(t, off)
	require.Equal(t, []string{"cancel", "issue"}, two.Can("verified", "operator"))
	require.NotContains(t, two.Definition().States, "approved")
	require.NotEqual(t, four.Pin().Digest, two.Pin().Digest, "a setting is part of the version")
	require.True(t, def.Settings["four-eyes"], "the original is untouched")
	_, err = def.With(map[string]bool{"six-eyes": true})
	var de *definition.Error
	require.ErrorAs(t, err, &de)
}

// Each row spoils one place of small, and says what Compile finds and where.
func TestCompileRefuses(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, old, new, want string }{
		{"unreachable state", "  end: {final", "  island: {waits: x}\n  end: {final",
			"line 10, column 11: states.island: cannot be reached"},
		{"no way out", "to: end}\ntimers:\n  - {name: late, while: second, after: {days: 2, clock: calendar}, to: end}",
			"to: first}\ntimers:\n  - {name: late, while: second, after: {days: 2, clock: calendar}, to: first}",
			"line 8, column 10: states.first: no way leads"},
		{"trap", "  second: {}", "  second: {waits: x}\n  trap: {waits: x}", "states.trap: cannot be reached"},
		{"dead end", "{on: open, to: first}", "{on: open, to: first}\n  - {on: open, to: second}", "can never happen"},
		{"final with exits", "from: second, to: end}\n", "from: second, to: end}\n  - {on: go, from: end, to: second}\n",
			`line 20, column 20: transitions[2].from: state "end" is final and has no exits`},
		{"timer in a final state", "while: second,", "while: [second, end],", `state "end" is final`},
		{"no deadline", "second: {}", "second: {}\n  third: {}", "states.third: waits without a deadline"},
		{"a reminder is no deadline", "calendar}, to: end}", "calendar}, effects: [{do: mail, with: {template: x}}]}",
			"states.second: waits without a deadline"},
		{"a deadline that stays is none", "calendar}, to: end}", "calendar}, to: second}", "states.second: waits without a deadline"},
		{"timer without clock", "{days: 2, clock: calendar}", "{days: 2}", "line 21, column 40: timers[0].after: it has no clock"},
		{"unknown clock", "clock: calendar", "clock: lunar", "unknown clock"},
		{"business without country", "clock: calendar", "clock: business", "need a country"},
		{"unknown country", "clock: calendar", "clock: business, country: XX", `no holidays known for country "XX"`},
		{"unknown region", "clock: calendar", "clock: business, country: EC, region: x", `no region "x"`},
		{"business hours", "{days: 2, clock: calendar}", "{hours: 2, clock: business, country: EC}", "whole days"},
		{"no length", "{days: 2, clock", "{clock", "must be positive"},
		{"negative", "{days: 2, clock", "{days: -2, clock", "must be positive"},
		{"too long", "{days: 2, clock", "{days: 99999, clock", "up to 20 years"},
		{"until", "clock: calendar}", "clock: calendar, until: noon, country: EC}", "must be instant or close"},
		{"country for nothing", "clock: calendar}", "clock: calendar, country: EC}", "a country goes with"},
		{"neither after nor before", "after: {days: 2, clock: calendar}, ", "", "exactly one of after and before"},
		{"before what", "after: {days", "before: {days", "before needs from"},
		{"from what", "after: {days", "from: ref, after: {days", `no datum "ref" of kind instant`},
		{"timers in a circle", "  - {name: late, while: second, after: {days: 2, clock: calendar}, to: end}",
			"  - {name: late, while: second, from: at, after: {days: 2, clock: calendar}, to: first}\n" +
				"  - {name: early, while: first, from: at, after: {days: 2, clock: calendar}, to: second}",
			"cannot know that datum"},
		{"timer does nothing", "calendar}, to: end}", "calendar}}", "it does nothing"},
		{"timer twice", "\ntimers:\n", "\ntimers:\n  - {name: late, while: first, after: {days: 1, clock: calendar}, to: end}\n",
			`timer "late" stands twice`},
		{"timer nowhere", "while: second, ", "", "names no state"},
		{"unknown guard", "guards: [mail-confirmed", "guards: [mood", `line 17, column 14: transitions[0].guards[0]: unknown guard "mood"`},
		{"guard parameter", "max-bytes: 10", "max-byte: 10", `guard "documents": unknown field "max-byte"`},
		{"guard parameter type", "max-bytes: 10", "max-bytes: ten", `parameter "max-bytes" is a string`},
		{"guard without parameters", "guards: [mail-confirmed", "guards: [{use: mail-confirmed, with: {a: 1}}", "unknown field"},
		{"unknown effect", "do: mail", "do: telegram", `unknown effect "telegram"`},
		{"effect parameter", "template: hello", "pattern: hello", `effect "mail": unknown field`},
		{"unknown actor", "actors: [applicant]", "actors: [nobody]", `line 5, column 18: commands.open.actors: unknown actor "nobody"`},
		{"no actor", "actors: [applicant]}", "actors: []}", "nobody may give it"},
		{"unknown datum", "with: [ref]", "with: [reff]", `unknown datum "reff"`},
		{"datum twice", "may: [at]", "may: [ref]", `datum "ref" stands twice`},
		{"unknown kind", "ref: reference", "ref: prose", `unknown kind "prose"`},
		{"unknown command", "{on: open, to", "{on: opened, to", `unknown command "opened"`},
		{"unused command", "  go: {", "  wait: {actors: [operator]}\n  go: {", "commands.wait: no transition takes it"},
		{"system command without effect", "  go: {actors: [applicant, operator]", "  go: {actors: [system]",
			"only the system may give it, and no effect answers with it"},
		{"unknown target", "to: second", "to: seconds", `line 16, column 9: transitions[0].to: unknown state "seconds"`},
		{"unknown source", "from: first", "from: firsts", `unknown state "firsts"`},
		{"source twice", "from: first", "from: [first, first]", "stands twice"},
		{"no source", "    from: first\n", "", "it comes from no state"},
		{"start with source", "{on: open, to: first}", "{on: open, from: second, to: first}", "comes from nowhere"},
		{"start without target", "{on: open, to: first}", "{on: open}", "a start leads to a state"},
		{"no start", "start:\n  - {on: open, to: first}\n", "", "nothing starts an instance"},
		{"dead transition", "from: second, to: end}\n", "from: second, to: end}\n  - {on: go, from: second, to: first}\n",
			"line 20, column 5: transitions[2]: can never happen"},
		{"dead start", "{on: open, to: first}", "{on: open, to: first}\n  - {on: open, to: second}", "start[1]: can never happen"},
		{"no final state", "end: {final: done}", "end: {waits: x}", "no state is final"},
		{"final state that waits", "{final: done}", "{final: done, waits: x}", "a final state does not wait"},
		{"final word", "{final: done}", "{final: All Done}", "a final word has"},
		{"no revision", "revision: 1\n", "", "revision: must be 1 or more"},
		{"name", "name: small", "name: Small", "a name has lower-case"},
		{"state name", "second: {}", "Second: {}", "a name has lower-case"},
		{"long name", "name: small", "name: a" + strings.Repeat("b", 70), "a name has lower-case"},
		{"setting", "second: {}", "second: {if: six-eyes}", `no setting "six-eyes"`},
		{"answers unknown", "template: hello}", "template: hello}, answers: {done: finished}", `unknown command "finished"`},
		{"answers not for system", "template: hello}", "template: hello}, answers: {done: go}", "not for the actor system"},
		{"unknown claim", "    to: second", "    claims: [{use: crown, hold: life}]\n    to: second", `unknown claim "crown"`},
		{"hold", "    to: second", "    claims: [{use: nit, hold: long}]\n    to: second", "hold must be"},
		{"hold while nothing", "    to: second", "    claims: [{use: nit, hold: while}]\n    to: second", "names no state"},
		{"hold that ends at once", "    to: second", "    claims: [{use: nit, hold: while, while: first}]\n    to: second", "would end"},
		{"while without hold", "    to: second", "    claims: [{use: nit, hold: life, while: first}]\n    to: second", "while goes with"},
		{"taken what", "guards: [mail", "guards: [{use: taken, with: {claim: nit}}, mail", `no claim "nit"`},
		{"other than what", "guards: [mail", "guards: [{use: other-person, with: {than: dance}}, mail", `unknown command "dance"`},
		{"other than", "guards: [mail", "guards: [other-person, mail", "takes the parameter than"},
	} {
		text := strings.Replace(small, row.old, row.new, 1)
		require.NotEqual(t, small, text, row.name)
		def, err := definition.Read([]byte(text))
		require.NoError(t, err, row.name)
		_, err = workflow.Compile(def, vocabulary())
		require.Error(t, err, row.name)
		require.Contains(t, problems(t, err), row.want, row.name)
	}
}

// What a setting switches off is gone before anything is judged, and the lines of the rest stay.
func TestSettingsPrune(t *testing.T) {
	t.Parallel()
	text := strings.Replace(small, "revision: 1", "revision: 1\nsettings: {extra: false}", 1)
	text = strings.Replace(text, "  second: {}", "  second: {}\n  island: {if: extra}", 1)
	text = strings.Replace(text, "while: second", "while: [second, island]", 1)
	def, err := definition.Read([]byte(text))
	require.NoError(t, err)
	p := compile(t, def)
	require.Equal(t, []string{"second"}, p.Definition().Timers[0].While)
	on, err := def.With(map[string]bool{"extra": true})
	require.NoError(t, err)
	_, err = workflow.Compile(on, vocabulary())
	require.Contains(t, problems(t, err), "line 11, column 11: states.island: cannot be reached")
}

// Changing any part of a definition changes its digest.
func TestDigest(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, row := range [][2]string{
		{"", ""}, {"days: 2", "days: 3"}, {"max-bytes: 10", "max-bytes: 11"}, {"final: done", "final: over"},
		{"template: hello", "template: bye"}, {"[a, b]", "[b, a]"}, {"revision: 1", "revision: 2"},
		{"for nothing in particular", "for something"}, {"may: [at]", "may: []"},
	} {
		def, err := definition.Read([]byte(strings.Replace(small, row[0], row[1], 1)))
		require.NoError(t, err)
		digest := compile(t, def).Pin().Digest.String()
		require.Empty(t, seen[digest], row[1])
		seen[digest] = row[1]
	}
}

// The definition that the package comment shows works.
func TestCompileComment(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	_, after, ok := strings.Cut(string(text), "with every key that there is:\n//\n")
	require.True(t, ok)
	shown, _, ok := strings.Cut(after, "//\n// A span")
	require.True(t, ok)
	def, err := definition.Read([]byte(strings.ReplaceAll(shown, "//\t", "")))
	require.NoError(t, err)
	pass := func(definition.Params) (workflow.Guard, error) {
		return func(workflow.Check) *workflow.Refusal { return nil }, nil
	}
	_, err = workflow.Compile(def, workflow.Vocabulary{
		Actors: []string{"librarian"}, Guards: map[string]workflow.GuardMaker{"open-hours": pass},
		Claims:  map[string]workflow.ClaimMaker{"copy": claimData("copy", "copy")},
		Effects: map[string]func(definition.Params) error{"mail": vocabulary().Effects["mail"], "remind": nil},
	})
	require.NoError(t, err)
}
