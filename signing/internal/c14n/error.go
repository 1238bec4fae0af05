package c14n

// The codes of an Error. The words are stable.
const (
	CodeUnknownMethod     = "unknown-method"
	CodeRelativeNamespace = "relative-namespace"
	CodeNothing           = "nothing"
	CodeLimit             = "limit-exceeded"
)

// An Error is a canonicalisation that cannot be done.
type Error struct {
	Code   string
	Reason string
	Offset int // in the document as given, where that says something; else -1
}

// Error gives the reason.
func (e *Error) Error() string { return "c14n: " + e.Reason }
