package workflow

import "errors"

var errUnbuilt = errors.New("workflow: not built")

// Read reads a definition from YAML. It is strict: unknown and duplicate keys, wrong types,
// anchors, aliases, tags and a second document are refused, with line and column.
func Read(yaml []byte) (Definition, error) { return Definition{}, errUnbuilt }

// With returns the definition with settings changed. A setting that it does not have is an error.
func (d Definition) With(settings map[string]bool) (Definition, error) { return d, errUnbuilt }

// DefinitionError lists what is wrong with a definition. Its author must correct it.
type DefinitionError struct {
	Definition string
	Problems   []Problem
}

// Problem is one thing that is wrong.
type Problem struct {
	Line, Column int    // 0 when the definition did not come from Read
	Path         string // "transitions[3].guards[0]"
	Message      string
}

func (e *DefinitionError) Error() string { return e.Definition }
