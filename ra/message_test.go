package ra_test

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"log/slog"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/ra"
	"github.com/rubrica/rubrica/ra/mailtest"
	"github.com/rubrica/rubrica/workflow"
)

// TestMessageIsNotPrinted: whatever prints a message shows its ID alone.
func TestMessageIsNotPrinted(t *testing.T) {
	t.Parallel()
	m := mailtest.Example()
	m.Text = "clave: canario-9x7"
	m.Attachments[0].Content = []byte("canario-9x7")
	var log bytes.Buffer
	for _, h := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
		slog.New(h).
			Info("sent", "message", m, "pointer", &m, "list", []any{&m}, "wrapped", struct{ M ra.Message }{m})
	}
	printed := log.String()
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		printed += fmt.Sprintf(verb+verb, m, &m)
		printed += fmt.Sprintf(verb, []any{m, struct{ M *ra.Message }{&m}})
	}
	require.NotContains(t, printed, "canario-9x7")
	require.NotContains(t, printed, fmt.Sprintf("%x", "canario-9x7"))
	require.NotContains(t, printed, "María")
	require.Contains(t, printed, m.ID)
	_, err := json.Marshal(m)
	require.Error(t, err)
	_, err = json.Marshal(map[string]any{"a": &m})
	require.Error(t, err)
	require.Error(t, gob.NewEncoder(&bytes.Buffer{}).Encode(m))
}

// TestEveryRefusalHasItsSentence reads the codes out of the source, and asks both languages.
func TestEveryRefusalHasItsSentence(t *testing.T) {
	t.Parallel()
	codes := map[string]bool{}
	for _, reason := range []ra.PaymentReason{ra.PaymentNotFound, ra.PaymentWrongAmount, ra.PaymentWrongDate,
		ra.PaymentAmbiguous, ra.PaymentReversed} {
		codes[string(reason)] = true
	}
	for _, word := range []string{workflow.RefusedEnded, workflow.RefusedNotNow, workflow.RefusedUnknown,
		workflow.RefusedActor, workflow.RefusedData, workflow.GuardOther, workflow.GuardTaken} {
		codes["workflow."+word] = true
	}
	for claim := range ra.Vocabulary().Claims {
		codes["claim."+claim] = true
	}
	for _, code := range refusedInSource(t) {
		codes[code] = true
	}
	require.Greater(t, len(codes), 45)
	sentences := map[string]map[string]string{
		"es": readCatalogue(t, "es"),
		"en": readCatalogue(t, "en"),
	}
	placeholders := regexp.MustCompile(`\{[a-z]+\}`)
	for code := range codes {
		es, en := sentences["es"][code], sentences["en"][code]
		require.NotEmpty(t, es, "no Spanish sentence for %s", code)
		require.NotEmpty(t, en, "no English sentence for %s", code)
		require.ElementsMatch(t, placeholders.FindAllString(es, -1),
			placeholders.FindAllString(en, -1), code)
	}
	for name := range sentences["es"] {
		require.Contains(t, sentences["en"], name)
		if !strings.HasPrefix(name, "name.") {
			require.Contains(t, codes, name, "nothing uses the sentence "+name)
		}
	}
	require.Len(t, sentences["en"], len(sentences["es"]))
}

// refusedInSource finds the first argument of every call of refuse and add.
func refusedInSource(t *testing.T) []string {
	t.Helper()
	files := token.NewFileSet()
	var out []string
	entries, err := os.ReadDir(".")
	require.NoError(t, err)
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(files, e.Name(), nil, 0)
		require.NoError(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) < 2 {
				return true
			}
			name := ""
			switch f := call.Fun.(type) {
			case *ast.Ident:
				name = f.Name
			case *ast.SelectorExpr:
				name = f.Sel.Name
			}
			at := map[string]int{"refuse": 0, "add": 0, "guardInstant": 2}
			i, wanted := at[name]
			if !wanted {
				return true
			}
			if lit, ok := call.Args[i].(*ast.BasicLit); ok && lit.Kind == token.STRING {
				code, err := strconv.Unquote(lit.Value)
				require.NoError(t, err)
				out = append(out, code)
			}
			return true
		})
	}
	return out
}

func readCatalogue(t *testing.T, language string) map[string]string {
	t.Helper()
	text, err := os.ReadFile("messages/" + language + ".txt")
	require.NoError(t, err)
	out := map[string]string{}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		code, sentence, ok := strings.Cut(line, ": ")
		require.True(t, ok, line)
		require.NotContains(t, out, code, "twice")
		out[code] = sentence
	}
	return out
}

func TestCatalogueChanges(t *testing.T) {
	t.Parallel()
	c := ra.NewCatalogue("es",
		map[string]string{"document-empty": "Vacío: {where}", "name.cedula": "la cédula"})
	require.Equal(t, "Vacío: la cédula",
		c.Sentence(&ra.Refusal{Code: "document-empty", Where: "cedula"}))
	require.Equal(t, "nuevo-codigo", c.Sentence(&ra.Refusal{Code: "nuevo-codigo"}))
	require.Equal(t, ra.NewCatalogue("es", nil).Name("planilla"),
		ra.NewCatalogue("qu", nil).Name("planilla"))
	require.Empty(t, c.Explain(fmt.Errorf("disk full")))
	require.Len(t, c.Explain(fmt.Errorf("order: %w", &ra.Refusal{Code: "document-empty"})), 1)
}
