package calendar_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/workflow/calendar"
)

func open(t testing.TB, cfg calendar.Config) *calendar.Calendar {
	t.Helper()
	c, err := calendar.New(cfg)
	require.NoError(t, err)
	return c
}

func days(t *testing.T, c *calendar.Calendar, year int) string {
	t.Helper()
	hs, err := c.Holidays(year)
	require.NoError(t, err)
	out := make([]string, len(hs))
	for i, h := range hs {
		require.NotEmpty(t, h.Name)
		out[i] = h.Date.String()[5:]
	}
	return strings.Join(out, " ")
}

func TestColombia(t *testing.T) {
	t.Parallel()
	c := open(t, calendar.Config{Country: "CO"})
	for year, want := range map[int]string{
		2017: "01-01 01-09 03-20 04-13 04-14 05-01 05-29 06-19 06-26 07-03 07-20 08-07 08-21 10-16 11-06 11-13 12-08 12-25",
		2018: "01-01 01-08 03-19 03-29 03-30 05-01 05-14 06-04 06-11 07-02 07-20 08-07 08-20 10-15 11-05 11-12 12-08 12-25",
		2025: "01-01 01-06 03-24 04-17 04-18 05-01 06-02 06-23 06-30 07-20 08-07 08-18 10-13 11-03 11-17 12-08 12-25",
		2026: "01-01 01-12 03-23 04-02 04-03 05-01 05-18 06-08 06-15 06-29 07-13 07-20 08-07 08-17 10-12 11-02 11-16 12-08 12-25",
	} {
		require.Equal(t, want, days(t, c, year), year)
	}
}

// The rows are the official calendars of those years, and between them every weekday on which the
// pair of 2 and 3 November can fall.
func TestEcuador(t *testing.T) {
	t.Parallel()
	c := open(t, calendar.Config{Country: "EC"})
	for year, want := range map[int]string{
		2018: "01-01 02-12 02-13 03-30 04-30 05-25 08-10 10-08 11-01 11-02 12-25",
		2019: "01-01 03-04 03-05 04-19 05-03 05-24 08-09 10-11 11-01 11-04 12-25",
		2020: "01-01 02-24 02-25 04-10 05-01 05-25 08-10 10-09 11-02 11-03 12-25",
		2021: "01-01 02-15 02-16 04-02 04-30 05-24 08-09 10-08 11-01 11-02 12-24 12-31",
		2022: "02-28 03-01 04-15 05-02 05-23 08-12 10-10 11-03 11-04 12-26",
		2023: "01-02 02-20 02-21 04-07 05-01 05-26 08-11 10-09 11-02 11-03 12-25",
		2024: "01-01 02-12 02-13 03-29 05-03 05-24 08-09 10-11 11-01 11-04 12-25",
		2025: "01-01 03-03 03-04 04-18 05-02 05-23 08-11 10-10 11-03 11-04 12-25",
		2026: "01-01 02-16 02-17 04-03 05-01 05-25 08-10 10-09 11-02 11-03 12-25",
	} {
		require.Equal(t, want, days(t, c, year), year)
	}
}

func TestRegion(t *testing.T) {
	t.Parallel()
	quito := open(t, calendar.Config{Country: "EC", Region: "quito"})
	require.Contains(t, days(t, quito, 2020), "12-07") // 6 December was a Sunday
	require.Contains(t, days(t, quito, 2023), "12-08") // and a Wednesday
	guayaquil := open(t, calendar.Config{Country: "EC", Region: "guayaquil"})
	require.Contains(t, days(t, guayaquil, 2025), "07-25")

	_, offset := time.Unix(0, 0).In(quito.Location()).Zone()
	require.Equal(t, -5*3600, offset)
	islands := open(t, calendar.Config{Country: "EC", Region: "galapagos"})
	_, offset = time.Unix(0, 0).In(islands.Location()).Zone()
	require.Equal(t, -6*3600, offset)
	noon := time.Date(2026, 3, 10, 5, 30, 0, 0, time.UTC) // 00:30 in Quito, 23:30 the day before there
	require.Equal(t, "2026-03-11T05:00:00Z", quito.Close(noon).Format(time.RFC3339))
	require.Equal(t, "2026-03-10T06:00:00Z", islands.Close(noon).Format(time.RFC3339))

	_, err := calendar.New(calendar.Config{Country: "EC", Region: "atlantis"})
	require.Error(t, err)
	_, err = calendar.New(calendar.Config{Country: "XX"})
	require.Error(t, err)
}

func TestOverrides(t *testing.T) {
	t.Parallel()
	bridge, makeUp := calendar.Date{Year: 2025, Month: 1, Day: 2}, calendar.Date{Year: 2025, Month: 1, Day: 11}
	c := open(t, calendar.Config{Country: "EC", Overrides: []calendar.Override{
		{Date: bridge, Name: "Puente"}, {Date: makeUp, Work: true},
		{Date: calendar.Date{Year: 2025, Month: 5, Day: 2}, Work: true},
	}})
	got := days(t, c, 2025)
	require.Contains(t, got, "01-02")
	require.NotContains(t, got, "05-02")
	for d, want := range map[calendar.Date]bool{bridge: false, makeUp: true} {
		ok, err := c.Business(d)
		require.NoError(t, err)
		require.Equal(t, want, ok, d)
	}
	_, err := calendar.New(calendar.Config{Country: "EC", Overrides: []calendar.Override{
		{Date: calendar.Date{Year: 2025, Month: 2, Day: 30}},
	}})
	require.Error(t, err)
}

// A term starts on the next business day and ends at the close of the last one. The first row is
// that of Circular 21 of 2017: two business days over a Colombian holiday.
func TestTerm(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		country, from string
		n             int
		want          string
	}{
		{"CO", "2017-08-18T15:00:00-05:00", 2, "2017-08-24T00:00:00-05:00"},
		{"CO", "2017-08-18T00:00:00-05:00", 2, "2017-08-24T00:00:00-05:00"},
		{"CO", "2017-08-18T23:59:59-05:00", 2, "2017-08-24T00:00:00-05:00"},
		{"CO", "2017-08-19T10:00:00-05:00", 1, "2017-08-23T00:00:00-05:00"}, // a Saturday
		{"CO", "2018-03-28T10:00:00-05:00", 5, "2018-04-07T00:00:00-05:00"}, // Holy Week
		{"CO", "2017-12-29T10:00:00-05:00", 5, "2018-01-10T00:00:00-05:00"}, // two years
		{"EC", "2025-10-31T10:00:00-05:00", 1, "2025-11-06T00:00:00-05:00"},
		{"EC", "2021-12-23T10:00:00-05:00", 1, "2021-12-28T00:00:00-05:00"},
	} {
		c := open(t, calendar.Config{Country: row.country})
		from, err := time.Parse(time.RFC3339, row.from)
		require.NoError(t, err)
		got, err := c.Term(from.UTC(), row.n)
		require.NoError(t, err)
		require.Equal(t, row.want, got.In(c.Location()).Format(time.RFC3339), row.from)
	}
	c := open(t, calendar.Config{Country: "CO"})
	before, err := c.TermBefore(time.Date(2017, 8, 23, 15, 0, 0, 0, time.UTC), 2)
	require.NoError(t, err)
	require.Equal(t, "2017-08-18T00:00:00-05:00", before.In(c.Location()).Format(time.RFC3339))
}

func TestTermRefuses(t *testing.T) {
	t.Parallel()
	c := open(t, calendar.Config{Country: "EC"})
	for _, n := range []int{0, -1, 5001} {
		_, err := c.Term(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), n)
		require.Error(t, err, n)
	}
	for _, year := range []int{2016, 2200, 9999999} {
		_, err := c.Holidays(year)
		require.ErrorIs(t, err, calendar.ErrYear)
		_, err = c.Term(time.Date(year, 5, 1, 0, 0, 0, 0, time.UTC), 3)
		require.ErrorIs(t, err, calendar.ErrYear)
	}
}

// Every term is monotonous in its length and its start, ends after it, and spans n business days.
func TestTermProperties(t *testing.T) {
	t.Parallel()
	for _, country := range []string{"EC", "CO"} {
		c := open(t, calendar.Config{Country: country})
		start := time.Date(2024, 1, 1, 12, 0, 0, 0, time.UTC)
		for d := range 900 {
			from := start.AddDate(0, 0, d)
			last := c.Close(from)
			for n := 1; n <= 7; n++ {
				got, err := c.Term(from, n)
				require.NoError(t, err)
				require.True(t, got.After(last) || n == 1 && got.After(from))
				count := 0
				for day := calendar.On(c.Close(from).In(c.Location())); day.Before(calendar.On(got.In(c.Location()))); day = day.Add(1) {
					ok, err := c.Business(day)
					require.NoError(t, err)
					if ok {
						count++
					}
				}
				require.Equal(t, n, count, "%s + %d", from, n)
				last = got
			}
		}
	}
}

func TestDate(t *testing.T) {
	t.Parallel()
	d, err := calendar.ParseDate("2026-02-28")
	require.NoError(t, err)
	require.Equal(t, "2026-03-01", d.Add(1).String())
	_, err = calendar.ParseDate("2026-02-30")
	require.Error(t, err)
}
