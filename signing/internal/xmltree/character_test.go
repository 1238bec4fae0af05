package xmltree

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// plainText, plainName are what the words must find, octet by octet.
func plainText(s []byte, i int) int {
	for ; i < len(s); i++ {
		if c := s[i]; c < 0x20 && c != '\n' && c != '\t' || c == '<' || c == '>' || c == '&' || c == 0xEF {
			break
		}
	}
	return i
}

func plainName(s []byte, i int) int {
	for ; i < len(s); i++ {
		if c := s[i]; !(c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z') {
			break
		}
	}
	return i
}

// TestWords compares the scanning of eight octets at once with that of one: every octet value at
// every place between every two others, and at random.
func TestWords(t *testing.T) {
	t.Parallel()
	check := func(s []byte) {
		require.Equal(t, plainText(s, 0), skipText(s, 0), "%q", s)
		want, got := plainName(s, 0), skipName(s, 0)
		if got+8 <= len(s) { // beyond that it may stop early
			require.Equal(t, want, got, "%q", s)
		}
		require.LessOrEqual(t, got, want, "%q", s)
	}
	s := make([]byte, 16)
	for c := range 256 {
		for _, around := range []byte{0x20, 'a', 'z', '0', '9', '\n', '\t', 0x7F, 0x80, 0xC3, 0xEE, 0xFF} {
			for at := range s {
				for i := range s {
					s[i] = around
				}
				s[at] = byte(c)
				check(s)
			}
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	const often = "aZ09 \n\t\r<>&/=\x00\x08\x0b\x1f\x7f\x80\xc3\xa9\xbc\xbe\xa6\xef\xbf\xff"
	s = make([]byte, 40)
	for range 100_000 {
		s = s[:random.IntN(cap(s))]
		for i := range s {
			s[i] = 'a' + byte(random.IntN(26))
			if random.IntN(8) == 0 {
				s[i] = often[random.IntN(len(often))]
			}
			if random.IntN(32) == 0 {
				s[i] = byte(random.IntN(256))
			}
		}
		check(s)
	}
}

func TestSameName(t *testing.T) {
	t.Parallel()
	for n := 1; n < 40; n++ {
		for tail := range 10 {
			s := make([]byte, 2*n+1+tail)
			for i := range n {
				s[i] = byte('a' + i%26)
			}
			copy(s[n+1:], s[:n])
			require.True(t, sameName(s, 0, n+1, n), "%d %d", n, tail)
			for i := range n {
				s[n+1+i] ^= 0x20
				require.False(t, sameName(s, 0, n+1, n), "%d %d %d", n, tail, i)
				s[n+1+i] ^= 0x20
			}
		}
	}
}
