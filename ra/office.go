package ra

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/mail"
	"slices"
	"time"

	"github.com/rubrica/rubrica/certificate"
	"github.com/rubrica/rubrica/ra/factura"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/sri"
	"github.com/rubrica/rubrica/token"
	"github.com/rubrica/rubrica/token/pkcs12"
	"github.com/rubrica/rubrica/workflow"
	"github.com/rubrica/rubrica/workflow/definition"
	"github.com/rubrica/rubrica/workflow/vault"
)

// Program is one process as the authority offers it: the definition compiled with Vocabulary, the
// texts of its letters and its contract. Package ra/icert makes one.
type Program struct {
	Process *workflow.Process
	Letters *Letters
	// Contract makes the PDF that the subscriber signs. The same data give the same octets.
	Contract func(ContractData) ([]byte, error)
}

// Config is what an Office works with. Fields without a remark are required.
type Config struct {
	Store     workflow.Store
	Clock     workflow.Clock
	Owner     string // of leases, see workflow.Config
	Vault     *vault.Vault
	Documents Documents
	Mailer    Mailer
	Payments  Payments

	Authority    *certificate.Authority // issues and revokes
	Ledger       certificate.Ledger     // that of Authority
	Certificates []*x509.Certificate    // between the authority's and the root; may be nil
	Anchors      []*x509.Certificate    // roots under which contracts are judged
	Directors    []*x509.Certificate    // who may countersign; the first is named in contracts
	KeyAlgorithm token.Algorithm        // of applicants' keys; zero is RSA-2048
	KeyFile      pkcs12.Options         // of files whose passwords have 80 random bits or more
	ListLife     time.Duration          // of revocation lists; zero is a week

	Seal        signing.Signer // signs invoices
	Taxpayer    factura.Issuer // who invoices; establishment and emission point come from the series
	Environment sri.Environment

	Programs  []Program
	Sender    mail.Address            // of every letter
	Mailboxes map[string]mail.Address // by role, of those to whom letters go
	Domain    string                  // of Message-IDs
	Place     *time.Location          // where days begin

	Log *slog.Logger // nil is silent
}

// Office is a registration authority at work: it takes orders (commands with what they bring),
// seals what is personal, decides by the process, and does what was decided. It keeps no state of
// its own; any number of offices may work on one store. It is safe for concurrent use.
type Office struct {
	c        Config
	engine   *workflow.Engine
	programs map[workflow.Pin]*program // by what instances are pinned to
	latest   map[string]*program       // by name
}

// program is a Program with what its definition asks of commands.
type program struct {
	Program
	def definition.Definition
	// requirements of documents and contracts, by command and datum.
	requirements map[string]map[string]Requirement
	contracts    map[string]contractParams
	reviews      map[string][]string // data that a command's digest is over
	timers       map[string]definition.Timer
}

const defaultListLife = 7 * 24 * time.Hour

// NewOffice checks the configuration. An error is a mistake of the host's programmer or operator.
func NewOffice(c Config) (*Office, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	if c.ListLife == 0 {
		c.ListLife = defaultListLife
	}
	o := &Office{c: c, programs: map[workflow.Pin]*program{}, latest: map[string]*program{}}
	var processes []*workflow.Process
	for _, p := range c.Programs {
		q, err := newProgram(p)
		if err != nil {
			return nil, err
		}
		pin := p.Process.Pin()
		o.programs[pin] = q
		if last := o.latest[pin.Name]; last == nil || last.Process.Pin().Revision < pin.Revision {
			o.latest[pin.Name] = q
		}
		processes = append(processes, p.Process)
	}
	var err error
	o.engine, err = workflow.NewEngine(workflow.Config{
		Store: c.Store, Clock: c.Clock, Processes: processes, Owner: c.Owner, Log: c.Log,
		Handler: handler{o}, Router: router{o}, Facts: o.facts,
	})
	return o, err
}

func (c *Config) check() error {
	for _, field := range []struct {
		name    string
		missing bool
	}{
		{"Store", c.Store == nil}, {"Clock", c.Clock == nil}, {"Owner", c.Owner == ""},
		{"Vault", c.Vault == nil}, {"Documents", c.Documents == nil}, {"Mailer", c.Mailer == nil},
		{"Payments", c.Payments == nil}, {"Authority", c.Authority == nil}, {"Ledger", c.Ledger == nil},
		{"Anchors", len(c.Anchors) == 0}, {"Seal", len(c.Seal.Chain) == 0},
		{"Taxpayer", c.Taxpayer.RUC == ""}, {"Programs", len(c.Programs) == 0},
		{"Sender", !ValidEmail(c.Sender.Address)}, {"Domain", !validMessageID("x@" + c.Domain)},
		{"Place", c.Place == nil},
	} {
		if field.missing {
			return errors.New("ra: Config." + field.name + " is missing or wrong")
		}
	}
	for role, address := range c.Mailboxes {
		if !ValidEmail(address.Address) {
			return errors.New("ra: Config.Mailboxes: not an address: " + role)
		}
	}
	return nil
}

func newProgram(p Program) (*program, error) {
	if p.Process == nil || p.Letters == nil || p.Contract == nil {
		return nil, errors.New("ra: a Program needs Process, Letters and Contract")
	}
	q := &program{Program: p, def: p.Process.Definition(), contracts: map[string]contractParams{},
		requirements: map[string]map[string]Requirement{}, reviews: map[string][]string{},
		timers: map[string]definition.Timer{}}
	for _, t := range q.def.Timers {
		q.timers[t.Name] = t
	}
	if !p.Letters.Has(refusedLetter) {
		return nil, fmt.Errorf("ra: program %s: no letter %s", q.def.Name, refusedLetter)
	}
	for _, t := range slices.Concat(q.def.Start, q.def.Transitions) {
		if err := q.readGuards(t); err != nil {
			return nil, err
		}
		if err := q.checkEffects(t.Effects); err != nil {
			return nil, err
		}
	}
	for _, t := range q.def.Timers {
		if err := q.checkEffects(t.Effects); err != nil {
			return nil, err
		}
	}
	return q, nil
}

// readGuards notes what a command's documents must be, so that they are judged while they arrive.
func (q *program) readGuards(t definition.Transition) error {
	for _, g := range t.Guards {
		switch g.Name {
		case "evidence":
			var r Requirement
			if err := g.Params.Decode(&r); err != nil {
				return fmt.Errorf("ra: program %s: %w", q.def.Name, err)
			}
			if q.requirements[t.On] == nil {
				q.requirements[t.On] = map[string]Requirement{}
			}
			q.requirements[t.On][r.Kind] = r
		case "contract":
			var c contractParams
			if err := g.Params.Decode(&c); err != nil {
				return fmt.Errorf("ra: program %s: %w", q.def.Name, err)
			}
			q.contracts[t.On] = c
		case "reviewed":
			var r reviewParams
			if err := g.Params.Decode(&r); err != nil {
				return fmt.Errorf("ra: program %s: %w", q.def.Name, err)
			}
			q.reviews[t.On] = r.Over
		}
	}
	return nil
}

// checkEffects looks whether every letter is there, and every timer and document that one names.
func (q *program) checkEffects(effects []definition.Effect) error {
	for _, e := range effects {
		if e.Name != "mail" {
			continue
		}
		var m mailParams
		if err := e.Params.Decode(&m); err != nil {
			return fmt.Errorf("ra: program %s: %w", q.def.Name, err)
		}
		if !q.Letters.Has(m.Letter) {
			return fmt.Errorf("ra: program %s: no letter %s", q.def.Name, m.Letter)
		}
		if t := q.timers[m.Deadline]; m.Deadline != "" && (t.From == "" || t.After == nil) {
			return fmt.Errorf("ra: program %s: letter %s: timer %s does not count from an instant",
				q.def.Name, m.Letter, m.Deadline)
		}
		for _, name := range m.Attach {
			if name != keyFile && q.def.Data[name] != definition.Reference {
				return fmt.Errorf("ra: program %s: letter %s: no document %s", q.def.Name, m.Letter, name)
			}
		}
	}
	return nil
}

// deadline computes when a timer that counts from a recorded instant ends.
func (q *program) deadline(timer string, data map[string]string) (time.Time, error) {
	t, ok := q.timers[timer]
	if !ok || t.From == "" || t.After == nil || t.After.Clock != "calendar" {
		return time.Time{}, fmt.Errorf("ra: program %s: timer %s does not count from an instant",
			q.def.Name, timer)
	}
	from, err := time.Parse(time.RFC3339, data[t.From])
	if err != nil {
		return time.Time{}, fmt.Errorf("ra: program %s: timer %s: %w", q.def.Name, timer, err)
	}
	return from.Add(time.Duration(t.After.Hours+24*t.After.Days) * time.Hour), nil
}

// Engine is the engine that the office drives: for work lists, histories and the clock's loop
// (Run, or Settle and Next).
func (o *Office) Engine() *workflow.Engine { return o.engine }

// PublishList makes a revocation list and keeps it among the documents; the host copies it to the
// address that certificates name. The same key gives the same list.
func (o *Office) PublishList(ctx context.Context, key string) (Digest, error) {
	_, stored, err := o.c.Vault.Latest(ctx, listSubject, listRecord(key))
	if err == nil {
		return ParseDigest(string(stored))
	}
	if !errors.Is(err, vault.ErrNotFound) {
		return Digest{}, fmt.Errorf("ra: revocation list: %w", err)
	}
	list, err := o.c.Authority.RevocationList(ctx, o.c.ListLife)
	if err != nil {
		return Digest{}, fmt.Errorf("ra: revocation list: %w", err)
	}
	digest, err := o.c.Documents.Put(ctx, bytesReader(list))
	if err != nil {
		return Digest{}, fmt.Errorf("ra: revocation list: %w", err)
	}
	_, stored, err = o.c.Vault.PutOnce(ctx, listSubject, listRecord(key), []byte(digest.String()))
	if err != nil {
		return Digest{}, fmt.Errorf("ra: revocation list: %w", err)
	}
	return ParseDigest(string(stored))
}

// listSubject holds nothing personal: it remembers which list a key made.
const listSubject = "authority"

func listRecord(key string) string { return "crl." + suffix(key) }
