package definition

import (
	"fmt"
	"strings"
)

// Error lists what is wrong with a definition. Its author must correct it; no process is
// started with it.
type Error struct {
	Definition string // its name, if it could be read
	Problems   []Problem
}

// Problem is one thing that is wrong.
type Problem struct {
	Line, Column int    // from 1; 0 when unknown, as in a definition that is not from Read
	Path         string // "transitions[3].guards[0]"
	Message      string
}

// String returns "line 3, column 5: path: message".
func (p Problem) String() string {
	var b strings.Builder
	if p.Line > 0 {
		fmt.Fprintf(&b, "line %d", p.Line)
		if p.Column > 0 {
			fmt.Fprintf(&b, ", column %d", p.Column)
		}
		b.WriteString(": ")
	}
	if p.Path != "" {
		b.WriteString(p.Path + ": ")
	}
	return b.String() + p.Message
}

// maxShown bounds the text of a Error; Problems has them all.
const maxShown = 20

// Error shows the first problems, one a line.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "workflow: definition %q cannot work", e.Definition)
	for i, p := range e.Problems {
		if i == maxShown {
			fmt.Fprintf(&b, "\n\tand %d more", len(e.Problems)-i)
			break
		}
		b.WriteString("\n\t" + p.String())
	}
	return b.String()
}
