package ra

import (
	"context"
	"errors"

	"github.com/rubrica/rubrica/workflow"
)

// facts opens what a command refers to, for its decision alone. It reads and never writes.
func (o *Office) facts(ctx context.Context, s workflow.State, c workflow.Command) (any, error) {
	d := &dossier{Evidence: map[string]Evidence{}}
	for name, reference := range c.Data {
		if err := o.openFact(ctx, d, c, s, name, reference); err != nil {
			return nil, err
		}
	}
	if d.Form == nil && s.Data[recordForm] != "" {
		d.Form = new(Form)
		if err := o.getRecord(ctx, s.Instance, s.Data[recordForm], d.Form); err != nil {
			return nil, err
		}
	}
	return d, nil
}

func (o *Office) openFact(
	ctx context.Context, d *dossier, c workflow.Command, s workflow.State, name, reference string,
) error {
	switch recordKind(reference) {
	case recordForm:
		d.Form = new(Form)
		return o.getRecord(ctx, s.Instance, reference, d.Form)
	case recordBilling:
		d.Billing = new(Billing)
		return o.getRecord(ctx, s.Instance, reference, d.Billing)
	case recordDeposit:
		var deposit Deposit
		if err := o.getRecord(ctx, s.Instance, reference, &deposit); err != nil {
			return err
		}
		return o.askPayment(ctx, d, deposit)
	case recordDocument:
		return o.openDocumentFact(ctx, d, c, s, name, reference)
	}
	return nil
}

func (o *Office) askPayment(ctx context.Context, d *dossier, deposit Deposit) error {
	receipt, err := o.c.Payments.Find(ctx, deposit)
	refusal, refused := errors.AsType[*PaymentError](err)
	if err != nil && !refused {
		return err
	}
	d.Payment = &paymentAnswer{Receipt: receipt, Refusal: refusal}
	return nil
}

func (o *Office) openDocumentFact(
	ctx context.Context, d *dossier, c workflow.Command, s workflow.State, name, reference string,
) error {
	var f Filed
	if err := o.getRecord(ctx, s.Instance, reference, &f); err != nil {
		return err
	}
	d.Evidence[name] = f.Evidence
	if s.Sequence == 0 {
		return nil
	}
	p, err := o.pinned(s.Process)
	if err != nil {
		return err
	}
	want, ok := p.contracts[c.Name]
	if !ok || want.Document != name || s.Data[want.Extends] == "" {
		return nil
	}
	_, sent, err := o.Document(ctx, s.Instance, s.Data[want.Extends])
	if err != nil {
		return err
	}
	_, returned, err := o.Document(ctx, s.Instance, reference)
	if err != nil {
		return err
	}
	at := c.At
	if at.IsZero() {
		at = o.c.Clock.Now()
	}
	d.Contract, err = o.answerContract(ctx, s, sent, returned, at)
	return err
}

// form opens the latest form of the application that an effect belongs to.
func (o *Office) form(ctx context.Context, e workflow.Effect) (Form, error) {
	var form Form
	return form, o.getRecord(ctx, e.Instance, e.Data[recordForm], &form)
}
