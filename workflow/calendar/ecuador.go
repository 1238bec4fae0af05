package calendar

import "time"

// ecuador is art. 65 of the Código del Trabajo as reformed by the law in Registro Oficial
// Suplemento 906 of 20 December 2016, in force since 2017.
var ecuador = country{
	first: 2017,
	zone:  time.FixedZone("-05", -5*60*60),
	days:  ecuadorDays,
	regions: map[string]region{
		"quito":     {days: local("Fundación de Quito", time.December, 6)},
		"guayaquil": {days: local("Fundación de Guayaquil", time.July, 25)},
		"galapagos": {zone: time.FixedZone("-06", -6*60*60)},
	},
}

func ecuadorDays(year int) []Holiday {
	at := func(m time.Month, d int) Date { return Date{year, m, d} }
	e := easter(year)
	dead, cuenca := pair(at(time.November, 2))
	return []Holiday{
		{offWeekend(at(time.January, 1)), "Año Nuevo"},
		{e.Add(-48), "Lunes de Carnaval"},
		{e.Add(-47), "Martes de Carnaval"},
		{e.Add(-2), "Viernes Santo"},
		{toWeekend(at(time.May, 1)), "Día del Trabajo"},
		{toWeekend(at(time.May, 24)), "Batalla de Pichincha"},
		{toWeekend(at(time.August, 10)), "Primer Grito de Independencia"},
		{toWeekend(at(time.October, 9)), "Independencia de Guayaquil"},
		{dead, "Día de los Difuntos"},
		{cuenca, "Independencia de Cuenca"},
		{offWeekend(at(time.December, 25)), "Navidad"},
	}
}

// local is a local holiday, which moves as the national ones do.
func local(name string, m time.Month, d int) func(int) []Holiday {
	return func(year int) []Holiday { return []Holiday{{toWeekend(Date{year, m, d}), name}} }
}

// offWeekend moves a holiday from a Saturday to the Friday before and from a Sunday to the Monday
// after. 1 January and 25 December move in this way alone.
func offWeekend(d Date) Date {
	switch d.Weekday() {
	case time.Saturday:
		return d.Add(-1)
	case time.Sunday:
		return d.Add(1)
	}
	return d
}

// toWeekend also moves a Tuesday to the Monday before, a Wednesday or Thursday to the Friday after.
func toWeekend(d Date) Date {
	switch d.Weekday() {
	case time.Tuesday:
		return d.Add(-1)
	case time.Wednesday:
		return d.Add(2)
	case time.Thursday:
		return d.Add(1)
	}
	return offWeekend(d)
}

// pair moves two holidays on consecutive days, by the law's own table: Monday and Tuesday, and
// Thursday and Friday, stay; otherwise the one that stands apart from the weekend joins it.
func pair(first Date) (Date, Date) {
	second := first.Add(1)
	switch first.Weekday() {
	case time.Tuesday: // Wednesday passes to Monday
		return first, second.Add(-2)
	case time.Wednesday: // Wednesday passes to Friday
		return first.Add(2), second
	case time.Friday: // Saturday passes to Thursday
		return first, second.Add(-2)
	case time.Saturday: // Friday and Monday
		return first.Add(-1), second.Add(1)
	case time.Sunday: // Sunday passes to Tuesday
		return first.Add(2), second
	}
	return first, second
}
