// Package calendar counts calendar time and business time by the holidays of Ecuador and Colombia.
//
// Holidays are rules (Código del Trabajo of Ecuador, art. 65, as reformed in 2016; Ley 51 of 1983
// of Colombia and what followed it), a region with its own holidays and time zone, and a table of
// overrides for what governments decree from year to year. No clock is read and no time zone
// database is needed: neither country has daylight saving time.
//
// A business day of a term is counted from the day after the event, and the term ends at the close
// of its last business day, which is midnight.
package calendar
