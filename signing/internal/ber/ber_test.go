package ber_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/ber"
)

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	require.NoError(t, err)
	return b
}

func TestToDER(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ in, out string }{
		"already":                  {"30 03 02 01 05", "30 03 02 01 05"},
		"indefinite":               {"30 80 02 01 05 00 00", "30 03 02 01 05"},
		"long length":              {"30 81 03 02 01 05", "30 03 02 01 05"},
		"leading zeros":            {"30 84 00 00 00 03 02 01 05", "30 03 02 01 05"},
		"segments":                 {"24 80 04 01 61 04 02 62 63 00 00", "04 03 61 62 63"},
		"segments within segments": {"24 80 24 04 04 02 61 62 04 01 63 00 00", "04 03 61 62 63"},
		"no segments":              {"24 00", "04 00"},
		"segments of bits":         {"23 80 03 02 00 ff 03 02 04 f0 00 00", "03 03 04 ff f0"},
		"string in octet segments": {"2c 80 04 01 61 04 01 62 00 00", "0c 02 61 62"},
		"order of sets is kept":    {"31 80 02 01 02 02 01 01 00 00", "31 06 02 01 02 02 01 01"},
		"inside":                   {"30 05 30 80 05 00 00 00", ""},
		"deep inside":              {"30 06 a0 80 05 00 00 00", "30 04 a0 02 05 00"},
		"high tag":                 {"bf 81 00 80 05 00 00 00", "bf 81 00 02 05 00"},
	} {
		out, err := ber.ToDER(unhex(t, c.in), 0)
		if c.out == "" {
			require.Error(t, err, name)
			continue
		}
		require.NoError(t, err, name)
		assert.Equal(t, unhex(t, c.out), out, name)
		assert.True(t, ber.IsDER(out), name)
		assert.Equal(t, bytes.Equal(out, unhex(t, c.in)), ber.IsDER(unhex(t, c.in)), name)
	}
}

func TestMalformed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		in   string
		at   int64
		code signing.Code
	}{
		"nothing":              {"", 0, signing.CodeUnreadable},
		"a tag":                {"30", 0, signing.CodeUnreadable},
		"half a length":        {"30 82 01", 0, signing.CodeUnreadable},
		"too long":             {"30 05 02 01 05", 0, signing.CodeUnreadable},
		"inside too long":      {"30 03 02 05 05", 2, signing.CodeUnreadable},
		"indefinite primitive": {"30 80 04 80 00 00 00 00", 2, signing.CodeUnreadable},
		"reserved length":      {"30 ff", 0, signing.CodeUnreadable},
		"length of nine octets": {"30 89 00 00 00 00 00 00 00 00 01 05", 0,
			signing.CodeLimitExceeded},
		"exabytes": {"30 88 7f ff ff ff ff ff ff ff", 0,
			signing.CodeLimitExceeded},
		"no end":                   {"30 80 05 00", 4, signing.CodeUnreadable},
		"an end too many":          {"30 02 00 00", 2, signing.CodeUnreadable},
		"low tag in the long form": {"1f 1e 00", 0, signing.CodeUnreadable},
		"tag of five octets":       {"1f 81 81 81 81 01 00", 0, signing.CodeLimitExceeded},
		"other segments":           {"24 80 02 01 05 00 00", 2, signing.CodeUnreadable},
		"unused bits in the middle": {"23 80 03 02 04 f0 03 02 00 ff 00 00", 6,
			signing.CodeUnreadable},
		"bits without their octet":   {"23 80 03 00 00 00", 2, signing.CodeUnreadable},
		"nested without end":         {strings.Repeat("30 80 ", 100), 0, signing.CodeLimitExceeded},
		"nested with lengths to end": {strings.Repeat("30 7f ", 100), 0, signing.CodeUnreadable},
	} {
		_, err := ber.ToDER(unhex(t, c.in), 0)
		bad, ok := errors.AsType[*ber.Error](err)
		require.True(t, ok, "%s: %v", name, err)
		assert.Equal(t, c.code, bad.Code(), "%s: %v", name, err)
		if !strings.HasPrefix(name, "nested") {
			assert.Equal(t, c.at, bad.Offset, "%s: %v", name, err)
		}
	}
}

// slow gives one octet at a time, and counts.
type slow struct {
	r    io.Reader
	read int
}

func (s *slow) Read(p []byte) (int, error) {
	n, err := s.r.Read(p[:min(1, len(p))])
	s.read += n
	return n, err
}

// TestLyingLengths: a length that lies costs what is there, not what it says.
func TestLyingLengths(t *testing.T) {
	t.Parallel()
	in := &slow{r: bytes.NewReader(append(unhex(t, "04 84 7f ff ff ff"), make([]byte, 1000)...))}
	_, err := ber.NewDecoder(in).Raw(1 << 32)
	require.Error(t, err)
	assert.Equal(t, 1006, in.read)
	_, err = ber.NewDecoder(bytes.NewReader(unhex(t, "04 84 7f ff ff ff"))).Raw(1 << 20)
	bad, ok := errors.AsType[*ber.Error](err)
	require.True(t, ok)
	assert.True(t, bad.Limit)
}

func TestSortSet(t *testing.T) {
	t.Parallel()
	set := [][]byte{{2, 1, 2}, {2, 1, 1}, {1, 1, 0xff}}
	assert.False(t, ber.SortSet(set))
	assert.Equal(t, [][]byte{{1, 1, 0xff}, {2, 1, 1}, {2, 1, 2}}, set)
	assert.True(t, ber.SortSet(set))
}
