package sri_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/signing/sri"
)

// TestAccessKeys: keys from public code and computed ones, the three endings of módulo 11 among
// them.
func TestAccessKeys(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"0312202201019007200200120029020004874985766297216",
		"1501202601179001691900110010010000001231234567819",
		"1501202601179001691900110010010000000021234567810",
		"1501202601179001691900110010010000000111234567811",
	} {
		k, err := sri.ParseAccessKey(s)
		require.NoError(t, err, s)
		require.Equal(t, s, k.String())
	}
	k, err := sri.NewAccessKey(sri.AccessKeyFields{Date: time.Date(2026, 1, 15, 23, 0, 0, 0, time.FixedZone("", -5*3600)),
		Document: sri.Invoice, RUC: "1790016919001", Establishment: "001", EmissionPoint: "001", Sequential: 123, NumericCode: 12345678})
	require.NoError(t, err)
	require.Equal(t, "1501202601179001691900110010010000001231234567819", k.String())
	assert.Equal(t, sri.Tests, k.Environment())
	assert.Equal(t, "000000123", k.Sequential())
}

func TestWrongAccessKeys(t *testing.T) {
	t.Parallel()
	const good = "1501202601179001691900110010010000001231234567819"
	for part, s := range map[string]string{
		"claveAcceso":       good[:48],
		"digitoVerificador": "1804202401123456789000110010010000000051234567816", // a fixture that others use
		"fecha":             "32" + good[2:],
		"codDoc":            good[:8] + "02" + good[10:],
		"ambiente":          good[:23] + "3" + good[24:],
		"tipoEmision":       good[:47] + "2" + good[48:],
	} {
		_, err := sri.ParseAccessKey(s)
		var wrong *sri.AccessKeyError
		require.ErrorAs(t, err, &wrong, part)
		assert.Equal(t, part, wrong.Part)
		assert.NotEmpty(t, wrong.Spanish())
	}
	_, err := sri.ParseAccessKey(good[:12] + "x" + good[13:])
	require.Error(t, err)
	assert.Equal(t, "", sri.AccessKey{}.String()+sri.AccessKey{}.RUC()+sri.AccessKey{}.Sequential())
	f := sri.AccessKeyFields{Date: time.Now(), Document: sri.Invoice, RUC: "1790016919001", Establishment: "001", EmissionPoint: "001", Sequential: 1}
	for part, change := range map[string]func(*sri.AccessKeyFields){
		"fecha": func(f *sri.AccessKeyFields) { f.Date = time.Time{} }, "ruc": func(f *sri.AccessKeyFields) { f.RUC = "1" },
		"estab": func(f *sri.AccessKeyFields) { f.Establishment = "1" }, "ptoEmi": func(f *sri.AccessKeyFields) { f.EmissionPoint = "abc" },
		"secuencial": func(f *sri.AccessKeyFields) { f.Sequential = 0 }, "codigoNumerico": func(f *sri.AccessKeyFields) { f.NumericCode = 100_000_000 },
		"codDoc": func(f *sri.AccessKeyFields) { f.Document = "02" }, "ambiente": func(f *sri.AccessKeyFields) { f.Environment = 3 },
	} {
		bad := f
		change(&bad)
		_, err := sri.NewAccessKey(bad)
		var wrong *sri.AccessKeyError
		require.ErrorAs(t, err, &wrong, part)
		assert.Equal(t, part, wrong.Part)
	}
}
