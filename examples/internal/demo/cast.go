package demo

import (
	"net/mail"

	"github.com/rubrica/rubrica/ra"
	"github.com/rubrica/rubrica/ra/factura"
)

// The people of the story are invented; their numbers have a right check digit and belong to nobody
// that we know.

// Mailboxes of the authority.
const (
	senderMail   = "ra@icert.example"
	operatorMail = "operador.pichincha@icert.example"
	financeMail  = "financiero@icert.example"
	directorMail = "direccion.pichincha@icert.example"
	mailDomain   = "icert.example"
)

// Who gives commands, as references.
const (
	firstOperator  = "operator/007"
	secondOperator = "operator/012"
	financeOfficer = "finance/003"
	director       = "director/001"
)

func mailboxes() map[string]mail.Address {
	return map[string]mail.Address{
		ra.RoleOperator: {Name: "Operador de emisión, Pichincha", Address: operatorMail},
		ra.RoleFinance:  {Name: "Área financiera", Address: financeMail},
		ra.RoleDirector: {Name: "Dirección Provincial de Pichincha", Address: directorMail},
	}
}

func taxpayer() factura.Issuer {
	return factura.Issuer{RUC: rucOfEntity, Name: "CONSEJO DE LA JUDICATURA (DEMOSTRACIÓN)",
		TradeName: "ICERT-EC", Address: "Av. 12 de Octubre N24-563, Quito", Accounts: true}
}

// applicant is one of the three who apply.
type applicant struct {
	number  int // 1 to 3
	form    ra.Form
	billing ra.Billing
}

func (a applicant) reference() string { return "applicant/" + digit(a.number) }
func (a applicant) key(step string) string {
	return "demo/" + digit(a.number) + "/" + step
}

// id is the name of the applicant's application, which the first command's key decides.
func (a applicant) id() string { return ra.ApplicationID(a.key("apply")) }

func digit(n int) string { return string(rune('0' + n)) }

func cast() [3]applicant {
	people := [3]applicant{
		{
			number: 1,
			form: ra.Form{IDNumber: "1700000001", GivenNames: "Ana Lucía", FirstSurname: "Muestra",
				SecondSurname: "Ñandú", Email: "ana.muestra@correo.example", Phone: "0990000001",
				Address: "Calle de la Prueba N12-34 y Ensayo", City: "Quito", Province: "Pichincha",
				IncludeRUC: true, RUC: "1700000001001"},
		},
		{number: 2, form: ra.Form{IDNumber: "0100000009", GivenNames: "Bruno", FirstSurname: "Ejemplo",
			SecondSurname: "Modelo", Email: "bruno.ejemplo@correo.example", Phone: "0990000002",
			Address: "Av. Ficticia 5-67", City: "Quito", Province: "Pichincha"}},
		{number: 3, form: ra.Form{IDNumber: "2400000002", GivenNames: "Carla", FirstSurname: "Ensayo",
			SecondSurname: "Güiña", Email: "carla.ensayo@correo.example", Phone: "0990000003",
			Address: "Pasaje Imaginario S8-90", City: "Quito", Province: "Pichincha",
			IncludeRUC: true, RUC: "2400000002001"}},
	}
	for i := range people {
		p := &people[i]
		p.form.IDType, p.form.Container = ra.IDCedula, ra.ContainerFile
		p.billing = ra.Billing{IDType: "cedula", Number: p.form.IDNumber, Name: p.form.Name(),
			Address: p.form.Address + ", " + p.form.City, Email: p.form.Email}
	}
	return people
}

// The deposits of the story: document number, amount in cents, day of the story.
type deposit struct {
	reference string
	amount    ra.Cents
	day       int
}

const fee ra.Cents = 2530

var (
	depositOfOne   = deposit{"0045170", fee, 2}
	depositOfTwo   = deposit{"0045391", fee, 3}
	depositTooLow  = deposit{"0045402", 2000, 3}
	depositOfThree = deposit{"0045588", fee, 4}
)

func deposits() []deposit {
	return []deposit{depositOfOne, {"0045288", 1500, 2}, depositOfTwo, depositTooLow, depositOfThree,
		{"0045590", 9940, 4}}
}
