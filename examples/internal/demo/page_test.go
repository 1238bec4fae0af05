package demo_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"html"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/examples/internal/demo"
)

var hrefPattern = regexp.MustCompile(`href="([^"]+)"`)

// TestPage: everything that the page links to is there, and it loads nothing from elsewhere.
func TestPage(t *testing.T) {
	t.Parallel()
	checkPage(t, story(t), "es", "Ese depósito ya pagó otra solicitud")
}

// TestEnglishPage: a finished folder is told again in the other language, without a new deed. It is
// copied while no other test has its database open.
func TestEnglishPage(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, os.DirFS(story(t))))
	before := newEnding(t, dir)
	var out bytes.Buffer
	require.NoError(t, demo.Run(t.Context(), demo.Options{Dir: dir, Lang: "en", Stdout: &out}))
	require.Contains(t, out.String(), "Done.")
	checkPage(t, dir, "en", "This deposit has already paid another application")
	require.Equal(t, before, newEnding(t, dir))
}

func checkPage(t *testing.T, dir, language, sentence string) {
	t.Helper()
	page, err := os.ReadFile(filepath.Join(dir, "index.html"))
	require.NoError(t, err)
	text := html.UnescapeString(string(page))
	require.Contains(t, text, `<html lang="`+language+`">`)
	require.Contains(t, text, sentence)
	require.NotContains(t, text, "<script")
	require.NotRegexp(t, `<(div|strong|a [^>]*|h[1-3])>\s*(<span|<|✉ <)/`, text, "something has no title")
	require.NotRegexp(t, `<div>\s*<span class="who">`, text, "something has no title")
	require.NotRegexp(t, `(src|href)="(https?:)?//`, text)
	wellFormed(t, page)
	links := hrefPattern.FindAllStringSubmatch(string(page), -1)
	require.Greater(t, len(links), 40)
	for _, l := range links {
		if anchor, ok := strings.CutPrefix(l[1], "#"); ok {
			require.Contains(t, string(page), `id="`+anchor+`"`)
			continue
		}
		path, err := url.PathUnescape(html.UnescapeString(l[1]))
		require.NoError(t, err)
		_, err = os.Stat(filepath.Join(dir, filepath.FromSlash(path)))
		require.NoError(t, err, "a link leads nowhere")
	}
}

// wellFormed reads the page as XML, as far as HTML's void elements let it be.
func wellFormed(t *testing.T, page []byte) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(page))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			require.NoError(t, err)
		}
	}
}

var commandsPattern = regexp.MustCompile(`(?s)<pre><code>(.*?)</code></pre>`)

// TestPageCommands types what the page tells the reader to type.
func TestPageCommands(t *testing.T) {
	if testing.Short() {
		t.Skip("asks other people's programs")
	}
	page, err := os.ReadFile(story(t, "index.html"))
	require.NoError(t, err)
	found := commandsPattern.FindSubmatch(page)
	require.NotNil(t, found)
	joined := strings.ReplaceAll(html.UnescapeString(string(found[1])), "\\\n", " ")
	lines := strings.Split(strings.TrimSpace(joined), "\n")
	require.Len(t, lines, 5)
	for i, line := range lines {
		cmd := exec.Command("sh", "-c", line)
		cmd.Dir = story(t)
		cmd.Env = append(os.Environ(),
			"PATH="+filepath.Dir(command(t))+string(os.PathListSeparator)+os.Getenv("PATH"))
		out, err := cmd.CombinedOutput()
		if i == 1 {
			require.Error(t, err, line)
			require.Contains(t, string(out), "certificate revoked")
			continue
		}
		require.NoError(t, err, "%s\n%s", line, out)
	}
}
