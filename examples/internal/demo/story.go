package demo

import (
	"slices"

	"github.com/rubrica/rubrica/ra"
)

// steps is the whole story in the order of its hours.
func (w *world) steps() []step {
	people := cast()
	all := slices.Concat(w.authoritySteps(), w.goesWell(people[0]), w.contractNeverComes(people[1]),
		w.withFaults(people[2]))
	slices.SortStableFunc(all, func(a, b step) int { return a.at.Compare(b.at) })
	return append(all, step{name: "last-list", at: w.span.End, do: publish("demo/list/last"), title: text(
		"Se publica la lista de certificados revocados de hoy", "Today's revocation list is published")})
}

func text(es, en string) map[string]string { return map[string]string{"es": es, "en": en} }

// authoritySteps are the bank's and the authority's own: a statement a day, a list a week.
func (w *world) authoritySteps() []step {
	s := []step{{name: "list-0", at: w.at(0, 8, 30), do: publishFirst, title: text(
		"Ceremonia: raíz, autoridad subordinada, sello y directora; primera lista de revocados",
		"Ceremony: root, subordinate, seal and director; the first revocation list")}}
	for week := 1; week <= storyDays/7; week++ {
		name := "list-" + digit(week)
		s = append(s, step{name: name, at: w.at(7*week, 6, 0), do: publish("demo/list/" + digit(week)),
			title: text("Se publica la lista de certificados revocados de la semana "+digit(week),
				"The revocation list of week "+digit(week)+" is published")})
	}
	for day := 2; day <= 4; day++ {
		s = append(s, step{name: "bank-" + digit(day), at: w.at(day, 10, 0), do: bank(day),
			title: text("El banco entrega su estado de cuenta n.º "+digit(day-1),
				"The bank delivers its statement no. "+digit(day-1))})
	}
	return s
}

// goesWell is the first application: to a contract with two signatures and an invoice.
func (w *world) goesWell(a applicant) []step {
	return a.named([]step{
		{name: "apply", at: w.at(1, 9, 0), do: a.apply("apply", a.form),
			title: text("inicia la solicitud, archivo PKCS#12 con RUC", "begins, PKCS#12 file with RUC")},
		{name: "pay", at: w.at(2, 11, 0), do: a.pay("pay", depositOfOne),
			title: text("registra su depósito; consta en el estado de cuenta", "registers the deposit; it is in the statement")},
		{name: "bill", at: w.at(2, 11, 10), do: a.bill(), title: text("da los datos de facturación", "gives the billing data")},
		{name: "attach", at: w.at(3, 9, 0), do: a.attach("attach", a.documents()...),
			title: text("carga cédula, certificado de votación y planilla", "uploads cédula, voting certificate and utility bill")},
		{name: "submit", at: w.at(3, 9, 20), do: a.command("submit", "submit", ra.RoleApplicant, a.reference(), nil),
			title: text("finaliza la solicitud", "submits")},
		{name: "invoice", at: w.at(4, 9, 0), do: a.command("invoice", "invoice", ra.RoleFinance, financeOfficer, nil),
			title: text("el área financiera emite la factura, firmada con el sello", "finance invoices, signed with the seal")},
		{name: "agree-appointment", at: w.at(7, 10, 0), do: a.appointment(9, 10, 0),
			title: text("el operador acuerda la videoconferencia", "the operator agrees on the video conference")},
		{name: "mail-cedula", at: w.at(8, 16, 0), do: a.mailCedula(),
			title: text("envía su cédula en PDF por correo", "mails the cédula as PDF")},
		{name: "start-video", at: w.at(9, 10, 0), do: a.command("start-video", "start-video", ra.RoleOperator, firstOperator, nil),
			title: text("empieza la videoconferencia", "the video conference starts")},
		{name: "confirm", at: w.at(9, 10, 10), do: a.confirm(),
			title: text("se confirman correo, nombres, rostro, dirección y RUC", "mail, names, face, address and RUC are confirmed")},
		{name: "photo", at: w.at(9, 10, 20), do: a.photo("photo", "S-000417", 640, 520),
			title: text("se guarda la fotografía con el sobre S-000417", "the photograph is stored with envelope S-000417")},
		{name: "approve", at: w.at(9, 11, 0), do: a.decide("approve", "approve", firstOperator),
			title: text("un operador aprueba el resumen de lo revisado", "one operator approves the digest of what was reviewed")},
		{name: "issue-same", at: w.at(9, 11, 5), refused: true, do: a.decide("issue-same", "issue", firstOperator),
			title: text("el mismo operador intenta emitir", "the same operator tries to issue")},
		{name: "issue", at: w.at(9, 11, 30), do: a.decide("issue", "issue", secondOperator),
			title: text("otra operadora emite: archivo y sobre salen en dos correos", "another operator issues: file and envelope leave in two mails")},
		{name: "contract", at: w.at(9, 12, 0), do: a.command("contract", "draw-contract", ra.RoleOperator, secondOperator, nil),
			title: text("se emite y envía el contrato", "the contract is drawn up and sent")},
		{name: "return-contract", at: w.at(10, 19, 0), do: a.returnContract(),
			title: text("firma el contrato con su certificado nuevo y lo devuelve", "signs the contract with the new certificate and returns it")},
		{name: "countersign", at: w.at(11, 9, 0), do: a.countersign(),
			title: text("la Directora Provincial firma", "the provincial director signs")},
		{name: "archive", at: w.at(11, 10, 0), do: a.command("archive", "archive", ra.RoleOperator, secondOperator, nil),
			title: text("se archiva el contrato y sale la copia", "the contract is archived and copied")},
		{name: "own-invoice", at: w.at(14, 10, 0), outside: true, do: a.invoiceOwn(),
			title: text("emite su propia factura electrónica", "makes an electronic invoice of her own")},
	})
}

// contractNeverComes is the second application: a reminder, then the revocation. Nobody does
// anything for either: the timers do.
func (w *world) contractNeverComes(a applicant) []step {
	return a.named([]step{
		{name: "apply", at: w.at(1, 15, 0), do: a.apply("apply", a.form),
			title: text("inicia la solicitud, sin RUC", "begins, without RUC")},
		{name: "pay", at: w.at(3, 11, 0), do: a.pay("pay", depositOfTwo), title: text("registra su depósito", "registers the deposit")},
		{name: "bill", at: w.at(3, 11, 5), do: a.bill(), title: text("da los datos de facturación", "gives the billing data")},
		{name: "attach", at: w.at(4, 10, 0), do: a.attach("attach", a.documents()...), title: text("carga sus documentos", "uploads the documents")},
		{name: "submit", at: w.at(4, 10, 10), do: a.command("submit", "submit", ra.RoleApplicant, a.reference(), nil),
			title: text("finaliza la solicitud", "submits")},
		{name: "invoice", at: w.at(7, 9, 0), do: a.command("invoice", "invoice", ra.RoleFinance, financeOfficer, nil),
			title: text("el área financiera emite la factura", "finance invoices")},
		{name: "agree-appointment", at: w.at(8, 10, 0), do: a.appointment(15, 9, 0),
			title: text("el operador acuerda la videoconferencia", "the operator agrees on the video conference")},
		{name: "mail-cedula", at: w.at(14, 16, 0), do: a.mailCedula(), title: text("envía su cédula en PDF", "mails the cédula as PDF")},
		{name: "start-video", at: w.at(15, 9, 0), do: a.command("start-video", "start-video", ra.RoleOperator, firstOperator, nil),
			title: text("empieza la videoconferencia", "the video conference starts")},
		{name: "confirm", at: w.at(15, 9, 10), do: a.confirm(), title: text("se confirman los datos", "the data are confirmed")},
		{name: "photo", at: w.at(15, 9, 20), do: a.photo("photo", "S-000418", 800, 600),
			title: text("se guarda la fotografía con el sobre S-000418", "the photograph is stored with envelope S-000418")},
		{name: "approve", at: w.at(15, 10, 0), do: a.decide("approve", "approve", firstOperator),
			title: text("un operador aprueba", "one operator approves")},
		{name: "issue", at: w.at(15, 10, 30), do: a.decide("issue", "issue", secondOperator),
			title: text("otra operadora emite", "another operator issues")},
		{name: "contract", at: w.at(15, 11, 0), do: a.command("contract", "draw-contract", ra.RoleOperator, secondOperator, nil),
			title: text("se envía el contrato; no vuelve nunca", "the contract is sent; it never comes back")},
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
	disguised := document{"votacion", "votacion.jpg", func(*world) ([]byte, error) { return screenshot(700, 600) }}
	return a.named([]step{
		{name: "apply-wrong-ruc", at: w.at(1, 10, 0), refused: true, do: a.apply("apply-wrong-ruc", wrong),
			title: text("inicia con un RUC mal formado", "begins with a malformed RUC")},
		{name: "apply", at: w.at(1, 10, 5), do: a.apply("apply", a.form), title: text("corrige e inicia la solicitud", "corrects it and begins")},
		{name: "pay-used", at: w.at(2, 12, 0), refused: true, do: a.pay("pay-used", depositOfOne),
			title: text("registra el depósito de otra solicitud", "registers the deposit of another application")},
		{name: "pay-low", at: w.at(3, 12, 0), refused: true, do: a.pay("pay-low", depositTooLow),
			title: text("deposita un valor equivocado", "deposits a wrong amount")},
		{name: "pay", at: w.at(4, 12, 0), do: a.pay("pay", depositOfThree), title: text("deposita el valor exacto", "deposits the right amount")},
		{name: "bill", at: w.at(4, 12, 10), do: a.bill(), title: text("da los datos de facturación", "gives the billing data")},
		{name: "attach-heavy", at: w.at(7, 9, 0), refused: true, do: a.attach("attach-heavy", heavy),
			title: text("carga una cédula de 3 MB", "uploads a cédula of 3 MB")},
		{name: "attach-disguised", at: w.at(7, 9, 10), refused: true, do: a.attach("attach-disguised", disguised),
			title: text("carga un PNG llamado votacion.jpg", "uploads a PNG named votacion.jpg")},
		{name: "attach", at: w.at(7, 9, 30), do: a.attach("attach", a.documents()...), title: text("carga los documentos correctos", "uploads the right documents")},
		{name: "submit", at: w.at(7, 9, 40), do: a.command("submit", "submit", ra.RoleApplicant, a.reference(), nil),
			title: text("finaliza la solicitud", "submits")},
		{name: "invoice", at: w.at(8, 9, 0), do: a.command("invoice", "invoice", ra.RoleFinance, financeOfficer, nil),
			title: text("el área financiera emite la factura", "finance invoices")},
		{name: "agree-appointment", at: w.at(9, 9, 0), do: a.appointment(16, 15, 0),
			title: text("el operador acuerda la videoconferencia", "the operator agrees on the video conference")},
		{name: "mail-cedula", at: w.at(15, 16, 0), do: a.mailCedula(), title: text("envía su cédula en PDF", "mails the cédula as PDF")},
		{name: "start-video", at: w.at(16, 15, 0), do: a.command("start-video", "start-video", ra.RoleOperator, firstOperator, nil),
			title: text("empieza la videoconferencia", "the video conference starts")},
		{name: "confirm", at: w.at(16, 15, 10), do: a.confirm(), title: text("se confirman los datos", "the data are confirmed")},
		{name: "photo-small", at: w.at(16, 15, 20), refused: true, do: a.photo("photo-small", "S-000419", 400, 300),
			title: text("la fotografía es pequeña; la solicitante ya no vuelve", "the photograph is too small; the applicant does not come back")},
	})
}

// named gives each step the application's number, in its name and before its title.
func (a applicant) named(steps []step) []step {
	for i := range steps {
		s := &steps[i]
		s.name, s.who = digit(a.number)+"-"+s.name, a.number
		s.title = text("Solicitud "+digit(a.number)+": "+s.title["es"], "Application "+digit(a.number)+": "+s.title["en"])
	}
	return steps
}
