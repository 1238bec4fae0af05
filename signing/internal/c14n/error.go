package c14n

// An Error is a canonicalisation that cannot be done.
type Error struct {
	Code   string // "unknown-method", "relative-namespace", "nothing"
	Reason string
	Offset int // in the document, where that says something; else -1
}

// Error gives the reason.
func (e *Error) Error() string { return "c14n: " + e.Reason }
