package demo

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/rubrica/rubrica/token"
)

// letter is a delivered message as a mail program shows it. It may hold secrets.
type letter struct {
	file    string // relative to the Maildir
	id      string
	date    time.Time
	to      string
	cc      string
	subject string
	text    string
	files   map[string][]byte
}

// errNoLetter says that a message has not arrived.
var errNoLetter = errors.New("demo: the message has not arrived")

// letters reads every message of a Maildir, in the order of their dates.
func letters(maildir string) ([]letter, error) {
	var out []letter
	for _, sub := range []string{"new", "cur"} {
		entries, err := os.ReadDir(filepath.Join(maildir, sub))
		if err != nil {
			return nil, fmt.Errorf("demo: %w", err)
		}
		for _, e := range entries {
			l, err := readLetter(filepath.Join(maildir, sub, e.Name()))
			if err != nil {
				return nil, fmt.Errorf("demo: message %s: %w", e.Name(), err)
			}
			l.file = filepath.ToSlash(filepath.Join(sub, e.Name()))
			out = append(out, l)
		}
	}
	slices.SortStableFunc(out, func(a, b letter) int {
		if c := a.date.Compare(b.date); c != 0 {
			return c
		}
		return strings.Compare(a.id, b.id)
	})
	return out, nil
}

// findLetter returns the letter of a name for an application.
func findLetter(maildir, application, name string) (letter, error) {
	all, err := letters(maildir)
	if err != nil {
		return letter{}, err
	}
	for _, l := range all {
		if strings.HasPrefix(l.id, application+".") && strings.Contains(l.id, "."+name+"@") {
			return l, nil
		}
	}
	return letter{}, fmt.Errorf("%w: %s", errNoLetter, name)
}

func readLetter(name string) (letter, error) {
	f, err := os.Open(name)
	if err != nil {
		return letter{}, err
	}
	defer f.Close()
	m, err := mail.ReadMessage(f)
	if err != nil {
		return letter{}, err
	}
	l := letter{id: strings.Trim(m.Header.Get("Message-Id"), "<>"), files: map[string][]byte{},
		to: decodeHeader(m.Header.Get("To")), cc: decodeHeader(m.Header.Get("Cc")),
		subject: decodeHeader(m.Header.Get("Subject"))}
	if l.date, err = m.Header.Date(); err != nil {
		return letter{}, err
	}
	kind, parameters, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		return letter{}, err
	}
	if !strings.HasPrefix(kind, "multipart/") {
		content, err := decodeBody(m.Header.Get("Content-Transfer-Encoding"), m.Body)
		l.text = string(content)
		return l, err
	}
	return l, l.readParts(multipart.NewReader(m.Body, parameters["boundary"]))
}

func (l *letter) readParts(parts *multipart.Reader) error {
	for {
		p, err := parts.NextRawPart()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		content, err := decodeBody(p.Header.Get("Content-Transfer-Encoding"), p)
		if err != nil {
			return err
		}
		if name := decodeHeader(p.FileName()); name != "" {
			l.files[name] = content
		} else {
			l.text = string(content)
		}
	}
}

func decodeHeader(s string) string {
	if decoded, err := new(mime.WordDecoder).DecodeHeader(s); err == nil {
		return decoded
	}
	return s
}

func decodeBody(encoding string, r io.Reader) ([]byte, error) {
	switch strings.ToLower(encoding) {
	case "quoted-printable":
		r = quotedprintable.NewReader(r)
	case "base64":
		r = base64.NewDecoder(base64.StdEncoding, r)
	}
	return io.ReadAll(r)
}

var passwordLine = regexp.MustCompile(`(?m)^    (\S+)\s*$`)

// password is what a subscriber copies out of his credentials envelope.
func (l letter) password() (token.Secret, error) {
	found := passwordLine.FindStringSubmatch(l.text)
	if found == nil {
		return token.Secret{}, errors.New("demo: the envelope holds no password")
	}
	return token.SecretString(found[1]), nil
}
