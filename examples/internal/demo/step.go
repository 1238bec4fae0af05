package demo

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/rubrica/rubrica/ra"
	"github.com/rubrica/rubrica/workflow"
)

// step is one thing that somebody does in the story.
type step struct {
	name    string // unique, part of the keys of its commands
	who     int    // the application, 1 to 3; 0 for the authority
	at      time.Time
	refused bool // it must be refused
	outside bool // it happens outside of the process, which does not record it
	do      deed
}

// deed does a step. It may be repeated: its orders have keys, its files are made once.
type deed func(ctx context.Context, w *world) error

// give gives an order on behalf of somebody, with a key that the step decides.
func (a applicant) give(name string, edit func(w *world, o *ra.Order) error) deed {
	return func(ctx context.Context, w *world) error {
		o := ra.Order{Application: a.id(), Key: a.key(name), Actor: ra.RoleApplicant, By: a.reference()}
		if err := edit(w, &o); err != nil {
			return err
		}
		_, err := w.office.Give(ctx, o)
		return err
	}
}

// apply begins the application. Whatever the step, the first accepted form decides its name.
func (a applicant) apply(name string, form ra.Form) deed {
	return func(ctx context.Context, w *world) error {
		_, err := w.office.Give(
			ctx,
			ra.Order{Program: "icert-natural", Command: "apply", Key: a.key(name),
				Actor: ra.RoleApplicant, By: a.reference(), Form: &form},
		)
		return err
	}
}

func (a applicant) pay(name string, d deposit) deed {
	return a.give(name, func(w *world, o *ra.Order) error {
		o.Command = "pay"
		o.Deposit = &ra.Deposit{Reference: d.reference, Amount: fee, Date: ra.DayOf(w.at(d.day, 12, 0))}
		return nil
	})
}

func (a applicant) bill() deed {
	return a.give("bill", func(_ *world, o *ra.Order) error {
		o.Command, o.Billing = "bill", &a.billing
		return nil
	})
}

// document is a file that the applicant brings.
type document struct {
	kind, name string
	make       func(w *world) ([]byte, error)
}

func (a applicant) scanned(kind, title string) document {
	return document{
		kind,
		kind + ".pdf",
		func(w *world) ([]byte, error) { return scan(title, a.form, w.at(1, 8, 0)) },
	}
}

func (a applicant) documents() []document {
	return []document{
		a.scanned("cedula", "Cédula de ciudadanía"),
		a.scanned("votacion", "Certificado de votación"),
		a.scanned("planilla", "Planilla de servicio básico"),
	}
}

// attach uploads documents.
func (a applicant) attach(name string, documents ...document) deed {
	return a.give(name, func(w *world, o *ra.Order) error {
		o.Command = "attach"
		return bring(w, o, documents...)
	})
}

func bring(w *world, o *ra.Order, documents ...document) error {
	o.Documents = map[string]ra.Submission{}
	for _, d := range documents {
		content, err := d.make(w)
		if err != nil {
			return err
		}
		o.Documents[d.kind] = ra.Submission{Name: d.name, Content: bytes.NewReader(content)}
	}
	return nil
}

// command gives a command that brings nothing.
func (a applicant) command(name, command, actor, by string, data map[string]string) deed {
	return a.give(name, func(_ *world, o *ra.Order) error {
		o.Command, o.Actor, o.By, o.Data = command, actor, by, data
		return nil
	})
}

func (a applicant) submit() deed {
	return a.command("submit", "submit", ra.RoleApplicant, a.reference(), nil)
}

func (a applicant) invoice() deed {
	return a.command("invoice", "invoice", ra.RoleFinance, financeOfficer, nil)
}

func (a applicant) startVideo() deed {
	return a.command("start-video", "start-video", ra.RoleOperator, firstOperator, nil)
}

func (a applicant) drawContract() deed {
	return a.command("contract", "draw-contract", ra.RoleOperator, secondOperator, nil)
}

func (a applicant) archive() deed {
	return a.command("archive", "archive", ra.RoleOperator, secondOperator, nil)
}

// appointment agrees on an hour.
func (a applicant) appointment(day, hour, minute int) deed {
	return a.give("agree-appointment", func(w *world, o *ra.Order) error {
		o.Command, o.Actor, o.By = "agree-appointment", ra.RoleOperator, firstOperator
		o.Data = map[string]string{"appointment": w.at(day, hour, minute).UTC().Format(time.RFC3339)}
		return nil
	})
}

// mailCedula is a mail from the applicant to the operator.
func (a applicant) mailCedula() deed {
	return func(ctx context.Context, w *world) error {
		return a.mail(ctx, w, "mail-cedula", a.scanned("cedula-pdf", "Cédula de ciudadanía"))
	}
}

// mail delivers what the applicant sends by mail.
func (a applicant) mail(ctx context.Context, w *world, command string, d document) error {
	o := ra.Order{Application: a.id(), Command: command, Actor: ra.RoleApplicant, By: a.reference(),
		At: w.clock.Now()}
	if err := bring(w, &o, d); err != nil {
		return err
	}
	id := fmt.Sprintf("%s.%d@correo.example", command, a.number)
	_, err := w.office.Receive(ctx, ra.Delivery{Source: "mail", ID: id, Order: o})
	return err
}

// confirm is what operator and applicant go through in the video conference.
func (a applicant) confirm() deed {
	ruc := "false"
	if a.form.IncludeRUC {
		ruc = "true"
	}
	return a.command("confirm", "confirm", ra.RoleOperator, firstOperator, map[string]string{
		"mail-confirmed": "true", "names-confirmed": "true", "face-confirmed": "true",
		"address-confirmed": "true", "ruc-confirmed": ruc})
}

func (a applicant) photo(name, envelope string, width, height int) deed {
	return a.give(name, func(w *world, o *ra.Order) error {
		o.Command, o.Actor, o.By = "capture-photo", ra.RoleOperator, firstOperator
		o.Data = map[string]string{"envelope": envelope}
		return bring(w, o, document{"foto", "captura.jpg", func(*world) ([]byte, error) {
			return photograph(width, height)
		}})
	})
}

// decide gives a command that carries the digest of what the operator has before him.
func (a applicant) decide(name, command, by string) deed {
	return func(ctx context.Context, w *world) error {
		digest, err := w.office.Review(ctx, a.id(), command)
		if err != nil {
			return err
		}
		_, err = w.office.Give(ctx, ra.Order{Application: a.id(), Command: command, Key: a.key(name),
			Actor: ra.RoleOperator, By: by, Data: map[string]string{"reviewed": digest.String()}})
		return err
	}
}

// state is where the application stands.
func (a applicant) state(ctx context.Context, w *world) (workflow.State, error) {
	return w.office.Engine().State(ctx, a.id())
}
