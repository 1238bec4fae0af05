package definition

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"gopkg.in/yaml.v3"
)

// parseYAML returns the documents of a text as nodes. The parser is a foreign one; should it
// panic on some input, that input is refused like any other that it cannot read.
func parseYAML(text []byte) (documents []*yaml.Node, err error) {
	defer func() {
		if p := recover(); p != nil {
			documents, err = nil, fmt.Errorf("yaml: cannot be read")
		}
	}()
	dec := yaml.NewDecoder(bytes.NewReader(text))
	for len(documents) < 2 {
		n := new(yaml.Node)
		if err := dec.Decode(n); errors.Is(err, io.EOF) {
			return documents, nil
		} else if err != nil {
			return nil, err
		}
		documents = append(documents, n)
	}
	return documents, nil
}

// tooDeep returns the line on which brackets or indentation first suggest a nesting far beyond
// maxDepth, 0 if nowhere. It errs on the side of letting text pass; the parser's own recursion is
// what it protects.
func tooDeep(text []byte) int {
	for i, line := range bytes.Split(text, []byte("\n")) {
		open := bytes.Count(line, []byte("[")) + bytes.Count(line, []byte("{"))
		dashes := bytes.Count(line, []byte("- ")) + bytes.Count(line, []byte("? "))
		if open > 40*maxDepth || dashes > 40*maxDepth {
			return i + 1
		}
	}
	return 0
}
