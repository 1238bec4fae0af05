package workflow_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/workflow"
	"github.com/rubrica/rubrica/workflow/definition"
)

// small is the smallest definition with everything that the refusals of the tests spoil.
var small = func() string {
	text, err := os.ReadFile("testdata/small.yaml")
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

func TestSmall(t *testing.T) {
	t.Parallel()
	def, err := definition.Read([]byte(small))
	require.NoError(t, err)
	compile(t, def)
}

func FuzzCompile(f *testing.F) {
	// Seeds are small, because the fuzzer spends its time in making what it finds smaller.
	f.Add([]byte(small))
	for _, s := range []string{"a: [1, {b: c}]", "- ? a\n  : b", "name: \"\\x41\"", "&a [*a]", "{", "%YAML 1.1\n---\na: b"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		def, err := definition.Read(text)
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
