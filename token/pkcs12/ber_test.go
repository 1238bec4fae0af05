package pkcs12

import (
	"bytes"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/cryptobyte"
)

// loosen rewrites DER as BER of the loosest kind: every constructed value of indefinite length,
// every octet string in pieces, every other length longer than needed.
func loosen(der []byte) []byte {
	var out []byte
	for len(der) > 0 {
		tag, header, length := der[0], 2, int(der[1])
		if der[1] >= 0x80 {
			length = 0
			for _, b := range der[2 : 2+der[1]&0x7f] {
				length = length<<8 | int(b)
			}
			header += int(der[1] & 0x7f)
		}
		content := der[header : header+length]
		der = der[header+length:]
		switch {
		case tag&constructed != 0:
			out = append(append(append(out, tag, 0x80), loosen(content)...), 0, 0)
		case tag == tagOctetString:
			out = append(out, tagConstructedOctetString, 0x80)
			for len(content) > 0 {
				piece := content[:min(len(content), 100)]
				content = content[len(piece):]
				out = append(append(out, tagOctetString, 0x81, byte(len(piece))), piece...)
			}
			out = append(out, 0, 0)
		default:
			out = append(
				append(out, tag, 0x84, 0, byte(length>>16), byte(length>>8), byte(length)),
				content...)
		}
	}
	return out
}

func TestDEROfUndoesBER(t *testing.T) {
	t.Parallel()
	for _, der := range [][]byte{
		{0x30, 0},
		{0x30, 3, 2, 1, 5},
		append([]byte{0x30, 0x82, 1, 6, 0x04, 0x82, 1, 2}, make([]byte, 258)...),
		{0x30, 9, 0xa0, 5, 0x30, 3, 4, 1, 7, 5, 0},
		{0x04, 0},
	} {
		got, err := derOf("test", der)
		require.NoError(t, err)
		require.Equal(t, der, got)
		got, err = derOf("test", loosen(der))
		require.NoError(t, err, "%x", loosen(der))
		require.Equal(t, der, got)
	}
}

func TestDEROfRefuses(t *testing.T) {
	t.Parallel()
	for name, ber := range map[string][]byte{
		"empty":                    {},
		"no length":                {0x30},
		"cut":                      {0x30, 2, 5},
		"cut in long length":       {0x30, 0x82, 1},
		"length of length":         {0x30, 0x89, 1, 1, 1, 1, 1, 1, 1, 1, 1},
		"huge":                     {0x30, 0x88, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
		"after the value":          {0x30, 0, 0},
		"indefinite primitive":     {0x04, 0x80, 0, 0},
		"indefinite without end":   {0x30, 0x80, 5, 0},
		"child longer than parent": {0x30, 2, 4, 1, 7},
		"high tag":                 {0x3f, 0x81, 1, 0},
		"mixed octet string":       {0x24, 3, 2, 1, 5},
	} {
		_, err := derOf("test", ber)
		var m *MalformedError
		require.True(t, errors.As(err, &m), "%s: %v", name, err)
	}
	var limit *LimitError
	_, err := derOf("test", bytes.Repeat([]byte{0x30, 0x80}, 100))
	require.ErrorAs(t, err, &limit)
	require.Equal(t, "depth", limit.Limit)
	many := append([]byte{0x30, 0x83, 3, 0, 0}, bytes.Repeat([]byte{5, 0}, 3<<15)...)
	_, err = derOf("test", many)
	require.ErrorAs(t, err, &limit)
	require.Equal(t, "elements", limit.Limit)
}

// The example of RFC 2268, 5: 8 octets of key, 64 bits effective; and both directions with the key
// sizes of PKCS #12.
func TestRC2(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ key, plain, want []byte }{
		{
			[]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, bytes.Repeat([]byte{0xff}, 8),
			[]byte{0x27, 0x8b, 0x27, 0xe4, 0x2e, 0x2f, 0x0d, 0x49},
		},
		{
			[]byte{0x30, 0, 0, 0, 0, 0, 0, 0}, []byte{0x10, 0, 0, 0, 0, 0, 0, 1},
			[]byte{0x30, 0x64, 0x9e, 0xdf, 0x9b, 0xe7, 0xd2, 0xc2},
		},
		{
			[]byte{0x88, 0xbc, 0xa9, 0x0e, 0x90, 0x87, 0x5a, 0x7f, 0x0f, 0x79, 0xc3, 0x84, 0x62, 0x7b, 0xaf, 0xb2},
			make([]byte, 8), []byte{0x22, 0x69, 0x55, 0x2a, 0xb0, 0xf8, 0x5c, 0xa6},
		},
	} {
		block, err := newRC2(c.key)
		require.NoError(t, err)
		out := make([]byte, 8)
		block.Encrypt(out, c.plain)
		require.Equal(t, c.want, out)
		block.Decrypt(out, out)
		require.Equal(t, c.plain, out)
	}
}

func TestSpellings(t *testing.T) {
	t.Parallel()
	require.Equal(t, []spelling{{bmp: []byte{0, 0}}, {}}, spellings(nil))
	require.Equal(
		t, []spelling{{bmp: []byte{0, 'a', 0, 0}, raw: []byte("a")}}, spellings([]byte("a")))
	ways := spellings([]byte("é"))
	require.Equal(t, []byte{0, 0xe9, 0, 0}, ways[0].bmp)
	require.Equal(t, []byte{0, 0xc3, 0, 0xa9, 0, 0}, ways[1].bmp)
	require.Equal(t, []byte{0xd8, 0x3d, 0xde, 0x00, 0, 0}, spellings([]byte("😀"))[0].bmp)
	require.Len(t, spellings([]byte{0xff}), 1)
}

func TestReadCountKeepsHugeNumbersHuge(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		der  []byte
		want int
		ok   bool
	}{
		{[]byte{2, 1, 1}, 1, true},
		{[]byte{2, 2, 8, 0}, 2048, true},
		{[]byte{2, 4, 0x7f, 0xff, 0xff, 0xff}, 1<<31 - 1, true},
		{[]byte{2, 5, 1, 0, 0, 0, 1}, 1<<31 - 1, true},
		{[]byte{2, 9, 1, 0, 0, 0, 0, 0, 0, 0, 1}, 1<<31 - 1, true},
		{[]byte{2, 1, 0}, 0, false},
		{[]byte{2, 1, 0xff}, 0, false},
		{[]byte{2, 0}, 0, false},
	} {
		var got int
		input := cryptobyte.String(c.der)
		ok := readCount(&input, &got)
		require.Equal(t, c.ok, ok, "%x", c.der)
		if ok {
			require.Equal(t, c.want, got, "%x", c.der)
		}
	}
	require.Equal(t, 1<<31-1, product(1<<31-1, 3))
}
