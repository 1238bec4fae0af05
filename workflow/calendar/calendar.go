package calendar

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// ErrYear says that a year lies outside of what the rules of a country cover. The term or the date
// is wrong, or the rules must be extended first.
var ErrYear = errors.New("calendar: year outside of the known rules")

// lastYear bounds the future: nobody can know the holidays of the year 2200, and a date there is
// a mistake.
const lastYear = 2199

// maxTerm bounds the business days of one term: 20 years of them.
const maxTerm = 5000

// Config says whose calendar it is.
type Config struct {
	Country string // "EC" or "CO"; required
	// Region adds local holidays or another time zone: in Ecuador "quito", "guayaquil" or
	// "galapagos". Empty means the whole country (in Ecuador: the mainland).
	Region string
	// Overrides are what decrees changed; of two for the same day the last counts.
	Overrides []Override
}

// Override makes one day a holiday, or a working day.
type Override struct {
	Date Date
	Name string
	// Work makes it a working day: a suspended holiday, or a Saturday on which a bridge day is
	// made up for. False makes it a holiday.
	Work bool
}

// Holiday is a day off other than a plain weekend.
type Holiday struct {
	Date Date // when it is kept
	Name string
}

// Calendar knows the holidays of one country or region. It is safe for concurrent use.
type Calendar struct {
	rules     country
	region    string
	zone      *time.Location
	overrides map[Date]Override
	years     sync.Map // int -> map[Date]string
}

// country is what one country's law says.
type country struct {
	first   int // the first year that the rules cover
	zone    *time.Location
	regions map[string]region
	days    func(year int) []Holiday
}

// region is what differs in a part of a country.
type region struct {
	zone *time.Location // nil: the country's
	days func(year int) []Holiday
}

var countries = map[string]country{"EC": ecuador, "CO": colombia}

// New returns the calendar of a country or region.
func New(cfg Config) (*Calendar, error) {
	rules, ok := countries[cfg.Country]
	if !ok {
		return nil, fmt.Errorf("calendar: no holidays known for country %q", cfg.Country)
	}
	c := &Calendar{rules: rules, region: cfg.Region, zone: rules.zone}
	if cfg.Region != "" {
		r, ok := rules.regions[cfg.Region]
		if !ok {
			return nil, fmt.Errorf("calendar: %s has no region %q", cfg.Country, cfg.Region)
		}
		if r.zone != nil {
			c.zone = r.zone
		}
	}
	c.overrides = make(map[Date]Override, len(cfg.Overrides))
	for _, o := range cfg.Overrides {
		if o.Date != On(o.Date.at(time.UTC)) {
			return nil, fmt.Errorf("calendar: override for %s, which is no date", o.Date)
		}
		c.overrides[o.Date] = o
	}
	return c, nil
}

// Location returns the zone in which the calendar's days begin and end.
func (c *Calendar) Location() *time.Location { return c.zone }

// Holidays returns the holidays kept in a year, in order; two that fall together are one entry.
// The error is ErrYear.
func (c *Calendar) Holidays(year int) ([]Holiday, error) {
	days, err := c.year(year)
	if err != nil {
		return nil, err
	}
	out := make([]Holiday, 0, len(days))
	for d, name := range days {
		out = append(out, Holiday{d, name})
	}
	slices.SortFunc(out, func(a, b Holiday) int {
		return strings.Compare(a.Date.String(), b.Date.String())
	})
	return out, nil
}

// year returns the holidays kept in a year. Those of the years around it are asked too, because a
// New Year's Day on a Saturday is kept in December.
func (c *Calendar) year(year int) (map[Date]string, error) {
	if year < c.rules.first || year > lastYear {
		return nil, fmt.Errorf("%w: %d", ErrYear, year)
	}
	if v, ok := c.years.Load(year); ok {
		return v.(map[Date]string), nil
	}
	out := map[Date]string{}
	for y := max(year-1, c.rules.first); y <= year+1; y++ {
		days := c.rules.days(y)
		if r := c.rules.regions[c.region]; r.days != nil {
			days = append(days, r.days(y)...)
		}
		for _, h := range days {
			if h.Date.Year != year {
				continue
			}
			if have := out[h.Date]; have != "" {
				h.Name = have + " / " + h.Name
			}
			out[h.Date] = h.Name
		}
	}
	for d, o := range c.overrides {
		switch {
		case d.Year != year:
		case o.Work:
			delete(out, d)
		default:
			out[d] = o.Name
		}
	}
	c.years.Store(year, out)
	return out, nil
}

// Business says whether a day is a business day: no weekend and no holiday. The error is ErrYear.
func (c *Calendar) Business(d Date) (bool, error) {
	days, err := c.year(d.Year)
	if err != nil {
		return false, err
	}
	if o, ok := c.overrides[d]; ok {
		return o.Work, nil
	}
	_, holiday := days[d]
	return !holiday && !d.weekend(), nil
}

// Close returns the end of the local day on which t lies: the first instant of the next day.
func (c *Calendar) Close(t time.Time) time.Time {
	return On(t.In(c.zone)).Add(1).at(c.zone).UTC()
}

// Term returns the close of the n-th business day after the day of t, for n from 1 to 5000: a term
// of two business days that begins on a Friday ends, without holidays, at midnight after Tuesday.
// What happens at the returned instant or before is in time. The error is ErrYear or says that n
// is out of range.
func (c *Calendar) Term(t time.Time, n int) (time.Time, error) {
	if n < 1 {
		return time.Time{}, termError(n)
	}
	d, err := c.Step(On(t.In(c.zone)), n)
	if err != nil {
		return time.Time{}, err
	}
	return d.Add(1).at(c.zone).UTC(), nil
}

// TermBefore returns the first instant of the n-th business day before the day of t.
func (c *Calendar) TermBefore(t time.Time, n int) (time.Time, error) {
	if n < 1 {
		return time.Time{}, termError(n)
	}
	d, err := c.Step(On(t.In(c.zone)), -n)
	if err != nil {
		return time.Time{}, err
	}
	return d.at(c.zone).UTC(), nil
}

func termError(n int) error { return fmt.Errorf("calendar: a term of %d business days", n) }

// Step returns the n-th business day after d, or before it if n is negative; d for 0.
func (c *Calendar) Step(d Date, n int) (Date, error) {
	step := 1
	if n < 0 {
		step, n = -1, -n
	}
	if n > maxTerm {
		return Date{}, termError(n)
	}
	for n > 0 {
		d = d.Add(step)
		ok, err := c.Business(d)
		if err != nil {
			return Date{}, err
		}
		if ok {
			n--
		}
	}
	return d, nil
}
