package demo_test

import (
	"context"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/adapters/sqlite"
	"github.com/rubrica/rubrica/workflow"
)

var background = context.Background()

// message is a delivered mail as this test reads it, apart from the code under test.
type message struct {
	to, text string
	files    map[string][]byte
}

// readMails reads a Maildir by Message-ID and fails when one lies there twice.
func readMails(t *testing.T, dir string) map[string]message {
	t.Helper()
	out := map[string]message{}
	for _, sub := range []string{"new", "cur"} {
		files, err := os.ReadDir(filepath.Join(dir, sub))
		if os.IsNotExist(err) {
			continue
		}
		require.NoError(t, err)
		for _, f := range files {
			id, m := readMail(t, filepath.Join(dir, sub, f.Name()))
			require.NotContains(t, out, id, "a message was delivered twice")
			out[id] = m
		}
	}
	return out
}

func readMail(t *testing.T, name string) (string, message) {
	t.Helper()
	f, err := os.Open(name)
	require.NoError(t, err)
	defer f.Close()
	m, err := mail.ReadMessage(f)
	require.NoError(t, err)
	got := message{to: m.Header.Get("To"), files: map[string][]byte{}}
	id := strings.Trim(m.Header.Get("Message-Id"), "<>")
	kind, parameters, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	require.NoError(t, err)
	if !strings.HasPrefix(kind, "multipart/") {
		got.text = string(decode(t, m.Header.Get("Content-Transfer-Encoding"), m.Body))
		return id, got
	}
	parts := multipart.NewReader(m.Body, parameters["boundary"])
	for {
		p, err := parts.NextRawPart()
		if err == io.EOF {
			return id, got
		}
		require.NoError(t, err)
		content := decode(t, p.Header.Get("Content-Transfer-Encoding"), p)
		if p.FileName() == "" {
			got.text = string(content)
		} else {
			got.files[p.FileName()] = content
		}
	}
}

func decode(t *testing.T, encoding string, r io.Reader) []byte {
	t.Helper()
	switch strings.ToLower(encoding) {
	case "quoted-printable":
		r = quotedprintable.NewReader(r)
	case "base64":
		r = base64.NewDecoder(base64.StdEncoding, r)
	}
	content, err := io.ReadAll(r)
	require.NoError(t, err)
	return content
}

var passwordPattern = regexp.MustCompile(`(?m)^    (\S+)\s*$`)

// passwordOf is what the credentials envelope of an application holds.
func passwordOf(t *testing.T, mails map[string]message, application string) string {
	t.Helper()
	for id, m := range mails {
		if strings.HasPrefix(id, application+".") && strings.Contains(id, ".credentials.envelope@") {
			found := passwordPattern.FindStringSubmatch(m.text)
			require.NotNil(t, found)
			return found[1]
		}
	}
	t.Fatal("no envelope for " + application)
	return ""
}

// history is one instance as the store has it.
type history struct {
	instance     string
	entries      []workflow.Entry
	final        string
	certificates int // events that carry an issued certificate
}

// histories reads every instance of a story's folder.
func histories(t *testing.T, dir string) []history {
	t.Helper()
	name := filepath.Join(dir, "rubrica.sqlite")
	if _, err := os.Stat(name); os.IsNotExist(err) {
		return nil
	}
	store, err := sqlite.Open(background, name, sqlite.Config{})
	require.NoError(t, err)
	defer store.Close()
	states, err := store.Find(background, workflow.Filter{})
	require.NoError(t, err)
	var out []history
	for _, s := range states {
		h := history{instance: s.Instance, final: s.Final}
		h.entries, err = store.Entries(background, s.Instance, 0, workflow.MaxPage)
		require.NoError(t, err)
		replayed, events, err := workflow.Replay(h.entries)
		require.NoError(t, err)
		require.Equal(t, s, replayed, "replaying gives the state")
		for _, e := range events {
			if e.Data["certificate"] != "" {
				h.certificates++
			}
		}
		out = append(out, h)
	}
	return out
}

func mustJSON(t *testing.T, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	require.NoError(t, err)
	return text
}

func rsaParts(t *testing.T, key any) [][]byte {
	t.Helper()
	private, ok := key.(*rsa.PrivateKey)
	require.True(t, ok)
	var out [][]byte
	for _, p := range private.Primes {
		out = append(out, p.Bytes())
	}
	return append(out, private.D.Bytes())
}
