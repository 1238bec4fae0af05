package demo

import "slices"

// steps is the whole story in the order of its hours.
func (w *world) steps() []step {
	people := cast()
	all := slices.Concat(w.authoritySteps(), w.goesWell(people[0]), w.contractNeverComes(people[1]),
		w.withFaults(people[2]))
	slices.SortStableFunc(all, func(a, b step) int { return a.at.Compare(b.at) })
	return append(all, step{name: "last-list", at: w.end, do: publish("demo/list/last")})
}

// authoritySteps are the bank's and the authority's own: a statement a day, a list a week.
func (w *world) authoritySteps() []step {
	s := []step{{name: "list-0", at: w.at(0, 8, 30), do: publishFirst}}
	for week := 1; week <= storyDays/7; week++ {
		s = append(s, step{name: "list-" + digit(week), at: w.at(7*week, 6, 0),
			do: publish("demo/list/" + digit(week))})
	}
	for day := 2; day <= 4; day++ {
		s = append(s, step{name: "bank-" + digit(day), at: w.at(day, 10, 0), do: bank(day)})
	}
	return s
}

// goesWell is the first application: to a contract with two signatures and an invoice.
func (w *world) goesWell(a applicant) []step {
	return a.named([]step{
		{name: "apply", at: w.at(1, 9, 0), do: a.apply("apply", a.form)},
		{name: "pay", at: w.at(2, 11, 0), do: a.pay("pay", depositOfOne)},
		{name: "bill", at: w.at(2, 11, 10), do: a.bill()},
		{name: "attach", at: w.at(3, 9, 0), do: a.attach("attach", a.documents()...)},
		{name: "submit", at: w.at(3, 9, 20), do: a.submit()},
		{name: "invoice", at: w.at(4, 9, 0), do: a.invoice()},
		{name: "agree-appointment", at: w.at(7, 10, 0), do: a.appointment(9, 10, 0)},
		{name: "mail-cedula", at: w.at(8, 16, 0), do: a.mailCedula()},
		{name: "start-video", at: w.at(9, 10, 0), do: a.startVideo()},
		{name: "confirm", at: w.at(9, 10, 10), do: a.confirm()},
		{name: "photo", at: w.at(9, 10, 20), do: a.photo("photo", "S-000417", 640, 520)},
		{name: "approve", at: w.at(9, 11, 0), do: a.decide("approve", "approve", firstOperator)},
		{name: "issue-same", at: w.at(9, 11, 5), refused: true,
			do: a.decide("issue-same", "issue", firstOperator)},
		{name: "issue", at: w.at(9, 11, 30), do: a.decide("issue", "issue", secondOperator)},
		{name: "contract", at: w.at(9, 12, 0), do: a.drawContract()},
		{name: "return-contract", at: w.at(10, 19, 0), do: a.returnContract()},
		{name: "countersign", at: w.at(11, 9, 0), do: a.countersign()},
		{name: "archive", at: w.at(11, 10, 0), do: a.archive()},
		{name: "own-invoice", at: w.at(14, 10, 0), outside: true, do: a.invoiceOwn()},
	})
}

// contractNeverComes is the second application: a reminder, then the revocation. Nobody does
// anything for either: the timers do.
func (w *world) contractNeverComes(a applicant) []step {
	return a.named([]step{
		{name: "apply", at: w.at(1, 15, 0), do: a.apply("apply", a.form)},
		{name: "pay", at: w.at(3, 11, 0), do: a.pay("pay", depositOfTwo)},
		{name: "bill", at: w.at(3, 11, 5), do: a.bill()},
		{name: "attach", at: w.at(4, 10, 0), do: a.attach("attach", a.documents()...)},
		{name: "submit", at: w.at(4, 10, 10), do: a.submit()},
		{name: "invoice", at: w.at(7, 9, 0), do: a.invoice()},
		{name: "agree-appointment", at: w.at(8, 10, 0), do: a.appointment(15, 9, 0)},
		{name: "mail-cedula", at: w.at(14, 16, 0), do: a.mailCedula()},
		{name: "start-video", at: w.at(15, 9, 0), do: a.startVideo()},
		{name: "confirm", at: w.at(15, 9, 10), do: a.confirm()},
		{name: "photo", at: w.at(15, 9, 20), do: a.photo("photo", "S-000418", 800, 600)},
		{name: "approve", at: w.at(15, 10, 0), do: a.decide("approve", "approve", firstOperator)},
		{name: "issue", at: w.at(15, 10, 30), do: a.decide("issue", "issue", secondOperator)},
		{name: "contract", at: w.at(15, 11, 0), do: a.drawContract()},
	})
}

// withFaults is the third application: everything goes wrong once, is explained and mended, until
// the applicant does not come back.
func (w *world) withFaults(a applicant) []step {
	wrong := a.form
	wrong.RUC = "2470000002000"
	heavy := document{"cedula", "cedula.pdf", func(w *world) ([]byte, error) {
		pdf, err := scan("Cédula de ciudadanía", a.form, w.at(1, 8, 0))
		return padded(pdf, 3<<20), err
	}}
	disguised := document{
		"votacion",
		"votacion.jpg",
		func(*world) ([]byte, error) { return screenshot(700, 600) },
	}
	return a.named([]step{
		{name: "apply-wrong-ruc", at: w.at(1, 10, 0), refused: true,
			do: a.apply("apply-wrong-ruc", wrong)},
		{name: "apply", at: w.at(1, 10, 5), do: a.apply("apply", a.form)},
		{name: "pay-used", at: w.at(2, 12, 0), refused: true,
			do: a.pay("pay-used", depositOfOne)},
		{name: "pay-low", at: w.at(3, 12, 0), refused: true,
			do: a.pay("pay-low", depositTooLow)},
		{name: "pay", at: w.at(4, 12, 0), do: a.pay("pay", depositOfThree)},
		{name: "bill", at: w.at(4, 12, 10), do: a.bill()},
		{name: "attach-heavy", at: w.at(7, 9, 0), refused: true,
			do: a.attach("attach-heavy", heavy)},
		{name: "attach-disguised", at: w.at(7, 9, 10), refused: true,
			do: a.attach("attach-disguised", disguised)},
		{name: "attach", at: w.at(7, 9, 30), do: a.attach("attach", a.documents()...)},
		{name: "submit", at: w.at(7, 9, 40), do: a.submit()},
		{name: "invoice", at: w.at(8, 9, 0), do: a.invoice()},
		{name: "agree-appointment", at: w.at(9, 9, 0), do: a.appointment(16, 15, 0)},
		{name: "mail-cedula", at: w.at(15, 16, 0), do: a.mailCedula()},
		{name: "start-video", at: w.at(16, 15, 0), do: a.startVideo()},
		{name: "confirm", at: w.at(16, 15, 10), do: a.confirm()},
		{name: "photo-small", at: w.at(16, 15, 20), refused: true,
			do: a.photo("photo-small", "S-000419", 400, 300)},
	})
}

// named puts the application's number before the name of each step.
func (a applicant) named(steps []step) []step {
	for i := range steps {
		steps[i].name, steps[i].who = digit(a.number)+"-"+steps[i].name, a.number
	}
	return steps
}
