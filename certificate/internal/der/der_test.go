package der_test

import (
	"bytes"
	"encoding/asn1"
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/internal/der"
)

func TestHeaders(t *testing.T) {
	t.Parallel()
	for octets, problem := range map[string]string{
		"\x30\x00": "", "\x30\x81\x80" + string(make([]byte, 128)): "",
		"\x30":                         "cut short",
		"\x30\x01":                     "longer than what holds it",
		"\x30\x80\x00\x00":             "indefinite length",
		"\x30\x81\x01\x00":             "length not in its shortest form",
		"\x30\x82\x00\x80":             "length not in its shortest form",
		"\x30\x85\x01\x00\x00\x00\x00": "length of more than four octets",
		"\x30\x84\xff\xff\xff\xff":     "longer than 2 GiB",
		"\x30\x82\x01":                 "cut short",
		"":                             "missing",
		"\x31\x00":                     "another type than expected",
	} {
		r := der.NewReader([]byte(octets))
		r.Read("x", der.Sequence)
		if problem == "" {
			assert.NoError(t, r.Err(), "%x", octets)
			continue
		}
		var e *der.SyntaxError
		require.ErrorAs(t, r.Err(), &e, "%x", octets)
		assert.Equal(t, problem, e.Problem, "%x", octets)
	}
	for octets, right := range map[string]bool{"\x1f\x1f\x00": true, "\x1f\x81\x00\x00": true,
		"\x1f\x1e\x00": false, "\x1f\x80\x1f\x00": false, "\x1f\xff\xff\xff\xff\xff\x7f\x00": false,
		"\x1f": false, "\x2c\x00": false, "\x10\x00": false, "\xac\x00": true} {
		r := der.NewReader([]byte(octets))
		r.Any("x")
		assert.Equal(t, right, r.Err() == nil, "%x", octets)
	}
}

// TestOffsets: an error names the octet at which reading stopped, however deep.
func TestOffsets(t *testing.T) {
	t.Parallel()
	document := []byte{0x30, 7, 2, 1, 5, 0x30, 2, 1, 0}
	r := der.NewReader(document)
	outer := r.Read("outer", der.Sequence)
	assert.Equal(t, []byte{5}, outer.Integer("number"))
	inner := outer.Read("inner", der.Sequence)
	assert.False(t, inner.Bool("flag"))
	var e *der.SyntaxError
	require.ErrorAs(t, r.Err(), &e)
	assert.Equal(t, "flag", e.Field)
	assert.Equal(t, 9, e.Offset)
	// After an error nothing more is read, and the first error stays.
	assert.Nil(t, outer.Integer("later"))
	assert.True(t, outer.Empty())
	assert.Equal(t, e, r.Err())
}

func TestIntegers(t *testing.T) {
	t.Parallel()
	for _, n := range []int64{0, 1, 127, 128, 255, 256, -1, -128, -129, -256, 1 << 40, -(1 << 40)} {
		want, err := asn1.Marshal(big.NewInt(n))
		require.NoError(t, err)
		assert.Equal(t, want[2:], der.IntegerContents(big.NewInt(n)), n)
		assert.Zero(t, big.NewInt(n).Cmp(der.BigInt(want[2:])))
		r := der.NewReader(want)
		assert.Equal(t, want[2:], r.Integer("n"))
		require.NoError(t, r.Err())
	}
	for _, bad := range []string{"\x02\x00", "\x02\x02\x00\x7f", "\x02\x02\xff\x80"} {
		r := der.NewReader([]byte(bad))
		r.Integer("n")
		assert.Error(t, r.Err(), "%x", bad)
	}
	small := func(octets string, most int) (int, error) {
		r := der.NewReader([]byte(octets))
		n := r.Small("n", most)
		return n, r.Err()
	}
	n, err := small("\x02\x02\x01\x00", 1000)
	require.NoError(t, err)
	assert.Equal(t, 256, n)
	n, err = small("\x02\x09\x7f\xff\xff\xff\xff\xff\xff\xff\xff", 1000)
	require.NoError(t, err)
	assert.Equal(t, 1001, n)
	_, err = small("\x02\x01\xff", 1000)
	assert.Error(t, err)
}

func TestOthers(t *testing.T) {
	t.Parallel()
	for octets, right := range map[string]bool{"\x06\x01\x2a": true, "\x06\x00": false, "\x06\x02\x2a\x80": false,
		"\x06\x02\x80\x01": false, "\x06\x03\x2a\x81\x01": true} {
		r := der.NewReader([]byte(octets))
		r.OID("oid")
		assert.Equal(t, right, r.Err() == nil, "%x", octets)
	}
	for octets, right := range map[string]bool{"\x03\x01\x00": true, "\x03\x02\x01\x80": true, "\x03\x02\x01\x81": false,
		"\x03\x00": false, "\x03\x02\x08\x00": false, "\x03\x01\x01": false} {
		r := der.NewReader([]byte(octets))
		r.Bits("bits")
		assert.Equal(t, right, r.Err() == nil, "%x", octets)
	}
	r := der.NewReader([]byte{3, 3, 7, 0x86, 0x80})
	assert.Equal(t, uint16(1|1<<5|1<<6|1<<8), r.NamedBits("usages", der.BitString))
	r = der.NewReader([]byte{3, 2, 0, 0x80})
	r.NamedBits("usages", der.BitString)
	require.Error(t, r.Err())
	r = der.NewReader([]byte{3, 2, 0, 0x80})
	assert.Equal(t, uint16(1), r.Flags("usages", der.BitString))
	require.NoError(t, r.Err())

	for text, want := range map[string]time.Time{
		"\x17\x0d491231235959Z":   time.Date(2049, 12, 31, 23, 59, 59, 0, time.UTC),
		"\x17\x0d500101000000Z":   time.Date(1950, 1, 1, 0, 0, 0, 0, time.UTC),
		"\x18\x0f20500101000000Z": time.Date(2050, 1, 1, 0, 0, 0, 0, time.UTC),
		"\x17\x0d240229000000Z":   time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC),
		"\x17\x0d230229000000Z":   {}, "\x17\x0d231301000000Z": {}, "\x17\x0d230101240000Z": {},
		"\x17\x0d230101006000Z": {}, "\x17\x0d230101000060Z": {}, "\x17\x0b2301010000Z": {},
		"\x17\x0d2301010000000": {}, "\x17\x0d23010100000+Z": {}, "\x18\x112023010100000.5Z": {},
	} {
		r := der.NewReader([]byte(text))
		got := r.Time("time")
		assert.Equal(t, want, got, "%q", text)
		assert.Equal(t, want.IsZero(), r.Err() != nil, "%q", text)
	}
	for _, n := range []int{0, 1, 127, 128, 255, 256, 65535, 65536} {
		contents := bytes.Repeat([]byte{1}, n)
		r := der.NewReader(der.Element(der.OctetString, contents))
		assert.Equal(t, contents, append([]byte{}, r.Octets("octets")...), n)
		assert.NoError(t, r.Err())
	}
}
