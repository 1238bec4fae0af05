package calendar

import (
	"fmt"
	"time"
)

// Date is a day of the Gregorian calendar, without a time or a zone.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// On returns the date that a clock in the zone of t shows.
func On(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, m, d}
}

// ParseDate reads YYYY-MM-DD.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return Date{}, fmt.Errorf("calendar: %q is not a date as 2006-01-02", s)
	}
	return On(t), nil
}

// String returns YYYY-MM-DD.
func (d Date) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day) }

// Add returns the date n days later, or earlier if n is negative.
func (d Date) Add(n int) Date { return On(d.at(time.UTC).AddDate(0, 0, n)) }

// Weekday returns the day of the week.
func (d Date) Weekday() time.Weekday { return d.at(time.UTC).Weekday() }

// Before says whether d lies before e.
func (d Date) Before(e Date) bool { return d.at(time.UTC).Before(e.at(time.UTC)) }

// at returns the first instant of the day in a zone.
func (d Date) at(loc *time.Location) time.Time {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, loc)
}

// weekend says whether d is a Saturday or a Sunday.
func (d Date) weekend() bool {
	w := d.Weekday()
	return w == time.Saturday || w == time.Sunday
}

// easter returns Easter Sunday by the Gregorian computus (the anonymous algorithm, as in Meeus,
// Astronomical Algorithms, chapter 8).
func easter(year int) Date {
	a, b, c := year%19, year/100, year%100
	d, e := b/4, b%4
	g := (8*b + 13) / 25
	h := (19*a + b - d - g + 15) % 30
	i, k := c/4, c%4
	l := (32 + 2*e + 2*i - h - k) % 7
	m := (a + 11*h + 19*l) / 433
	month := (h + l - 7*m + 90) / 25
	day := (h + l - 7*m + 33*month + 19) % 32
	return Date{year, time.Month(month), day}
}
