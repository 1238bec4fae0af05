package vault

import (
	"fmt"
	"strconv"
	"strings"
)

// Ref names one version of one record. Its text, "subject/name/version", is what events hold.
type Ref struct {
	Subject string
	Name    string
	Version int // 1, 2, 3 …
}

// String returns "subject/name/version".
func (r Ref) String() string { return r.Subject + "/" + r.Name + "/" + strconv.Itoa(r.Version) }

// ParseRef reads what String writes.
func ParseRef(s string) (Ref, error) {
	subject, rest, ok1 := strings.Cut(s, "/")
	name, version, ok2 := strings.Cut(rest, "/")
	n, err := strconv.Atoi(version)
	r := Ref{subject, name, n}
	if !ok1 || !ok2 || err != nil || n < 1 || r.String() != s {
		return Ref{}, fmt.Errorf("vault: reference is not subject/name/version")
	}
	return r, checkNames(subject, name)
}

// maxName keeps a whole reference well inside the 200 characters of a workflow Reference.
const maxName = 80

// checkNames admits letters, digits, '.', '_', '-' and ':', which need no quoting anywhere.
func checkNames(names ...string) error {
	for _, s := range names {
		if s == "" || len(s) > maxName {
			return fmt.Errorf("vault: a name has 1 to %d characters", maxName)
		}
		for _, c := range []byte(s) {
			ok := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
				strings.IndexByte("._-:", c) >= 0
			if !ok {
				return fmt.Errorf("vault: names have letters, digits, '.', '_', '-' and ':' only")
			}
		}
	}
	return nil
}
