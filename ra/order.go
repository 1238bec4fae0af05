package ra

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/rubrica/rubrica/workflow"
)

func bytesReader(b []byte) io.Reader { return bytes.NewReader(b) }

// Order is a command with what it brings. What is personal in it is sealed before the command is
// given, so that history and outbox hold references alone.
type Order struct {
	// Application is its name. "" begins a new application of Program, whose name is derived from
	// Key: the same key begins the same application.
	Application string
	Program     string // for a new application: its process

	Command string
	Key     string // of this intent; the same for a repeat, see workflow.Command
	Actor   string // role
	By      string // who, as a reference: "operator/017"; never a name
	At      time.Time

	Data map[string]string // what the definition lets the command carry

	// What is sealed; nil when the command brings none.
	Form      *Form
	Billing   *Billing
	Deposit   *Deposit
	Documents map[string]Submission // by datum, as the definition names it
}

// ApplicationID is the name of the application that a key begins.
func ApplicationID(key string) string { return "app-" + suffix("application "+key) }

// Give gives an order: it inspects and seals what the order brings, and has the command decided.
//
// When the person who gave it is to mend it, the error holds what Refusals takes out; then nothing
// was changed. ErrKeyContent says that the key was used otherwise. After any other error it is not
// known whether the command was recorded: give the same order again.
func (o *Office) Give(ctx context.Context, order Order) (workflow.Outcome, error) {
	p, err := o.programOf(ctx, &order)
	if err != nil {
		return workflow.Outcome{}, err
	}
	if err := order.check(); err != nil {
		return workflow.Outcome{}, err
	}
	command := workflow.Command{Name: order.Command, Key: order.Key, Actor: order.Actor,
		By: order.By, At: order.At}
	command.Data, err = o.seal(ctx, p, order)
	if err != nil {
		return workflow.Outcome{}, err
	}
	if order.Program != "" {
		return o.engine.Start(ctx, order.Program, order.Application, command)
	}
	return o.engine.Do(ctx, order.Application, command)
}

// programOf finds the program of an order and names a new application.
func (o *Office) programOf(ctx context.Context, order *Order) (*program, error) {
	if order.Key == "" {
		return nil, errors.New("ra: an order needs a key")
	}
	if order.Application == "" {
		order.Application = ApplicationID(order.Key)
		p := o.latest[order.Program]
		if p == nil {
			return nil, fmt.Errorf("ra: no program %q", order.Program)
		}
		return p, nil
	}
	order.Program = ""
	s, err := o.engine.State(ctx, order.Application)
	if err != nil {
		return nil, err
	}
	return o.pinned(s.Process)
}

func (o *Office) pinned(pin workflow.Pin) (*program, error) {
	p := o.programs[pin]
	if p == nil {
		return nil, fmt.Errorf("ra: the program of this application is not configured: %s revision %d",
			pin.Name, pin.Revision)
	}
	return p, nil
}

// check looks at everything that can be judged without the state, and collects all of it.
func (order *Order) check() error {
	var found []*Refusal
	if order.Form != nil {
		found = append(found, order.Form.Check()...)
	}
	if order.Billing != nil {
		found = append(found, order.Billing.Check()...)
	}
	if order.Deposit != nil {
		found = append(found, order.Deposit.check()...)
	}
	errs := make([]error, len(found))
	for i, r := range found {
		errs[i] = r
	}
	return errors.Join(errs...)
}

// seal puts away what an order brings and returns the command's data.
func (o *Office) seal(ctx context.Context, p *program, order Order) (map[string]string, error) {
	data := map[string]string{}
	for name, value := range order.Data {
		data[name] = value
	}
	contents, filed, err := o.inspect(p, order)
	if err != nil {
		return nil, err
	}
	if err := o.label(ctx, order, filed); err != nil {
		return nil, err
	}
	for kind, f := range filed {
		ref, err := o.fileDocument(ctx, order.Application, order.Key, f, contents[kind])
		if err != nil {
			return nil, err
		}
		data[kind] = ref.String()
	}
	put := func(kind string, value any) error {
		ref, err := o.putRecord(ctx, order.Application, kind, order.Key, value)
		data[kind] = ref.String()
		return err
	}
	var errs [3]error
	if order.Form != nil {
		errs[0] = put(recordForm, order.Form)
		data[identityDatum] = o.c.Vault.Blind("identity",
			string(order.Form.IDType)+":"+order.Form.IDNumber)
		data["container"] = string(order.Form.Container)
		data["ruc"] = strconv.FormatBool(order.Form.IncludeRUC)
	}
	if order.Billing != nil {
		errs[1] = put(recordBilling, order.Billing)
	}
	if order.Deposit != nil {
		errs[2] = put(recordDeposit, order.Deposit)
	}
	return data, errors.Join(errs[:]...)
}

// inspect reads and judges all documents of an order before any of them is stored.
func (o *Office) inspect(p *program, order Order) (map[string][]byte, map[string]Filed, error) {
	contents, filed := map[string][]byte{}, map[string]Filed{}
	var errs []error
	received := order.At
	if received.IsZero() {
		received = o.c.Clock.Now()
	}
	for kind, s := range order.Documents {
		r, ok := p.requirements[order.Command][kind]
		if !ok {
			errs = append(errs, refuse("document-unasked", kind))
			continue
		}
		e, content, err := Inspect(s, r, received.In(o.c.Place))
		if err != nil {
			errs = append(errs, err)
			continue
		}
		contents[kind] = content
		filed[kind] = Filed{Evidence: e, Name: p.fileName(order, kind) + suffixOf(e.Type)}
	}
	return contents, filed, errors.Join(errs...)
}

// fileName is the name under which a document is handed out: a contract says how many signatures it
// has, in the language of the people who get it.
func (p *program) fileName(order Order, kind string) string {
	name := kind
	if c, ok := p.contracts[order.Command]; ok && c.Document == kind {
		name = "contrato-" + itoa(len(c.Signers)) + "-firmas"
		if len(c.Signers) == 1 {
			name = "contrato-1-firma"
		}
	}
	return name + "-" + order.Application
}

// label writes on the documents that come with a credentials envelope, as the photograph does,
// whose they are: the number of the envelope, and the applicant's own number and name.
func (o *Office) label(ctx context.Context, order Order, filed map[string]Filed) error {
	envelope := order.Data[envelopeDatum]
	if envelope == "" || len(filed) == 0 {
		return nil
	}
	s, err := o.engine.State(ctx, order.Application)
	if err != nil {
		return err
	}
	var form Form
	if err := o.getRecord(ctx, s.Instance, s.Data[recordForm], &form); err != nil {
		return err
	}
	for kind, f := range filed {
		f.Envelope, f.IDNumber, f.Holder = envelope, form.IDNumber, form.Name()
		filed[kind] = f
	}
	return nil
}

// suffixOf is the ending of a file name by content, whatever the sender called it.
func suffixOf(t MediaType) string {
	switch t {
	case TypePDF:
		return ".pdf"
	case TypeJPEG:
		return ".jpg"
	case TypePNG:
		return ".png"
	default:
		return ".bin"
	}
}
