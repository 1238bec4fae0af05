package icert_test

import (
	"bytes"
	"image"
	"image/jpeg"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate"
	"github.com/rubrica/rubrica/ra"
	"github.com/rubrica/rubrica/ra/icert"
	"github.com/rubrica/rubrica/workflow"
	"github.com/rubrica/rubrica/workflow/vault"
)

func jpegOf(width, height int) []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, width, height)), nil); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func TestGoodWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, nil)
	p := somebody(0)
	w.to(p, "archived")
	require.Equal(t, "archived", w.state(p).Final)
	require.Empty(t, w.state(p).Timers)
	require.False(t, w.next(p))
	w.until(monday.AddDate(0, 6, 0))
	require.Equal(t, "archived", w.state(p).Name, "nothing happens afterwards")
	records, err := w.ledger.Find(t.Context(),
		certificate.Query{Issuer: w.authority.ID(), Request: p.application})
	require.NoError(t, err)
	require.Len(t, records, 1)
	require.Equal(t, certificate.Good, records[0].Status().State)
	for subject, record := range map[string]string{".secrets": "password", ".key": "key"} {
		_, _, err := w.vault.Latest(t.Context(), p.application+subject, record)
		require.ErrorIs(t, err, vault.ErrForgotten, "secrets are destroyed when delivered")
	}
	invoice := w.mailOf(p, "invoice")
	require.Equal(t, "operador@icert.example", invoice.Cc[0].Address)
	require.Contains(t, string(invoice.Attachments[0].Content), "<importeTotal>25.30</importeTotal>")
}

// TestFourEyes: on, the one who approves cannot issue, and there is no issuing without approval;
// off, one operator does both.
func TestFourEyes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, nil)
	p := somebody(0)
	w.to(p, "verified")
	requireRefused(t, w.command(p, "issue", ra.RoleOperator, "operator/2",
		map[string]string{"reviewed": strings.Repeat("0", 64)}), "workflow.not-now")
	requireRefused(t, w.command(p, "approve", ra.RoleOperator, "operator/1",
		map[string]string{"reviewed": strings.Repeat("0", 64)}), "not-reviewed")
	require.NoError(t, w.decide(p, "approve", "operator/1"))
	requireRefused(t, w.decide(p, "issue", "operator/1"), "workflow.other-person")
	require.NoError(t, w.decide(p, "issue", "operator/2"))
	require.Equal(t, "envelope-delivered", w.state(p).Name)

	w = newWorld(t, map[string]bool{icert.FourEyes: false}, nil)
	p = somebody(0)
	w.to(p, "verified")
	requireRefused(t, w.command(p, "approve", ra.RoleOperator, "operator/1",
		map[string]string{"reviewed": strings.Repeat("0", 64)}), "workflow.unknown")
	require.NoError(t, w.decide(p, "issue", "operator/1"))
	require.Equal(t, "envelope-delivered", w.state(p).Name)
}

// TestDigestCoversWhatWasReviewed: any change after the review refuses approval.
func TestDigestCoversWhatWasReviewed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, nil)
	p := somebody(0)
	w.to(p, "verified")
	s := w.state(p)
	over := []string{"form", "foto", "envelope", "ruc", "cedula"}
	seen := map[ra.Digest]bool{ra.ReviewDigest(s, over): true}
	for _, name := range over {
		changed := s
		changed.Data = map[string]string{}
		for k, v := range s.Data {
			changed.Data[k] = v
		}
		changed.Data[name] += "x"
		d := ra.ReviewDigest(changed, over)
		require.False(t, seen[d], name)
		seen[d] = true
	}
	moved := s
	moved.Process.Revision++
	require.False(t, seen[ra.ReviewDigest(moved, over)])
	require.True(t, seen[ra.ReviewDigest(s, []string{"ruc", "form", "cedula", "foto", "envelope"})],
		"order does not matter")
}

// TestThirtyDays: the thirtieth day is in time, the instant after is not.
func TestThirtyDays(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, nil)
	p, q := somebody(0), somebody(1)
	w.to(p, "approved")
	w.to(q, "paid")
	end := w.state(p).Started.AddDate(0, 0, 30)
	w.until(end)
	require.Equal(t, "approved", w.state(p).Name)
	require.NoError(t, w.decide(p, "issue", "operator/2"), "exactly 30 days are in time")
	w.until(end.Add(24 * time.Hour))
	require.Equal(t, "lapsed", w.state(q).Final)
	require.Contains(t, w.mailOf(q, "request.lapsed").Text, "30 días calendario")
	requireRefused(t, w.bill(q), "workflow.ended")
	again := somebody(1)
	require.NoError(t, w.apply(again), "a new application may begin")
	requireRefused(t, w.pay(again, q.reference), "claim.receipt")
}

// TestHundredAndTwentyHours: from the issuance, whatever the contract's mail; exactly 120 hours
// are in time, also when the office reads the mail later.
func TestHundredAndTwentyHours(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, nil)
	late, exact, never := somebody(0), somebody(1), somebody(2)
	for _, p := range []*person{late, exact, never} {
		w.to(p, "contract-sent")
	}
	deadline := func(p *person) time.Time { return w.state(p).Timers["no-contract"] }
	signed := w.sign(w.document(exact, "contract"), w.signer(exact))
	tooLate := w.sign(w.document(late, "contract"), w.signer(late))
	w.until(deadline(late).Add(time.Microsecond))
	require.Equal(t, "revoked", w.state(late).Final)
	requireRefused(t, w.returnContract(late, tooLate), "workflow.ended")

	at := deadline(exact)
	o := w.order(exact, "return-contract", ra.RoleApplicant, "applicant/1")
	o.Documents = map[string]ra.Submission{
		"signed-contract": {Name: "c.pdf", Content: bytes.NewReader(signed)},
	}
	w.clock.Set(at.Add(3 * time.Hour)) // the machine was down; the mail came in time
	o.At = at
	fresh, err := w.Receive(t.Context(), ra.Delivery{Source: "mail", ID: "a@b", Order: o})
	require.NoError(t, err)
	require.True(t, fresh)
	require.NoError(t, w.Engine().Drain(t.Context()))
	require.Equal(t, "contract-signed", w.state(exact).Name)

	w.until(deadline(never).Add(time.Hour))
	require.Equal(t, "revoked", w.state(never).Final)
	require.Contains(t, w.mailOf(never, "revoked.no-contract").Text, "pasaron 120 horas")
	w.mailOf(never, "contract.reminder")
	events, err := w.Engine().History(t.Context(), never.application)
	require.NoError(t, err)
	var issued, reminded, sent time.Time
	for _, e := range events {
		switch {
		case e.Command == "issued":
			issued = e.At
		case e.Command == "contract-drawn":
			sent = e.At
		case e.Timer == "remind":
			reminded = e.At
		case e.Timer == "no-contract":
			require.Equal(t, 120*time.Hour, e.At.Sub(issued))
		}
	}
	require.Equal(t, 72*time.Hour, reminded.Sub(sent))
	records, err := w.ledger.Find(t.Context(),
		certificate.Query{Issuer: w.authority.ID(), Listed: true})
	require.NoError(t, err)
	require.Len(t, records, 2)
	require.Equal(t, certificate.CessationOfOperation, records[0].Status().Reason)
}

// TestFaults: each is refused with its sentence and changes nothing.
func TestFaults(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, nil)
	p := somebody(0)
	wrong := *p
	wrong.form.RUC = "1700000001000"
	requireRefused(t, w.apply(&wrong), "ruc-structure")
	wrong.form.RUC = "0100000009001"
	requireRefused(t, w.apply(&wrong), "ruc-not-own")
	wrong = *p
	wrong.form.Container = ra.ContainerToken
	requireRefused(t, w.apply(&wrong), "container-refused")
	require.NoError(t, w.apply(p))
	twin := somebody(0)
	requireRefused(t, w.apply(twin), "claim.one-application")
	before := w.state(p)
	requireRefused(t, w.pay(p, "1001"), "payment-not-found")
	w.payments.Arrive(ra.Deposit{Reference: "1001", Amount: 2000, Date: "2026-09-07"})
	requireRefused(t, w.pay(p, "1001"), "payment-wrong-amount")
	require.Equal(t, before, w.state(p), "a refused command changes nothing")
	w.payments.Arrive(ra.Deposit{Reference: "1009", Amount: fee, Date: "2026-09-07"})
	require.NoError(t, w.pay(p, "1009"))
	q := somebody(1)
	require.NoError(t, w.apply(q))
	requireRefused(t, w.pay(q, "1009"), "claim.receipt")
	requireRefused(t, w.command(p, "submit", ra.RoleApplicant, "applicant/1", nil), "data-missing")
	require.NoError(t, w.bill(p))
	requireRefused(t, w.command(p, "submit", ra.RoleApplicant, "applicant/1", nil), "document-missing")
	require.NoError(t, w.attach(p, "pasaporte", "justificacion"))
	requireRefused(t, w.command(p, "submit", ra.RoleApplicant, "applicant/1", nil), "document-missing")
	requireRefused(t, w.attach(p, "foto"), "document-unasked")
	requireRefused(t, w.command(p, "invoice", ra.RoleFinance, "finance/1", nil), "workflow.not-now")
	requireRefused(t, w.command(p, "submit", ra.RoleOperator, "operator/1", nil), "workflow.actor")

	w.to(p, "appointment-set")
	requireRefused(t, w.command(p, "start-video", ra.RoleOperator, "operator/1", nil), "data-missing")
	require.NoError(t, w.mailCedula(p))
	requireRefused(t, w.command(p, "start-video", ra.RoleOperator, "operator/1", nil), "too-early")
	w.to(p, "in-video")
	requireRefused(t, w.photo(p, jpegOf(600, 500), "S-9"), "workflow.not-now")
	requireRefused(t, w.command(p, "confirm", ra.RoleOperator, "operator/1", map[string]string{
		"mail-confirmed": "true", "names-confirmed": "true", "face-confirmed": "false",
		"address-confirmed": "true", "ruc-confirmed": "true"}), "not-affirmed")
	requireRefused(t, w.command(p, "confirm", ra.RoleOperator, "operator/1", map[string]string{
		"mail-confirmed": "true", "names-confirmed": "true", "face-confirmed": "true",
		"address-confirmed": "true", "ruc-confirmed": "false"}), "not-the-same")
	require.NoError(t, w.confirm(p))
	for _, size := range [][2]int{{599, 500}, {600, 499}, {500, 600}} {
		requireRefused(t, w.photo(p, jpegOf(size[0], size[1]), "S-9"), "image-too-small")
	}
	requireRefused(t, w.command(
		p,
		"agree-appointment",
		ra.RoleOperator,
		"operator/1",
		map[string]string{
			"appointment": w.clock.Now().Add(-time.Hour).UTC().Format(time.RFC3339),
		},
	), "appointment-past")
	require.NoError(t, w.photo(p, jpegOf(600, 500), "S-9"))
	w.to(q, "confirmed")
	requireRefused(t, w.photo(q, jpegOf(600, 500), "S-9"), "claim.envelope")
}

// TestPhotographIsLabelled: the photograph is filed with the number of the envelope, the cédula and
// the name; the contracts that travel say in Spanish how many signatures they have.
func TestPhotographIsLabelled(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, nil)
	p := somebody(0)
	w.to(p, "archived")
	filed, content, err := w.Document(t.Context(), p.application, w.state(p).Data["foto"])
	require.NoError(t, err)
	require.Equal(t, jpegOf(600, 500), content)
	require.Equal(t, p.envelope, filed.Envelope)
	require.Equal(t, p.form.IDNumber, filed.IDNumber)
	require.Equal(t, p.form.Name(), filed.Holder)
	filed, _, err = w.Document(t.Context(), p.application, w.state(p).Data["cedula-pdf"])
	require.NoError(t, err)
	require.Empty(t, filed.Envelope+filed.IDNumber+filed.Holder)
	require.Equal(t, "contrato-1-firma-"+p.application+".pdf",
		w.mailOf(p, "contract.to-director").Attachments[0].Name)
	require.Equal(t, "contrato-2-firmas-"+p.application+".pdf",
		w.mailOf(p, "contract.copy").Attachments[0].Name)
}

// TestConfirmedForOneVideoAlone: who agrees on another hour confirms anew, before the photograph.
func TestConfirmedForOneVideoAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, nil)
	p := somebody(0)
	w.to(p, "confirmed")
	require.NoError(t, w.appoint(p))
	w.to(p, "in-video")
	requireRefused(t, w.photo(p, jpegOf(600, 500), "S-9"), "workflow.not-now")
	require.NoError(t, w.confirm(p))
	require.NoError(t, w.photo(p, jpegOf(600, 500), "S-9"))
}

// TestHostileText: what would break out of a line, a header or a page does not pass the form, and
// what passes comes out of mails and PDFs as it went in.
func TestHostileText(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, nil)
	for _, bad := range []string{"Ana\r\nBcc: x@y.example", "Ana\n", "Ana\x00", "Ana\u202eavE", "Ana\u2028", " Ana",
		"Ana\xff", `Ana\Ñ`} {
		p := somebody(0)
		p.form.GivenNames = bad
		requireRefused(t, w.apply(p), "field-characters")
		p = somebody(0)
		p.form.Email = bad + "@correo.example"
		requireRefused(t, w.apply(p), "email-invalid")
	}
	p := somebody(0)
	p.form.GivenNames = `<b>"A"</b>&amp;, (Ana) (x) =?utf-8?q?=0A?=`
	p.form.FirstSurname, p.form.SecondSurname = "X", ""
	w.to(p, "archived")
	require.Equal(t, p.form.Name(), w.mailOf(p, "contract.copy").To[0].Name)
	for _, reference := range []string{"", "1001\r\nX", strings.Repeat("1", 41), "1001\x1b[2J"} {
		q := somebody(1)
		require.NoError(t, w.apply(q))
		err := w.pay(q, reference)
		require.NotEmpty(t, ra.Refusals(err))
		require.NotContains(t, err.Error(), "\n")
		require.NotContains(t, err.Error(), "\x1b")
		require.NoError(t, w.command(q, "cancel", ra.RoleOperator, "operator/1",
			map[string]string{"reason": "other"}))
	}
}

// TestRefusedDeliveryIsAnswered: a mail that the process refuses is answered with the reason, once.
func TestRefusedDeliveryIsAnswered(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, nil)
	p := somebody(0)
	p.form.Language = "en"
	w.to(p, "contract-sent")
	o := w.order(p, "return-contract", ra.RoleApplicant, "applicant/1")
	for range 2 {
		o.Documents = map[string]ra.Submission{"signed-contract": {Name: "c.pdf",
			Content: bytes.NewReader(w.document(p, "contract"))}}
		o.At = w.clock.Now()
		_, err := w.Receive(t.Context(), ra.Delivery{Source: "mail", ID: "unsigned@correo", Order: o})
		require.NoError(t, err)
		require.NoError(t, w.Engine().Drain(t.Context()))
	}
	require.Equal(t, "contract-sent", w.state(p).Name)
	answers := 0
	for _, m := range w.mailer.Sent() {
		if strings.Contains(m.ID, "delivery.refused") {
			answers++
			require.Contains(t, m.Text, "cannot be read or is not signed")
		}
	}
	require.Equal(t, 1, answers)
}

// TestRepeats: the same key gives the same outcome and writes nothing; with other content it is
// the caller's mistake.
func TestRepeats(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, nil)
	p := somebody(0)
	w.to(p, "paid")
	o := w.order(p, "attach", ra.RoleApplicant, "applicant/1")
	bring := func(content []byte) (workflow.Outcome, error) {
		o.Documents = map[string]ra.Submission{
			"cedula": {Name: "a.pdf", Content: bytes.NewReader(content)},
		}
		return w.Give(t.Context(), o)
	}
	first, err := bring(onePDF)
	require.NoError(t, err)
	second, err := bring(onePDF)
	require.NoError(t, err)
	require.True(t, second.Repeated)
	require.Equal(t, first.Sequence, second.Sequence)
	_, err = bring([]byte("%PDF-1.4\nanother\n%%EOF\n"))
	require.ErrorIs(t, err, ra.ErrKeyContent)
}

// TestForeignRecords: a command cannot point at the records of another application.
func TestForeignRecords(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, nil)
	p, q := somebody(0), somebody(1)
	w.to(p, "paid")
	w.to(q, "paid")
	require.NoError(t, w.attach(p, "cedula"))
	foreign := w.state(p).Data["cedula"]
	err := w.command(q, "attach", ra.RoleApplicant, "applicant/1",
		map[string]string{"cedula": foreign})
	require.ErrorIs(t, err, ra.ErrForeignRecord)
	_, _, err = w.Document(t.Context(), q.application, foreign)
	require.ErrorIs(t, err, ra.ErrForeignRecord)
}

// TestLongestForm: whatever the form lets pass can be certified, invoiced, written into a contract
// and mailed.
func TestLongestForm(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, nil)
	p := somebody(0)
	p.form.GivenNames = strings.Repeat("Ñ", 31)
	p.form.FirstSurname, p.form.SecondSurname = strings.Repeat("Ü", 15), strings.Repeat("é", 16)
	p.form.Address = strings.Repeat("Avenida ", 15) + "N12-345A"
	p.form.City, p.form.Province = strings.Repeat("Q", 60), strings.Repeat("P", 60)
	p.form.Phone = "+593990000000000"
	p.form.Email = "p!#$%&'*+-/=?^_`{|}~." + strings.Repeat("a", 42) + "@" + strings.Repeat("b", 63) + ".example"
	require.Len(t, []rune(p.form.Name()), 64)
	w.to(p, "archived")
	p = somebody(1)
	p.form.GivenNames = strings.Repeat("Ñ", 60)
	requireRefused(t, w.apply(p), "name-too-long")
}
