package co_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/co"
)

func TestNIT(t *testing.T) {
	t.Parallel()
	for number, want := range map[string]co.Checksum{"800197268-4": co.OK, "830084433-7": co.OK,
		"899999230-7": co.OK, "900373076-4": co.OK, "800199436-4": co.OK, "700085371-1": co.OK,
		"860.002.964-4": co.OK, "800197268-5": co.Fails, "800197268": co.NotApplicable} {
		n, err := co.ParseNIT(number)
		require.NoError(t, err, number)
		assert.Equal(t, want, n.Checksum(), number)
		plain := strings.ReplaceAll(number, ".", "")
		digits, _, _ := strings.Cut(plain, "-")
		assert.Equal(t, plain, n.String())
		assert.Equal(t, digits, n.Number())
		if want == co.OK {
			assert.Equal(t, number[len(number)-1:], n.CheckDigit())
		}
	}
	for _, number := range []string{"", "1234", "80019726x", "800197268-", "800197268-44",
		"800197268-x", "012345678", "1234567890123456"} {
		_, err := co.ParseNIT(number)
		assert.Error(t, err, number)
	}
}

func TestCedula(t *testing.T) {
	t.Parallel()
	c, err := co.ParseCedula("1.020.304.050")
	require.NoError(t, err)
	assert.Equal(t, "1020304050", c.String())
	for _, number := range []string{"", "12", "12345678901", "12a", "0123"} {
		_, err := co.ParseCedula(number)
		assert.Error(t, err, number)
	}
}
