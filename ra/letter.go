package ra

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/mail"
	"path"
	"strings"
	"text/template"
	"time"

	"github.com/rubrica/rubrica/token"
	"github.com/rubrica/rubrica/workflow"
	"github.com/rubrica/rubrica/workflow/vault"
)

// Letters are the texts of a process's mails in each language: text/template files, the first line
// of which is the subject. They are parsed once; a letter that names a field that Letter does not
// have fails when Letters are made, not when the mail is due.
type Letters struct {
	byLanguage map[string]map[string]*template.Template
	place      *time.Location
}

// NewLetters reads files named language/letter.txt. Dates are written at place.
func NewLetters(files fs.FS, place *time.Location) (*Letters, error) {
	l := &Letters{byLanguage: map[string]map[string]*template.Template{}, place: place}
	names, err := fs.Glob(files, "*/*.txt")
	if err != nil || len(names) == 0 {
		return nil, errors.Join(errors.New("ra: no letters"), err)
	}
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("ra: letters: %w", err)
		}
		language, letter := path.Dir(name), strings.TrimSuffix(path.Base(name), ".txt")
		t, err := template.New(name).Option("missingkey=error").Funcs(l.functions(language)).
			Parse(string(text))
		if err != nil {
			return nil, fmt.Errorf("ra: letters: %w", err)
		}
		if l.byLanguage[language] == nil {
			l.byLanguage[language] = map[string]*template.Template{}
		}
		l.byLanguage[language][letter] = t
		if _, _, err := l.Write(language, letter, Letter{}); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// Has says whether there is a letter in Spanish, the language that every letter must have.
func (l *Letters) Has(letter string) bool { return l.byLanguage["es"][letter] != nil }

func (l *Letters) functions(language string) template.FuncMap {
	return template.FuncMap{
		"day":    func(t time.Time) string { return LongDate(t.In(l.place), language) },
		"hour":   func(t time.Time) string { return t.In(l.place).Format("15:04") },
		"reveal": func(s token.Secret) string { return string(s.Reveal()) },
	}
}

// Letter is what the text of a mail may name.
type Letter struct {
	Application string
	Form        Form
	At          time.Time // when the step happened
	Appointment time.Time
	Deadline    time.Time
	Serial      string
	Envelope    string       // number of the credentials envelope
	Password    token.Secret // of the key file: in the letter that is the envelope, nowhere else
	AccessKey   string       // of the invoice
	Authority   string       // name of the sender
	Mailbox     string       // of the operator
	Reasons     []string     // why a delivery was refused, in the applicant's language
}

// Write writes a letter, in Spanish where the language has none.
func (l *Letters) Write(language, letter string, data Letter) (subject, text string, err error) {
	t := l.byLanguage[language][letter]
	if t == nil {
		t = l.byLanguage["es"][letter]
	}
	if t == nil {
		return "", "", errors.New("ra: no letter " + letter)
	}
	var b bytes.Buffer
	if err := t.Execute(&b, data); err != nil {
		return "", "", fmt.Errorf("ra: letter %s: %w", letter, err)
	}
	subject, text, ok := strings.Cut(b.String(), "\n")
	if !ok || subject == "" {
		return "", "", errors.New("ra: letter " + letter + ": the first line is the subject")
	}
	return subject, strings.TrimLeft(text, "\n"), nil
}

var monthsES = []string{"enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto",
	"septiembre", "octubre", "noviembre", "diciembre"}

// LongDate writes a day for people: 22 de octubre de 2026, or 22 October 2026.
func LongDate(t time.Time, language string) string {
	if language == "en" {
		return t.Format("2 January 2006")
	}
	return fmt.Sprintf("%d de %s de %d", t.Day(), monthsES[t.Month()-1], t.Year())
}

// doMail writes and sends a letter. The same effect gives the same message with the same
// Message-ID, so that mailers deliver it once.
func (o *Office) doMail(
	ctx context.Context, e workflow.Effect, p *program, want mailParams,
) (workflow.Answer, error) {
	form, err := o.form(ctx, e)
	if err != nil {
		return workflow.Answer{}, err
	}
	letter, err := o.letter(ctx, e, p, want, form)
	if err != nil {
		return workflow.Answer{}, err
	}
	defer letter.Password.Destroy()
	language := "es" // the office's
	if want.To == RoleApplicant {
		language = form.Language
	}
	m := &Message{ID: o.messageID(e, want.Letter), Date: e.At.In(o.c.Place), From: o.c.Sender}
	if m.Subject, m.Text, err = p.Letters.Write(language, want.Letter, letter); err != nil {
		return workflow.Answer{}, err
	}
	if err := o.address(m, want, form); err != nil {
		return workflow.Answer{}, err
	}
	if m.Attachments, err = o.attachments(ctx, e, want); err != nil {
		return workflow.Answer{}, err
	}
	err = o.c.Mailer.Send(ctx, m)
	if invalid, ok := errors.AsType[*InvalidMessageError](err); ok {
		return workflow.Answer{}, &workflow.Failure{Note: invalid.Error(), Permanent: true, Err: err}
	}
	if err != nil {
		return workflow.Answer{}, fmt.Errorf("ra: mail %s: %w", want.Letter, err)
	}
	return workflow.Answer{}, nil
}

// messageID is made of the effect's key, which never changes.
func (o *Office) messageID(e workflow.Effect, letter string) string {
	return strings.ReplaceAll(e.Key, "/", ".") + "." + letter + "@" + o.c.Domain
}

func (o *Office) letter(
	ctx context.Context, e workflow.Effect, p *program, want mailParams, form Form,
) (Letter, error) {
	l := Letter{
		Application: e.Instance, Form: form, At: e.At, Serial: e.Data[serialDatum],
		Envelope: e.Data[envelopeDatum], AccessKey: e.Data[accessKeyDatum],
		Authority: o.c.Sender.Name, Mailbox: o.c.Mailboxes[RoleOperator].Address,
	}
	if text := e.Data[appointmentDatum]; text != "" {
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return l, fmt.Errorf("ra: letter: %w", err)
		}
		l.Appointment = at
	}
	if want.Deadline != "" {
		deadline, err := p.deadline(want.Deadline, e.Data)
		if err != nil {
			return l, err
		}
		l.Deadline = deadline
	}
	if want.Reveal {
		_, value, err := o.c.Vault.Latest(ctx, e.Instance+secretsSubject, secretPassword)
		if err != nil {
			return l, fmt.Errorf("ra: credentials envelope: %w", err)
		}
		l.Password = token.NewSecret(value)
		clear(value)
	}
	return l, nil
}

// appointmentDatum is the hour that operator and applicant agreed on.
const appointmentDatum = "appointment"

func (o *Office) address(m *Message, want mailParams, form Form) error {
	mailbox := func(role string) (mail.Address, error) {
		if role == RoleApplicant {
			return mail.Address{Name: form.Name(), Address: form.Email}, nil
		}
		address, ok := o.c.Mailboxes[role]
		if !ok {
			return address, &workflow.Failure{Note: "no mailbox for " + role, Permanent: true}
		}
		return address, nil
	}
	to, err := mailbox(want.To)
	if err != nil {
		return err
	}
	m.To = []mail.Address{to}
	for _, role := range want.Cc {
		cc, err := mailbox(role)
		if err != nil {
			return err
		}
		m.Cc = append(m.Cc, cc)
	}
	return nil
}

func (o *Office) attachments(
	ctx context.Context, e workflow.Effect, want mailParams,
) ([]Attachment, error) {
	var out []Attachment
	for _, name := range want.Attach {
		if name == keyFile {
			_, file, err := o.c.Vault.Latest(ctx, e.Instance+secretsSubject, secretFile)
			if errors.Is(err, vault.ErrForgotten) {
				return nil, &workflow.Failure{Note: "the key file was destroyed", Permanent: true, Err: err}
			}
			if err != nil {
				return nil, fmt.Errorf("ra: key file: %w", err)
			}
			out = append(out, Attachment{Name: "firma-" + e.Instance + ".p12",
				MediaType: "application/x-pkcs12", Content: file})
			continue
		}
		filed, content, err := o.Document(ctx, e.Instance, e.Data[name])
		if err != nil {
			return nil, err
		}
		out = append(out, Attachment{Name: filed.Name, MediaType: string(filed.Type), Content: content})
	}
	return out, nil
}
