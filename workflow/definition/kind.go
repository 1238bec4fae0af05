package definition

import (
	"regexp"
	"time"
)

var kinds = map[Kind]*regexp.Regexp{
	Reference: regexp.MustCompile(`^[A-Za-z0-9._:/+=-]{1,200}$`),
	Digest:    regexp.MustCompile(`^[0-9a-f]{64}$`),
	Instant:   regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(\.[0-9]{1,6})?Z$`),
	Boolean:   regexp.MustCompile(`^(true|false)$`),
	Number:    regexp.MustCompile(`^-?[0-9]{1,20}(\.[0-9]{1,9})?$`),
	Word:      regexp.MustCompile(`^[a-z0-9-]{1,40}$`),
}

// Admits says whether a value has the form of the kind.
func (k Kind) Admits(value string) bool {
	if form := kinds[k]; form == nil || !form.MatchString(value) {
		return false
	}
	if k == Instant {
		_, err := time.Parse(time.RFC3339Nano, value)
		return err == nil
	}
	return true
}

// identifier is the form of every name in a definition.
var identifier = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// maxIdentifier keeps keys that are made of names short.
const maxIdentifier = 60

// ValidName says whether a text has the form of a name in a definition: lower-case letters, digits
// and single hyphens between them, a letter first, up to 60.
func ValidName(s string) bool { return len(s) <= maxIdentifier && identifier.MatchString(s) }
