package definition

import (
	"fmt"
	"regexp"
	"strconv"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

const (
	// maxDefinition bounds a file: the largest process we know has 20 KiB. It also bounds the
	// time of the YAML parser on hostile input.
	maxDefinition = 256 << 10
	// maxDepth bounds nesting: a definition needs 6 levels, parameters a few more.
	maxDepth = 24
)

// Read reads a definition from YAML of at most 256 KiB. It is strict: unknown and duplicate keys,
// wrong types, anchors, aliases, tags, merge keys and a second document are refused. The error is
// a *Error with every such place by line and column, or one for a text that is no YAML.
func Read(text []byte) (Definition, error) {
	r := &reader{where: map[string]position{}}
	var d Definition
	if node := r.document(text); node != nil {
		r.definition(node, &d)
	}
	d.where = r.where
	if len(r.problems) > 0 {
		return Definition{}, &Error{Definition: d.Name, Problems: r.problems}
	}
	return d, nil
}

// reader walks the nodes of one document and collects problems.
type reader struct {
	problems []Problem
	where    map[string]position
}

// document returns the root node of the only document.
func (r *reader) document(text []byte) *yaml.Node {
	switch {
	case len(text) > maxDefinition:
		return r.reject(fmt.Sprintf("larger than %d bytes", maxDefinition))
	case !utf8.Valid(text):
		return r.reject("not UTF-8")
	}
	if line := tooDeep(text); line > 0 {
		r.problems = append(r.problems, Problem{Line: line, Message: "nested too deeply"})
		return nil
	}
	documents, err := parseYAML(text)
	if err != nil {
		return r.reject(err.Error())
	}
	if len(documents) != 1 || len(documents[0].Content) != 1 {
		return r.reject("not exactly one YAML document")
	}
	root := documents[0].Content[0]
	if !r.plain(root, "", 0) {
		return nil
	}
	return root
}

func (r *reader) reject(message string) *yaml.Node {
	r.problems = append(r.problems, Problem{Message: message})
	return nil
}

func (r *reader) fail(n *yaml.Node, path, format string, args ...any) {
	r.problems = append(r.problems, Problem{
		Line: n.Line, Column: n.Column, Path: path, Message: fmt.Sprintf(format, args...),
	})
}

// plain refuses anchors, aliases, explicit tags, merge keys, duplicate keys and deep nesting in
// the whole tree, so that what follows may treat nodes as data.
func (r *reader) plain(n *yaml.Node, path string, depth int) bool {
	before := len(r.problems)
	switch {
	case depth > maxDepth:
		r.fail(n, path, "nested more than %d levels", maxDepth)
		return false
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		r.fail(n, path, "anchors and aliases are not allowed")
		return false
	case n.Style&yaml.TaggedStyle != 0:
		r.fail(n, path, "tags are not allowed")
		return false
	}
	if n.Kind == yaml.MappingNode {
		r.keys(n, path)
	}
	for _, child := range n.Content {
		r.plain(child, path, depth+1)
	}
	return len(r.problems) == before
}

func (r *reader) keys(n *yaml.Node, path string) {
	seen := map[string]bool{}
	for i := 0; i < len(n.Content); i += 2 {
		k := n.Content[i]
		switch {
		case k.Kind != yaml.ScalarNode || k.ShortTag() != "!!str":
			r.fail(k, path, "a key must be a string")
		case seen[k.Value]:
			r.fail(k, path, "key %q stands twice", k.Value)
		}
		seen[k.Value] = true
	}
}

// fields reads a mapping whose keys are those of into and no others.
func (r *reader) fields(n *yaml.Node, path string, into map[string]func(*yaml.Node, string)) {
	r.where[path] = position{n.Line, n.Column}
	r.entries(n, path, func(k, v *yaml.Node, at string) {
		read, ok := into[k.Value]
		if !ok {
			r.fail(k, at, "unknown key %q", k.Value)
			return
		}
		r.where[at] = position{v.Line, v.Column}
		read(v, at)
	})
}

// entries calls each for every entry of a mapping.
func (r *reader) entries(n *yaml.Node, path string, each func(k, v *yaml.Node, at string)) {
	if n.Kind != yaml.MappingNode {
		r.fail(n, path, "expected a mapping, found %s", kindName(n))
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		at := n.Content[i].Value
		if path != "" {
			at = path + "." + at
		}
		each(n.Content[i], n.Content[i+1], at)
	}
}

// items calls each for every item of a sequence.
func (r *reader) items(n *yaml.Node, path string, each func(v *yaml.Node, at string)) {
	if n.Kind != yaml.SequenceNode {
		r.fail(n, path, "expected a list, found %s", kindName(n))
		return
	}
	for i, v := range n.Content {
		at := path + "[" + strconv.Itoa(i) + "]"
		r.where[at] = position{v.Line, v.Column}
		each(v, at)
	}
}

// text reads a string. Plain scalars that look like a time stamp are strings here.
func (r *reader) text(n *yaml.Node, path string) string {
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!str" && n.ShortTag() != "!!timestamp" {
		r.fail(n, path, "expected a string, found %s", kindName(n))
		return ""
	}
	return n.Value
}

func (r *reader) truth(n *yaml.Node, path string) bool {
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!bool" ||
		n.Value != "true" && n.Value != "false" {
		r.fail(n, path, "expected true or false, found %s", kindName(n))
	}
	return n.Value == "true"
}

var decimal = regexp.MustCompile(`^(0|-?[1-9][0-9]{0,17})$`)

func (r *reader) integer(n *yaml.Node, path string) int64 {
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!int" || !decimal.MatchString(n.Value) {
		r.fail(n, path, "expected a decimal integer, found %s", kindName(n))
		return 0
	}
	v, _ := strconv.ParseInt(n.Value, 10, 64) // 18 digits always fit
	return v
}

// list reads a list of strings, or one string as a list of one.
func (r *reader) list(n *yaml.Node, path string) []string {
	if n.Kind == yaml.ScalarNode {
		return []string{r.text(n, path)}
	}
	var out []string
	r.items(n, path, func(v *yaml.Node, at string) { out = append(out, r.text(v, at)) })
	return out
}

var float = regexp.MustCompile(`^-?(0|[1-9][0-9]{0,14})\.[0-9]{1,9}$`)

// value reads a parameter: a string, integer, decimal fraction, boolean, list or mapping.
func (r *reader) value(n *yaml.Node, path string) any {
	switch n.Kind {
	case yaml.SequenceNode:
		out := []any{}
		r.items(n, path, func(v *yaml.Node, at string) { out = append(out, r.value(v, at)) })
		return out
	case yaml.MappingNode:
		out := map[string]any{}
		r.entries(n, path, func(k, v *yaml.Node, at string) { out[k.Value] = r.value(v, at) })
		return out
	}
	switch n.ShortTag() {
	case "!!int":
		return r.integer(n, path)
	case "!!bool":
		return r.truth(n, path)
	case "!!float":
		if !float.MatchString(n.Value) {
			r.fail(n, path, "expected a plain decimal fraction")
			return nil
		}
		v, _ := strconv.ParseFloat(n.Value, 64)
		return v
	}
	return r.text(n, path)
}

func kindName(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	if n.ShortTag() == "!!null" {
		return "nothing"
	}
	return fmt.Sprintf("%.40q", n.Value)
}
