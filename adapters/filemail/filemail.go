package filemail

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/mail"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unicode/utf8"

	gomail "github.com/wneessen/go-mail"

	"github.com/rubrica/rubrica/ra"
)

var _ ra.Mailer = (*Maildir)(nil)

// Maildir is a folder with tmp, new and cur. It is safe for concurrent use, also by several
// processes.
type Maildir struct{ dir string }

// Open makes the folders that are not there.
func Open(dir string) (*Maildir, error) {
	for _, sub := range []string{"tmp", "new", "cur"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			return nil, fmt.Errorf("filemail: %w", err)
		}
	}
	return &Maildir{dir: dir}, nil
}

// FileName is the name under which a message lies in new; a mail program that moves it to cur
// adds its flags behind.
func FileName(m *ra.Message) string {
	id := sha256.Sum256([]byte(m.ID))
	return strconv.FormatInt(m.Date.Unix(), 10) + "." + hex.EncodeToString(id[:12]) + ".rubrica.eml"
}

// Send implements ra.Mailer.
func (d *Maildir) Send(ctx context.Context, m *ra.Message) error {
	if err := errors.Join(ctx.Err(), m.Check()); err != nil {
		return err
	}
	name := FileName(m)
	if there, err := d.delivered(name); there || err != nil {
		return err
	}
	content, err := render(m)
	if err != nil {
		return err
	}
	temporary := filepath.Join(d.dir, "tmp", rand.Text())
	defer os.Remove(temporary)
	if err := writeDurably(temporary, content); err != nil {
		return err
	}
	// A link, not a rename: it fails when another delivery of the same ID came first.
	err = os.Link(temporary, filepath.Join(d.dir, "new", name))
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncFolder(filepath.Join(d.dir, "new"))
}

// delivered looks in new, and in cur where a mail program adds flags such as ":2,S".
func (d *Maildir) delivered(name string) (bool, error) {
	if _, err := os.Lstat(filepath.Join(d.dir, "new", name)); !errors.Is(err, fs.ErrNotExist) {
		return err == nil, err
	}
	moved, err := filepath.Glob(filepath.Join(globQuote(d.dir), "cur", name+"*"))
	return len(moved) > 0, err
}

// globQuote escapes what filepath.Glob would read as a pattern.
func globQuote(s string) string {
	var b []byte
	for i := range len(s) {
		switch s[i] {
		case '*', '?', '[', '\\':
			b = append(b, '\\')
		}
		b = append(b, s[i])
	}
	return string(b)
}

func writeDurably(name string, content []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Sync(), f.Close())
}

func syncFolder(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// render writes the message as RFC 5322 and MIME say. Header values are encoded by go-mail; the
// boundary comes from the ID, so that the same message is the same file.
func render(m *ra.Message) ([]byte, error) {
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent(), gomail.WithEncoding(gomail.EncodingQP))
	boundary := sha256.Sum256([]byte("boundary of " + m.ID))
	msg.SetBoundary("rubrica-" + hex.EncodeToString(boundary[:16]))
	msg.FromMailAddress(&m.From)
	msg.ToMailAddress(pointers(m.To)...)
	if len(m.Cc) > 0 {
		msg.CcMailAddress(pointers(m.Cc)...)
	}
	msg.Subject(literal(m.Subject))
	msg.SetDateWithValue(m.Date)
	msg.SetMessageIDWithValue(m.ID)
	if m.References != "" {
		msg.SetGenHeaderPreformatted(gomail.HeaderReferences, "<"+m.References+">")
		msg.SetGenHeader(gomail.HeaderInReplyTo, "<"+m.References+">")
	}
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	for _, a := range m.Attachments {
		err := msg.AttachReader(a.Name, bytes.NewReader(a.Content),
			gomail.WithFileContentType(gomail.ContentType(a.MediaType)))
		if err != nil {
			return nil, fmt.Errorf("filemail: attachment: %w", err)
		}
	}
	var b bytes.Buffer
	if _, err := msg.WriteTo(&b); err != nil {
		return nil, fmt.Errorf("filemail: %w", err)
	}
	// go-mail folds a long identifier away from its field's name, where some programs miss it.
	folded, whole := []byte("\r\nMessage-ID:\r\n <"), []byte("\r\nMessage-ID: <")
	return bytes.Replace(b.Bytes(), folded, whole, 1), nil
}

func pointers(list []mail.Address) []*mail.Address {
	out := make([]*mail.Address, len(list))
	for i := range list {
		out[i] = &list[i]
	}
	return out
}

// literal keeps a header's text as it is where readers would take a part of it for an encoded word:
// it is written in encoded words itself (RFC 2047, 2 and 5). Anything else is left to the writer.
func literal(s string) string {
	if !strings.Contains(s, "=?") {
		return s
	}
	const most = 42 // octets a word: 56 of base64, and 75 with what stands around
	var words []string
	for len(s) > 0 {
		n := min(most, len(s))
		for n < len(s) && n > 0 && !utf8.RuneStart(s[n]) {
			n--
		}
		if n == 0 {
			n = min(most, len(s))
		}
		words = append(words, "=?utf-8?b?"+base64.StdEncoding.EncodeToString([]byte(s[:n]))+"?=")
		s = s[n:]
	}
	return strings.Join(words, " ")
}
