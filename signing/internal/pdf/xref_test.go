package pdf

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseEntry(t *testing.T) {
	t.Parallel()
	e, ok := parseEntry((*[entrySize]byte)([]byte("0000012345 00007 n \n")))
	require.True(t, ok)
	require.Equal(t, entry{kind: entryPlain, offset: 12345, gen: 7}, e)
	good := []byte("0000012345 00007 n \n")
	for at := range good {
		for c := range 256 {
			bad := bytes.Clone(good)
			bad[at] = byte(c)
			_, ok := parseEntry((*[entrySize]byte)(bad))
			digit := isDigit(byte(c)) && (at < 10 || at > 10 && at < 16)
			fine := digit || byte(c) == good[at] || at == 17 && c == 'f' || at > 17 && isSpace(byte(c))
			if at == 11 && c > '6' { // a generation above 65,535
				fine = false
			}
			if at == 11 && c == '6' {
				continue
			}
			require.Equal(t, fine, ok, "%q", bad)
		}
	}
}

// build writes a file of two objects with a table made by rows.
func build(rows, trailer string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n1 0 obj\n<</Type/Catalog>>\nendobj\n2 0 obj\n(two)\nendobj\n")
	at := b.Len()
	fmt.Fprintf(&b, "xref\n%strailer\n<</Size 3/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n", rows,
		trailer, at)
	return b.Bytes()
}

func TestTables(t *testing.T) {
	t.Parallel()
	const first, second = "0000000009", "0000000042"
	for name, rows := range map[string]string{
		"usual": "0 3\n0000000000 65535 f \n" + first + " 00000 n \n" + second +
			" 00000 n \n",
		"line ends of two": "0 3\r\n0000000000 65535 f\r\n" + first + " 00000 n\r\n" + second +
			" 00000 n\r\n",
		"of one octet":       "0 3\n0000000000 65535 f\n" + first + " 00000 n\n" + second + " 00000 n\n",
		"padded with spaces": "0 3\n         0 65535 f \n         9 00000 n \n        42 00000 n \n",
		"two subsections": "0 1\n0000000000 65535 f \n1 2\n" + first + " 00000 n \n" + second +
			" 00000 n \n",
		"one by one": "2 1\n" + second + " 00000 n \n1 1\n" + first + " 00000 n \n",
		"starting with one": "1 3\n0000000000 65535 f \n" + first + " 00000 n \n" + second +
			" 00000 n \n",
		"line after a space": "0 3 \n0000000000 65535 f \n" + first + " 00000 n \n" + second +
			" 00000 n \n",
	} {
		doc := build(rows, "")
		f, err := Open(bytes.NewReader(doc), int64(len(doc)), Options{})
		require.NoError(t, err, name)
		o, err := f.Current().Load(Ref{Num: 2})
		require.NoError(t, err, name)
		require.True(t, Equal(Text("two"), o), "%s: %v", name, o)
		require.NotNil(t, f.Current().Root(), name)
		require.NotZero(t, f.Revisions()[0].EOF, name)
	}
	for name, rows := range map[string]string{
		"cut":      "0 3\n0000000000 65535 f \n",
		"letters":  "0 3\nabcdefghij 65535 f \n",
		"negative": "0 -3\n",
		"too many": "0 99999999999\n0000000000 65535 f \n",
		"no kind":  "0 2\n0000000000 65535 f \n" + first + " 00000 x \n",
		"nothing":  strings.Repeat("\n", 10) + "0\n",
	} {
		doc := build(rows, "")
		_, err := Open(bytes.NewReader(doc), int64(len(doc)), Options{})
		var syntax *SyntaxError
		require.ErrorAs(t, err, &syntax, name)
	}
}
