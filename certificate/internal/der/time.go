package der

import "time"

// Time reads a UTCTime or a GeneralizedTime in the form that RFC 5280, 4.1.2.5 allows: seconds
// present, no fraction, Z.
func (r *Reader) Time(field string) time.Time {
	if r.Peek(UTCTime) {
		return r.clock(field, UTCTime, 2)
	}
	return r.clock(field, GeneralizedTime, 4)
}

// GeneralTime reads a GeneralizedTime.
func (r *Reader) GeneralTime(field string) time.Time { return r.clock(field, GeneralizedTime, 4) }

// ImplicitGeneralTime reads a GeneralizedTime under another tag.
func (r *Reader) ImplicitGeneralTime(field string, tag Tag) time.Time {
	return r.clock(field, tag, 4)
}

func (r *Reader) clock(field string, tag Tag, yearDigits int) time.Time {
	contents := r.Read(field, tag)
	if r.Failed() {
		return time.Time{}
	}
	t, ok := parseTime(contents.rest, yearDigits)
	if !ok {
		contents.Fail(field, "not a time of the form YYYYMMDDhhmmssZ")
		return time.Time{}
	}
	return t
}

func parseTime(b []byte, yearDigits int) (time.Time, bool) {
	if len(b) != yearDigits+11 || b[len(b)-1] != 'Z' {
		return time.Time{}, false
	}
	for _, c := range b[:len(b)-1] {
		if c < '0' || c > '9' {
			return time.Time{}, false
		}
	}
	year := number(b[:yearDigits])
	if yearDigits == 2 {
		if year += 1900; year < 1950 { // RFC 5280, 4.1.2.5.1
			year += 100
		}
	}
	b = b[yearDigits:]
	month, day := number(b[0:2]), number(b[2:4])
	hour, minute, second := number(b[4:6]), number(b[6:8]), number(b[8:10])
	if month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59 {
		return time.Time{}, false
	}
	t := time.Date(year, time.Month(month), day, hour, minute, second, 0, time.UTC)
	return t, t.Day() == day
}

func number(digits []byte) int {
	n := 0
	for _, d := range digits {
		n = 10*n + int(d-'0')
	}
	return n
}
