package ec_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/ec"
)

func TestCedula(t *testing.T) {
	t.Parallel()
	for number, want := range map[string]ec.Checksum{"0100000009": ec.OK, "1700000001": ec.OK,
		"2400000002": ec.OK, "3000000004": ec.OK, "1710034065": ec.OK, "1710034066": ec.Fails,
		"0100000000": ec.Fails} {
		c, err := ec.ParseCedula(number)
		require.NoError(t, err, number)
		assert.Equal(t, want, c.Checksum(), number)
		assert.Equal(t, number, c.String())
	}
	for _, number := range []string{"", "171003406", "17100340655", "171003406x", "0010034065",
		"2510034065", "3110034065", "1770034065", "1780000000", " 171003406", "１710034065"} {
		_, err := ec.ParseCedula(number)
		assert.Error(t, err, number)
	}
}

func TestRUC(t *testing.T) {
	t.Parallel()
	for number, want := range map[string]struct {
		kind     ec.Kind
		checksum ec.Checksum
	}{
		"1790016919001": {ec.Private, ec.OK}, "0190072002001": {ec.Private, ec.OK},
		"1792261848001": {ec.Private, ec.OK}, "1790011674001": {ec.Private, ec.OK},
		"1760001550001": {ec.Public, ec.OK}, "1760002600001": {ec.Public, ec.OK},
		"1710034065001": {ec.Natural, ec.OK}, "1710034066001": {ec.Natural, ec.Fails},
		// registered companies whose check digit does not agree
		"1793213150001": {ec.Private, ec.Fails}, "0993370026001": {ec.Private, ec.Fails},
		"1793221101001": {ec.Private, ec.Fails},
	} {
		r, err := ec.ParseRUC(number)
		require.NoError(t, err, number)
		assert.Equal(t, want.kind, r.Kind(), number)
		assert.Equal(t, want.checksum, r.Checksum(), number)
		assert.Equal(t, 1, r.Establishment())
		cedula, ok := r.Cedula()
		assert.Equal(t, want.kind == ec.Natural, ok)
		if ok {
			assert.Equal(t, number[:10], cedula.String())
		}
	}
	for _, number := range []string{"", "179001691900", "17900169190011", "9999999999999",
		"1790016919000", "1770016919001", "0090016919001", "17900169190x1"} {
		_, err := ec.ParseRUC(number)
		assert.Error(t, err, number)
	}
}

func TestPassport(t *testing.T) {
	t.Parallel()
	p, err := ec.ParsePassport(" ab123456 ")
	require.NoError(t, err)
	assert.Equal(t, "AB123456", p.String())
	for _, number := range []string{"", "abc", "AB 12345", "AÑ123456", "123456789012345678901"} {
		_, err := ec.ParsePassport(number)
		assert.Error(t, err, number)
	}
}
