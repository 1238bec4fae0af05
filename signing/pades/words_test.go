package pades

import (
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

var verbs = regexp.MustCompile(`%[qsvd]`)

// TestSpanish looks for every sentence in the sources and its translation.
func TestSpanish(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	used := map[string]bool{}
	for _, name := range files {
		parsed, err := parser.ParseFile(gotoken.NewFileSet(), name, nil, 0)
		require.NoError(t, err)
		ast.Inspect(parsed, func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			if ok && lit.Kind == gotoken.STRING {
				s, err := strconv.Unquote(lit.Value)
				require.NoError(t, err)
				used[s] = true
			}
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			at, said := map[string]int{"add": 3, "change": 3, "forbid": 1, "say": 0}[callee(call)]
			if !said || at >= len(call.Args) {
				return true
			}
			if lit, ok := call.Args[at].(*ast.BasicLit); ok && lit.Kind == gotoken.STRING {
				s, _ := strconv.Unquote(lit.Value)
				require.Contains(t, spanish, s, name)
			}
			return true
		})
	}
	for english, translated := range spanish {
		require.True(t, used[english], "nobody says %q", english)
		require.Equal(t, verbs.FindAllString(english, -1), verbs.FindAllString(translated, -1), english)
	}
}

func callee(call *ast.CallExpr) string {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		if x, ok := f.X.(*ast.Ident); ok && x.Name == "c" {
			return f.Sel.Name
		}
	}
	return ""
}
