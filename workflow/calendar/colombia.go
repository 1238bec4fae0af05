package calendar

import "time"

// colombia is Ley 51 of 1983 ("ley Emiliani"), in force since 1984, with Ley 2578 of 2026.
var colombia = country{first: 1984, zone: time.FixedZone("-05", -5*60*60), days: colombiaDays}

func colombiaDays(year int) []Holiday {
	at := func(m time.Month, d int) Date { return Date{year, m, d} }
	e := easter(year)
	days := []Holiday{
		{at(time.January, 1), "Año Nuevo"},
		{nextMonday(at(time.January, 6)), "Día de los Reyes Magos"},
		{nextMonday(at(time.March, 19)), "Día de San José"},
		{e.Add(-3), "Jueves Santo"},
		{e.Add(-2), "Viernes Santo"},
		{at(time.May, 1), "Día del Trabajo"},
		{nextMonday(e.Add(39)), "Ascensión del Señor"},
		{nextMonday(e.Add(60)), "Corpus Christi"},
		{nextMonday(e.Add(68)), "Sagrado Corazón de Jesús"},
		{nextMonday(at(time.June, 29)), "San Pedro y San Pablo"},
		{at(time.July, 20), "Día de la Independencia"},
		{at(time.August, 7), "Batalla de Boyacá"},
		{nextMonday(at(time.August, 15)), "Asunción de la Virgen"},
		{nextMonday(at(time.October, 12)), "Día de la Raza"},
		{nextMonday(at(time.November, 1)), "Todos los Santos"},
		{nextMonday(at(time.November, 11)), "Independencia de Cartagena"},
		{at(time.December, 8), "Inmaculada Concepción"},
		{at(time.December, 25), "Navidad"},
	}
	if year >= 2026 { // Ley 2578 of 1 June 2026
		days = append(days, Holiday{nextMonday(at(time.July, 9)), "Virgen de Chiquinquirá"})
	}
	return days
}

// nextMonday returns d if it is a Monday, and otherwise the Monday after it.
func nextMonday(d Date) Date { return d.Add((8 - int(d.Weekday())) % 7) }
