package c14n

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
)

// TestRemoveDotSegments reads the examples of Canonical XML 1.1, appendix A.
func TestRemoveDotSegments(t *testing.T) {
	t.Parallel()
	lines := func(name string) []string {
		b, err := os.ReadFile(certtest.Vectors(t, "c14n", "w3c", "c14n11", "appendixa", name))
		require.NoError(t, err)
		return strings.Split(strings.ReplaceAll(string(b), "\r", ""), "\n")
	}
	in, out := lines("inputs.txt"), lines("outputs.txt")
	judged := 0
	for i, path := range in {
		if i < len(out) && path != "" {
			assert.Equal(t, out[i], string(removeDotSegments([]byte(path))), "%d: %q", i, path)
			judged++
		}
	}
	require.GreaterOrEqual(t, judged, 50)
}

// TestJoinReferences holds the examples of Canonical XML 1.1, 2.4, and of RFC 3986, 5.4.
func TestJoinReferences(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ base, ref, want string }{
		{"abc/", "../", ""}, {"../", "../", "../../"}, {"..", "..", "../../"},
		{"foo/bar", "..", ""}, {"..", "x", "../x"}, {".", "..", "../"},
		{"http://a/b/c/d;p?q", "g:h", "g:h"}, {"http://a/b/c/d;p?q", "g", "http://a/b/c/g"},
		{"http://a/b/c/d;p?q", "./g", "http://a/b/c/g"},
		{"http://a/b/c/d;p?q", "g/", "http://a/b/c/g/"}, {"http://a/b/c/d;p?q", "/g", "http://a/g"},
		{"http://a/b/c/d;p?q", "//g", "http://g"},
		{"http://a/b/c/d;p?q", "?y", "http://a/b/c/d;p?y"},
		{"http://a/b/c/d;p?q", "g?y", "http://a/b/c/g?y"},
		{"http://a/b/c/d;p?q", "", "http://a/b/c/d;p?q"},
		{"http://a/b/c/d;p?q", "../g", "http://a/b/g"},
		{"http://a/b/c/d;p?q", "../../g", "http://a/g"},
		{"http://a/b/c/d;p?q", "../../../g", "http://a/g"},
		{"http://a/b/c/d;p?q", "/./g", "http://a/g"},
		{"http://a/b/c/d;p?q", "g..", "http://a/b/c/g.."},
		{"http://a/b/c/d;p?q", "./g/.", "http://a/b/c/g/"},
		{"http://a/b/c/d;p?q", ";x=1/../y", "http://a/b/c/y"},
		{"http://a/b/c/d;p?q", "g?y/../x", "http://a/b/c/g?y/../x"},
		{"http://a", "b", "http://a/b"}, {"http://a?q", "b", "http://a/b"}, {"x..", "y", "y"},
		{"a/x../", "..", "a/"},
		{"a/b", "c#f", "a/c"}, {"a/b#f", "c", "a/c"}, {"", "a/../..", "../"}, {"a:b", "c", "a:c"},
	} {
		assert.Equal(t, c.want, string(joinReferences([]byte(c.base), []byte(c.ref))), "%q %q", c.base, c.ref)
	}
}
