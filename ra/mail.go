package ra

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/mail"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Mailer hands a message to the world: a Maildir, an SMTP relay, a provider.
//
// Send must be durable when it returns nil, and harmless to repeat: two calls with the same
// Message.ID deliver one message, also across a restart. The outbox repeats a call whose answer
// it never saw. Send must not keep m after it returns. Implementations are safe for concurrent
// use and return raw errors; a message that can never be sent is an *InvalidMessageError.
type Mailer interface {
	Send(ctx context.Context, m *Message) error
}

// Message is one mail. It may carry a credentials envelope or a key file, so it refuses to be
// printed, logged or marshalled: every verb of fmt shows its ID alone.
type Message struct {
	ID          string         // Message-ID without angle brackets (RFC 5322, 3.6.4): local@domain
	Date        time.Time      // origination date, required
	From        mail.Address   // required
	To          []mail.Address // at least one
	Cc          []mail.Address
	Subject     string // one line
	Text        string // plain text, LF line ends
	References  string // ID of the message that opened the conversation, or ""
	Attachments []Attachment
}

// Attachment is a file of a Message.
type Attachment struct {
	Name      string // file name, no path
	MediaType string // such as application/pdf
	Content   []byte
}

// Limits of one message: what mail relays commonly accept, and what no process here exceeds.
const (
	maxMessageRecipients = 16
	maxMessageBytes      = 20 << 20 // relays commonly refuse above 25 MB once in base64
	maxSubjectBytes      = 512      // RFC 5322, 2.1.1 allows 998 a line, encoded words triple it
)

// InvalidMessageError says that a message can never be sent as it is. It is a bug of the caller
// or an address that no form should have let pass; repeating the call does not help.
type InvalidMessageError struct {
	Field  string // "ID", "Date", "From", "To", "Cc", "Subject", "Attachments", "size"
	Reason string // no personal data
}

func (e *InvalidMessageError) Error() string {
	return "ra: message cannot be sent: " + e.Field + ": " + e.Reason
}

// Check says whether m can be sent: addresses parse, header fields hold one line, sizes are in
// their limits. Adapters call it first. The error is an *InvalidMessageError.
func (m *Message) Check() error {
	if !validMessageID(m.ID) {
		return &InvalidMessageError{"ID", "not local@domain in ASCII"}
	}
	if m.References != "" && !validMessageID(m.References) {
		return &InvalidMessageError{"References", "not local@domain in ASCII"}
	}
	if m.Date.IsZero() {
		return &InvalidMessageError{"Date", "missing"}
	}
	if err := checkAddresses("From", []mail.Address{m.From}); err != nil {
		return err
	}
	if len(m.To) == 0 {
		return &InvalidMessageError{"To", "no recipient"}
	}
	if len(m.To)+len(m.Cc) > maxMessageRecipients {
		return &InvalidMessageError{"To", "too many recipients"}
	}
	if err := errors.Join(checkAddresses("To", m.To), checkAddresses("Cc", m.Cc)); err != nil {
		return err
	}
	if m.Subject == "" || len(m.Subject) > maxSubjectBytes || !isLine(m.Subject) {
		return &InvalidMessageError{"Subject", "empty, too long or not one line of text"}
	}
	if !utf8.ValidString(m.Text) || strings.Contains(m.Text, "\x00") {
		return &InvalidMessageError{"Text", "not text in UTF-8"}
	}
	return m.checkSize()
}

// isLine reports whether s is text in UTF-8 without control characters: what a header can carry.
func isLine(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}

func (m *Message) checkSize() error {
	size := len(m.Text)
	for _, a := range m.Attachments {
		if a.Name == "" || strings.ContainsAny(a.Name, `/\`) || !isLine(a.Name) {
			return &InvalidMessageError{"Attachments", "a name is empty or not a plain file name"}
		}
		if !strings.Contains(a.MediaType, "/") || strings.ContainsAny(a.MediaType, "\r\n") {
			return &InvalidMessageError{"Attachments", "a media type is missing"}
		}
		size += len(a.Content)
	}
	if size > maxMessageBytes {
		return &InvalidMessageError{"size", "larger than mail relays accept"}
	}
	return nil
}

func checkAddresses(field string, list []mail.Address) error {
	for _, a := range list {
		// A backslash beside other letters than ASCII's is written so that no reader reads it.
		if !isLine(a.Name) || strings.Contains(a.Name, `\`) || !ValidEmail(a.Address) {
			return &InvalidMessageError{field, "not an e-mail address"}
		}
	}
	return nil
}

// ValidEmail says whether s is an address that every relay takes and every certificate can hold: a
// Mailbox of RFC 5321, 4.1.2 in ASCII, a Dot-string before the @ and a host name with a dot behind
// it, of at most 254 octets (RFC 5321, 4.5.3.1).
func ValidEmail(s string) bool {
	local, domain, ok := strings.Cut(s, "@")
	if !ok || len(s) > 254 || len(local) > 64 {
		return false
	}
	for atom := range strings.SplitSeq(local, ".") {
		if atom == "" || strings.ContainsFunc(atom, notAtext) {
			return false
		}
	}
	labels := strings.Split(domain, ".")
	for _, label := range labels {
		if label == "" || len(label) > 63 || strings.Trim(label, "-") != label ||
			strings.ContainsFunc(label, func(r rune) bool { return !isAlphanumeric(r) && r != '-' }) {
			return false
		}
	}
	return len(labels) > 1
}

func isAlphanumeric(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}

// notAtext says whether r may not stand in an atom (RFC 5322, 3.2.3).
func notAtext(r rune) bool {
	return !isAlphanumeric(r) && !strings.ContainsRune("!#$%&'*+-/=?^_`{|}~", r)
}

func validMessageID(s string) bool {
	local, domain, ok := strings.Cut(s, "@")
	return ok && local != "" && domain != "" && len(s) <= 200 && isPrintableASCII(s) &&
		!strings.ContainsAny(s, " <>\"()") && !strings.Contains(domain, "@")
}

func isPrintableASCII(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return s != ""
}

// Format writes the ID alone, whatever the verb: a message may carry secrets.
func (m Message) Format(f fmt.State, _ rune) { io.WriteString(f, "ra.Message("+m.ID+")") }

// LogValue shows the ID alone.
func (m Message) LogValue() slog.Value { return slog.StringValue("ra.Message(" + m.ID + ")") }

var errSecretMessage = errors.New("ra: a message may carry secrets and is not marshalled")

// MarshalJSON always fails: a message may carry secrets.
func (m Message) MarshalJSON() ([]byte, error) { return nil, errSecretMessage }

// MarshalText always fails: a message may carry secrets.
func (m Message) MarshalText() ([]byte, error) { return nil, errSecretMessage }

// GobEncode always fails: a message may carry secrets.
func (m Message) GobEncode() ([]byte, error) { return nil, errSecretMessage }
