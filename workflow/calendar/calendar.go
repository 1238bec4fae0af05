package calendar

// Calendar knows the holidays of one country or region. It is immutable.
type Calendar struct {
}
