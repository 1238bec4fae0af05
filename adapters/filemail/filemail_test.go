package filemail_test

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/adapters/filemail"
	"github.com/rubrica/rubrica/ra"
	"github.com/rubrica/rubrica/ra/mailtest"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	mailtest.Run(t, func(t *testing.T) (ra.Mailer, func() []ra.Message) {
		dir := t.TempDir()
		d, err := filemail.Open(dir)
		require.NoError(t, err)
		return d, func() []ra.Message { return readAll(t, dir) }
	})
}

// A message that a mail program has read lies in cur with flags: it is still delivered.
func TestReadMessageIsNotDeliveredAgain(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "odd [name]*?")
	d, err := filemail.Open(dir)
	require.NoError(t, err)
	m := mailtest.Example()
	require.NoError(t, d.Send(t.Context(), &m))
	name := filemail.FileName(&m)
	require.NoError(t,
		os.Rename(filepath.Join(dir, "new", name), filepath.Join(dir, "cur", name+":2,S")))
	require.NoError(t, d.Send(t.Context(), &m))
	require.Len(t, readAll(t, dir), 1)
	left, err := os.ReadDir(filepath.Join(dir, "tmp"))
	require.NoError(t, err)
	require.Empty(t, left)
}

// The same message is the same file, octet for octet.
func TestDeterministic(t *testing.T) {
	t.Parallel()
	var files [2]string
	for i := range files {
		dir := t.TempDir()
		d, err := filemail.Open(dir)
		require.NoError(t, err)
		m := mailtest.Example()
		require.NoError(t, d.Send(t.Context(), &m))
		content, err := os.ReadFile(filepath.Join(dir, "new", filemail.FileName(&m)))
		require.NoError(t, err)
		files[i] = string(content)
		for line := range strings.Lines(files[i]) {
			require.LessOrEqual(t, len(line), 1000, "RFC 5322, 2.1.1")
			require.True(t, strings.HasSuffix(line, "\r\n"))
		}
	}
	require.Equal(t, files[0], files[1])
}

func readAll(t *testing.T, dir string) []ra.Message {
	t.Helper()
	var out []ra.Message
	for _, sub := range []string{"new", "cur"} {
		files, err := os.ReadDir(filepath.Join(dir, sub))
		require.NoError(t, err)
		for _, f := range files {
			content, err := os.ReadFile(filepath.Join(dir, sub, f.Name()))
			require.NoError(t, err)
			out = append(out, parse(t, bytes.NewReader(content)))
		}
	}
	return out
}

// parse reads a message with the standard library, which did not write it.
func parse(t *testing.T, r io.Reader) ra.Message {
	t.Helper()
	msg, err := mail.ReadMessage(r)
	require.NoError(t, err)
	var m ra.Message
	m.ID = strings.Trim(msg.Header.Get("Message-Id"), "<>")
	m.References = strings.Trim(msg.Header.Get("References"), "<>")
	m.Date, err = msg.Header.Date()
	require.NoError(t, err)
	m.Subject, err = new(mime.WordDecoder).DecodeHeader(msg.Header.Get("Subject"))
	require.NoError(t, err)
	m.From = addresses(t, msg, "From")[0]
	m.To, m.Cc = addresses(t, msg, "To"), addresses(t, msg, "Cc")
	mediaType, params, err := mime.ParseMediaType(msg.Header.Get("Content-Type"))
	require.NoError(t, err)
	if !strings.HasPrefix(mediaType, "multipart/") {
		m.Text = text(t, msg.Header.Get("Content-Transfer-Encoding"), msg.Body)
		return m
	}
	parts := multipart.NewReader(msg.Body, params["boundary"])
	for {
		p, err := parts.NextRawPart()
		if err == io.EOF {
			return m
		}
		require.NoError(t, err)
		content := text(t, p.Header.Get("Content-Transfer-Encoding"), p)
		if p.FileName() == "" {
			m.Text = content
			continue
		}
		partType, _, err := mime.ParseMediaType(p.Header.Get("Content-Type"))
		require.NoError(t, err)
		fileName, err := new(mime.WordDecoder).DecodeHeader(p.FileName())
		require.NoError(t, err)
		m.Attachments = append(m.Attachments,
			ra.Attachment{Name: fileName, MediaType: partType, Content: []byte(content)})
	}
}

func addresses(t *testing.T, msg *mail.Message, field string) []mail.Address {
	t.Helper()
	if msg.Header.Get(field) == "" {
		return nil
	}
	list, err := msg.Header.AddressList(field)
	require.NoError(t, err)
	var out []mail.Address
	for _, a := range list {
		out = append(out, *a)
	}
	return out
}

func text(t *testing.T, encoding string, r io.Reader) string {
	t.Helper()
	switch strings.ToLower(encoding) {
	case "quoted-printable":
		content, err := io.ReadAll(quotedprintable.NewReader(r))
		require.NoError(t, err)
		return strings.ReplaceAll(string(content), "\r\n", "\n")
	case "base64":
		content, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, r))
		require.NoError(t, err)
		return string(content)
	default:
		t.Fatalf("transfer encoding %q", encoding)
		return ""
	}
}

// FuzzSend: whatever passes the check is written so that the standard library reads it back.
func FuzzRender(f *testing.F) {
	f.Add("asunto", "texto\n.\n", "Ñuñez, \"x\" <y>", "a.pdf", []byte("x"))
	f.Add("=?utf-8?q?x?=", "\x00\r\n--rubrica", "=?a", "=?utf-8?b?x?=", []byte("\r\n.\r\n"))
	f.Add(strings.Repeat("ñ", 200), strings.Repeat("á", 2000), "", "ñ \";=.pdf", []byte{0, 0xff})
	f.Fuzz(func(t *testing.T, subject, body, name, file string, content []byte) {
		m := mailtest.Example()
		m.Subject, m.Text, m.To[0].Name = subject, body, name
		m.Attachments = []ra.Attachment{{Name: file, MediaType: "application/pdf", Content: content}}
		if m.Check() != nil {
			return
		}
		file5322, err := filemail.Render(&m)
		require.NoError(t, err)
		got := parse(t, bytes.NewReader(file5322))
		require.Equal(t, m.ID, got.ID)
		require.Len(t, got.To, 1)
		require.Equal(t, m.To[0].Address, got.To[0].Address)
		require.Equal(t, m.Cc, got.Cc)
		require.Len(t, got.Attachments, 1)
		require.Equal(t, content, got.Attachments[0].Content)
	})
}

// TestSubjectThatLooksEncoded: a subject is read back as it was given, also when a part of it looks
// like an encoded word, and a seed that once was refused by readers.
func TestSubjectThatLooksEncoded(t *testing.T) {
	t.Parallel()
	for _, subject := range []string{"=??q??=", "=?utf-8?q?x?=", "a =?utf-8?b?eA==?= b",
		strings.Repeat("ñ=?", 60), "plain"} {
		m := mailtest.Example()
		m.Subject = subject
		require.NoError(t, m.Check())
		rendered, err := filemail.Render(&m)
		require.NoError(t, err)
		require.Equal(t, subject, parse(t, bytes.NewReader(rendered)).Subject)
	}
}
