package embed

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// dependency is a line of docs/dependencies.md.
type dependency struct {
	version   string
	rooms     []string // packages, or what their paths begin with
	testsOnly bool
}

const root = "../.."

// TestDependencies keeps docs/dependencies.md to go.mod and to the code: each module that is
// required directly has its line, with its version, and is imported by the packages that the line
// names and by no other; modules for tests are imported by tests and by conformance suites alone.
func TestDependencies(t *testing.T) {
	listed := dependencies(t)
	required := map[string]string{}
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	require.NoError(t, err)
	for _, m := range regexp.MustCompile(`(?m)^\t(\S+) (\S+)$`).FindAllStringSubmatch(string(mod), -1) {
		required[m[1]] = m[2]
	}
	require.NotEmpty(t, required)
	for module, version := range required {
		assert.Equal(t, version, listed[module].version, "the line of %s", module)
	}
	used := map[string]map[string]bool{}
	for module, d := range listed {
		require.Contains(t, required, module, "a line for what go.mod does not require")
		used[module] = map[string]bool{}
		require.NotEmpty(t, d.rooms, module)
	}
	eachImport(t, func(file, path string) {
		for module, d := range listed {
			if path != module && !strings.HasPrefix(path, module+"/") {
				continue
			}
			dir := filepath.ToSlash(filepath.Dir(file))
			// A conformance suite is a package …test without test files' names.
			isTest := strings.HasSuffix(file, "_test.go") || strings.HasSuffix(dir, "test")
			if d.testsOnly && !isTest {
				t.Errorf("%s imports %s, which is for tests", file, module)
			}
			if isTest && !d.testsOnly {
				continue // tests may import what is there
			}
			found := false
			for _, room := range d.rooms {
				if dir == room || strings.HasPrefix(dir, room+"/") {
					used[module][room], found = true, true
				}
			}
			assert.True(t, found, "%s imports %s: not in docs/dependencies.md", file, module)
		}
	})
	for module, d := range listed {
		for _, room := range d.rooms {
			assert.True(t, used[module][room], "%s does not import %s any more", room, module)
		}
	}
}

// dependencies reads the tables.
func dependencies(t *testing.T) map[string]dependency {
	t.Helper()
	doc, err := os.ReadFile(filepath.Join(root, "docs", "dependencies.md"))
	require.NoError(t, err)
	list := map[string]dependency{}
	testsOnly := false
	for line := range strings.Lines(string(doc)) {
		if strings.HasPrefix(line, "## ") {
			testsOnly = strings.Contains(line, "tests only")
		}
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if len(cells) != 6 || !strings.Contains(cells[0], ".") {
			continue
		}
		d := dependency{version: strings.TrimSpace(cells[1]), testsOnly: testsOnly}
		for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cells[4], -1) {
			d.rooms = append(d.rooms, m[1])
		}
		list[strings.TrimSpace(cells[0])] = d
	}
	return list
}

// eachImport visits every import of every Go file of the module.
func eachImport(t *testing.T, visit func(file, path string)) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		file, err := filepath.Rel(root, path)
		for _, i := range f.Imports {
			imported, _ := strconv.Unquote(i.Path.Value)
			visit(file, imported)
		}
		return err
	})
	require.NoError(t, err)
}
