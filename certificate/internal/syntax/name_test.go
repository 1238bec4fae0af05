package syntax

import (
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/certificate/internal/der"
)

// nameVectors reads the names of the folder by the file's name; those that do not read are nil.
func nameVectors(t *testing.T) map[string]Name {
	t.Helper()
	dir := certtest.Vectors(t, "x509", "boringssl-verify_name_match_unittest")
	files, err := filepath.Glob(filepath.Join(dir, "*.pem"))
	require.NoError(t, err)
	require.Len(t, files, 82)
	names := map[string]Name{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		b, _ := pem.Decode(data)
		r := der.NewReader(b.Bytes)
		n := ReadName(&r, "name")
		r.End("name")
		if r.Err() != nil {
			n = nil
		}
		names[strings.TrimSuffix(filepath.Base(file), ".pem")] = n
	}
	return names
}

func TestNameReading(t *testing.T) {
	t.Parallel()
	for file, n := range nameVectors(t) {
		assert.Equal(t, strings.HasPrefix(file, "invalid-"), n == nil, file)
	}
}

// TestNameMatching: case and spaces do not count in strings that RFC 5280, 7.1 prepares, and their
// types do not either; T61String compares by octets; an attribute or an RDN more is another name.
func TestNameMatching(t *testing.T) {
	t.Parallel()
	names := nameVectors(t)
	types := []string{"PRINTABLESTRING", "T61STRING", "UTF8", "BMPSTRING", "UNIVERSALSTRING"}
	for _, a := range types {
		for _, b := range types {
			same := a == b || a != "T61STRING" && b != "T61STRING"
			plain := names["ascii-"+a+"-unmangled"]
			assert.Equal(t, same, plain.Equal(names["ascii-"+b+"-unmangled"]), "%s %s", a, b)
			for _, mangled := range []string{"case_swap", "extra_whitespace"} {
				assert.Equal(t, same && a != "T61STRING",
					plain.Equal(names["ascii-"+b+"-"+mangled]), "%s %s %s", a, b, mangled)
			}
			for _, more := range []string{"extra_attr", "extra_rdn", "dupe_attr"} {
				other := names["ascii-"+b+"-unmangled-"+more]
				assert.True(t, other.Equal(other))
				assert.False(t, plain.Equal(other), "%s %s %s", a, b, more)
			}
			extra := names["ascii-"+a+"-unmangled-extra_attr"]
			assert.False(t, extra.Equal(names["ascii-"+b+"-unmangled-dupe_attr"]))
			within := func(n, base Name) bool {
				return strings.HasPrefix(string(n.Canonical()), string(base.Canonical()))
			}
			base := names["ascii-"+b+"-unmangled"]
			assert.Equal(t, same, within(names["ascii-"+a+"-unmangled-extra_rdn"], base))
			assert.False(t, within(names["ascii-"+a+"-unmangled-extra_attr"], base))
			assert.False(t, within(plain, names["ascii-"+b+"-unmangled-extra_rdn"]))
		}
	}
	for _, pair := range [][2]string{
		{"ascii-PRINTABLESTRING-rdn_sorting_1", "ascii-PRINTABLESTRING-rdn_sorting_2"},
		{"ascii-mixed-rdn_dupetype_sorting_1", "ascii-mixed-rdn_dupetype_sorting_2"},
		{"unicode_bmp-BMPSTRING-unmangled", "unicode_bmp-UTF8-unmangled"},
		{"unicode_bmp-BMPSTRING-unmangled", "unicode_bmp-UNIVERSALSTRING-unmangled"},
		{"unicode_supplementary-UTF8-unmangled", "unicode_supplementary-UNIVERSALSTRING-unmangled"},
	} {
		assert.True(t, names[pair[0]].Equal(names[pair[1]]), "%v", pair)
	}
	assert.False(t, names["valid-Name-empty"].Equal(names["valid-minimal"]))
	assert.True(t, names["valid-Name-empty"].Empty())
}

// TestNamePreparation is RFC 4518 beyond ASCII.
func TestNamePreparation(t *testing.T) {
	t.Parallel()
	for a, b := range map[string]string{
		"Núñez  Peña": "NÚÑEZ PEN\u0303A", "Straße": "STRASSE", "a\u00adb": "ab", "a\u00a0b": "a b",
		" x ": "x", "\ufb01n": "fin", "ΣΑΣ": "σας",
	} {
		assert.Equal(t, prepare(a), prepare(b), "%q %q", a, b)
	}
	assert.NotEqual(t, prepare("Nunez"), prepare("Núñez"))
}
