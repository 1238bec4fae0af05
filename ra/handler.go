package ra

import (
	"context"
	"fmt"

	"github.com/rubrica/rubrica/workflow"
)

// handler does the effects that decisions ordered. Each can be repeated: see where it is done.
type handler struct{ o *Office }

var _ workflow.Handler = handler{}

// Handle implements workflow.Handler.
func (h handler) Handle(ctx context.Context, e workflow.Effect) (workflow.Answer, error) {
	o := h.o
	s, err := o.engine.State(ctx, e.Instance)
	if err != nil {
		return workflow.Answer{}, err
	}
	p, err := o.pinned(s.Process)
	if err != nil {
		return workflow.Answer{}, err
	}
	switch e.Name {
	case "mail":
		return with(e,
			func(want mailParams) (workflow.Answer, error) { return o.doMail(ctx, e, p, want) })
	case "invoice":
		return with(
			e,
			func(want invoiceParams) (workflow.Answer, error) { return o.doInvoice(ctx, e, s, want) },
		)
	case "issue":
		return with(e, func(want issueParams) (workflow.Answer, error) { return o.doIssue(ctx, e, want) })
	case "contract":
		return with(e, func(want contractEffectParams) (workflow.Answer, error) {
			return o.doContract(ctx, e, p, want)
		})
	case "revoke":
		return with(e,
			func(want revokeParams) (workflow.Answer, error) { return o.doRevoke(ctx, e, want) })
	case "destroy-secrets":
		return o.doDestroy(ctx, e)
	}
	return workflow.Answer{}, &workflow.Failure{Note: "unknown effect " + e.Name, Permanent: true}
}

func with[P any](e workflow.Effect, do func(P) (workflow.Answer, error)) (workflow.Answer, error) {
	var want P
	if err := e.Params.Decode(&want); err != nil {
		return workflow.Answer{}, &workflow.Failure{
			Note:      "parameters of " + e.Name,
			Permanent: true,
			Err:       err,
		}
	}
	return do(want)
}

// Delivery is what came in from outside for an application: a mail with a signed contract. It is
// recorded at once and decided at the instant it came, however late the office reads it.
type Delivery struct {
	Source string // "mail"; see workflow.Message
	ID     string // the sender's identification, such as the Message-ID
	Order  Order  // Application, Command, Actor, By, At and Documents; Key is not looked at
}

// Receive takes a delivery. False means that it was received before. What is wrong with the
// delivery itself (size, kind of file) is an error that Refusals takes apart, and nothing was
// recorded. What the process refuses later is not: an applicant is told by mail, the deliveries of
// others stay parked for an operator, with the reason.
func (o *Office) Receive(ctx context.Context, d Delivery) (bool, error) {
	order := d.Order
	order.Key = d.Source + ":" + suffix(d.ID)
	p, err := o.programOf(ctx, &order)
	if err != nil {
		return false, err
	}
	if err := order.check(); err != nil {
		return false, err
	}
	data, err := o.seal(ctx, p, order)
	if err != nil {
		return false, err
	}
	data[routeApplication], data[routeCommand] = order.Application, order.Command
	data[routeActor], data[routeBy] = order.Actor, order.By
	return o.engine.Receive(ctx,
		workflow.Message{Source: d.Source, ID: d.ID, At: order.At, Data: data})
}

// The data of a message that say where it goes.
const (
	routeApplication = "to-application"
	routeCommand     = "to-command"
	routeActor       = "to-actor"
	routeBy          = "to-by"
)

// router reads what Receive wrote.
type router struct{ o *Office }

var (
	_ workflow.Router  = router{}
	_ workflow.Refuser = router{}
)

// Route implements workflow.Router.
func (r router) Route(_ context.Context, m workflow.Message) (string, workflow.Command, error) {
	c := workflow.Command{Name: m.Data[routeCommand], Actor: m.Data[routeActor], By: m.Data[routeBy],
		Data: map[string]string{}}
	for name, value := range m.Data {
		switch name {
		case routeApplication, routeCommand, routeActor, routeBy:
		default:
			c.Data[name] = value
		}
	}
	if m.Data[routeApplication] == "" || c.Name == "" {
		return "", c, fmt.Errorf("ra: a message from %s names no application", m.Source)
	}
	return m.Data[routeApplication], c, nil
}

// refusedLetter tells an applicant why what he sent was refused.
const refusedLetter = "delivery.refused"

// Refused implements workflow.Refuser: the applicant is told, in his language, what to mend. What
// others sent stays parked for an operator.
func (r router) Refused(
	ctx context.Context, m workflow.Message, rejection *workflow.Rejection,
) error {
	o := r.o
	if m.Data[routeActor] != RoleApplicant {
		return &workflow.Failure{Note: "refused: " + rejection.Command, Permanent: true, Err: rejection}
	}
	s, err := o.engine.State(ctx, m.Data[routeApplication])
	if err != nil {
		return err
	}
	p, err := o.pinned(s.Process)
	if err != nil {
		return err
	}
	e := workflow.Effect{Key: m.Key(), Instance: s.Instance, Data: s.Data, At: m.At}
	form, err := o.form(ctx, e)
	if err != nil {
		return err
	}
	letter := Letter{Application: s.Instance, Form: form, At: m.At, Authority: o.c.Sender.Name,
		Mailbox: o.c.Mailboxes[RoleOperator].Address,
		Reasons: NewCatalogue(form.Language, nil).Explain(rejection)}
	mail := &Message{ID: o.messageID(e, refusedLetter), Date: e.At.In(o.c.Place), From: o.c.Sender}
	mail.Subject, mail.Text, err = p.Letters.Write(form.Language, refusedLetter, letter)
	if err != nil {
		return err
	}
	if err := o.address(mail, mailParams{To: RoleApplicant}, form); err != nil {
		return err
	}
	return o.c.Mailer.Send(ctx, mail)
}
