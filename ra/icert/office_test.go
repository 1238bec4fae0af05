package icert_test

import (
	"bytes"
	"crypto/x509"
	"net/mail"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate"
	"github.com/rubrica/rubrica/certificate/certtest"
	profiles "github.com/rubrica/rubrica/certificate/ec/icert"
	"github.com/rubrica/rubrica/ra"
	"github.com/rubrica/rubrica/ra/factura"
	"github.com/rubrica/rubrica/ra/icert"
	ramemory "github.com/rubrica/rubrica/ra/memory"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/pades"
	"github.com/rubrica/rubrica/token"
	"github.com/rubrica/rubrica/token/pkcs12"
	"github.com/rubrica/rubrica/workflow"
	"github.com/rubrica/rubrica/workflow/memory"
	"github.com/rubrica/rubrica/workflow/vault"
)

// world is an office in memory, with everything around it.
type world struct {
	*ra.Office
	t         *testing.T
	clock     *memory.Clock
	store     *memory.Store
	mailer    *ramemory.Mailer
	payments  *ramemory.Payments
	documents *ramemory.Documents
	ledger    *certificate.MemoryLedger
	authority *certificate.Authority
	director  signing.Signer
	vault     *vault.Vault
	fourEyes  bool
	deposited map[string]bool
	signed    map[string][]byte
	keys      int // counts idempotency keys
}

// monday is when every world begins.
var monday = time.Date(2026, 9, 7, 8, 0, 0, 0, icert.Ecuador())

// newWorld makes an authority with keys of the process, and an office. change may edit the
// configuration; it may be nil.
func newWorld(t *testing.T, settings map[string]bool, change func(*ra.Config)) *world {
	t.Helper()
	w := &world{
		t:         t,
		clock:     memory.NewClock(monday),
		store:     memory.New(),
		mailer:    new(ramemory.Mailer),
		payments:  new(ramemory.Payments),
		documents: new(ramemory.Documents),
		ledger:    new(certificate.MemoryLedger),
		deposited: map[string]bool{},
		signed:    map[string][]byte{},
	}
	root := w.root()
	w.fourEyes = settings == nil || settings[icert.FourEyes]
	program, err := icert.Natural(settings)
	require.NoError(t, err)
	keeper, err := vault.NewKeeper(bytes.Repeat([]byte{1}, vault.KeySize))
	require.NoError(t, err)
	sealed, err := vault.New(vault.Config{Store: memory.NewVault(), Keeper: keeper,
		Pepper: bytes.Repeat([]byte{2}, vault.KeySize)})
	require.NoError(t, err)
	w.vault = sealed
	w.director = w.certify(
		"director",
		certtest.P256,
		certificate.Request{Profile: profiles.PublicFunction,
			Subject: certificate.Subject{Document: "1800000000", GivenNames: "Diana", FirstSurname: "Modelo",
				Title: "Directora Provincial", Institution: "Entidad", Country: "EC", Email: "d@icert.example"}},
	)
	config := ra.Config{
		Store: w.store, Clock: w.clock, Owner: "test", Vault: sealed, Documents: w.documents, Mailer: w.mailer,
		Payments: w.payments, Authority: w.authority, Ledger: w.ledger, Anchors: []*x509.Certificate{root},
		Directors: []*x509.Certificate{w.director.Chain[0]}, KeyAlgorithm: token.P256,
		KeyFile: pkcs12.Options{Iterations: 1000},
		Seal: w.certify("seal", certtest.RSA2048, certificate.Request{Profile: profiles.Seal,
			Subject: certificate.Subject{
				CommonName:   "Sello",
				Organization: "Entidad",
				RUC:          "1760001550001",
				Country:      "EC",
			}}),
		Taxpayer: factura.Issuer{RUC: "1760001550001", Name: "ENTIDAD", Address: "Quito"},
		Programs: []ra.Program{
			program,
		}, Sender: mail.Address{Name: "Entidad", Address: "ra@icert.example"},
		Mailboxes: map[string]mail.Address{ra.RoleOperator: {Address: "operador@icert.example"},
			ra.RoleDirector: {Address: "direccion@icert.example"}},
		Domain: "icert.example", Place: icert.Ecuador(),
	}
	if change != nil {
		change(&config)
	}
	w.Office, err = ra.NewOffice(config)
	require.NoError(t, err)
	return w
}

func (w *world) root() *x509.Certificate {
	all, err := profiles.Profiles(profiles.Config{})
	require.NoError(w.t, err)
	config := certificate.AuthorityConfig{
		Key:      certtest.Key(w.t, certtest.P256, "office root"),
		Ledger:   w.ledger,
		Profiles: all,
		Clock:    w.clock.Now,
	}
	cert, err := certificate.IssueRoot(
		w.t.Context(),
		config,
		certificate.Request{ID: "root", Profile: profiles.Root,
			Subject: certificate.Subject{CommonName: "Raíz de prueba", Country: "EC"}},
	)
	require.NoError(w.t, err)
	config.Certificate = cert
	w.authority, err = certificate.NewAuthority(config)
	require.NoError(w.t, err)
	return cert
}

func (w *world) certify(name string, kind certtest.KeyKind, r certificate.Request) signing.Signer {
	key := certtest.Key(w.t, kind, "office "+name)
	r.ID, r.PublicKey = name, key.Public()
	planned, err := w.authority.Plan(w.t.Context(), r)
	require.NoError(w.t, err)
	cert, err := w.authority.Issue(w.t.Context(), planned)
	require.NoError(w.t, err)
	return signing.Signer{Key: key, Chain: []*x509.Certificate{cert}}
}

// person is an applicant.
type person struct {
	form        ra.Form
	reference   string // of the deposit
	envelope    string
	application string
}

var people = []person{
	{
		form: ra.Form{
			IDNumber:     "1700000001",
			GivenNames:   "Ana",
			FirstSurname: "Muestra",
			RUC:          "1700000001001",
			IncludeRUC:   true,
		},
		reference: "1001",
		envelope:  "S-1",
	},
	{
		form:      ra.Form{IDNumber: "0100000009", GivenNames: "Bruno", FirstSurname: "Ejemplo"},
		reference: "1002",
		envelope:  "S-2",
	},
	{
		form:      ra.Form{IDNumber: "2400000002", GivenNames: "Carla", FirstSurname: "Ensayo"},
		reference: "1003",
		envelope:  "S-3",
	},
}

func somebody(i int) *person {
	p := people[i]
	f := &p.form
	f.IDType, f.Container, f.Email = ra.IDCedula, ra.ContainerFile, "p@correo.example"
	f.Phone, f.Address, f.City, f.Province = "0990000000", "Calle 1", "Quito", "Pichincha"
	return &p
}

// order begins an order with a key of its own.
func (w *world) order(p *person, command, actor, by string) ra.Order {
	w.keys++
	return ra.Order{Application: p.application, Command: command, Actor: actor, By: by,
		Key: "k" + p.form.IDNumber + "-" + string(rune('a'+w.keys%26)) + time.Duration(w.keys).String()}
}

func (w *world) give(o ra.Order) error {
	out, err := w.Give(w.t.Context(), o)
	if err == nil && o.Application == "" {
		require.Equal(w.t, ra.ApplicationID(o.Key), out.Instance)
	}
	if err == nil {
		require.NoError(w.t, w.Engine().Drain(w.t.Context()))
	}
	return err
}

func (w *world) apply(p *person) error {
	o := w.order(p, "apply", ra.RoleApplicant, "applicant/"+p.form.IDNumber[:2])
	o.Program, o.Form = icert.NaturalName, &p.form
	err := w.give(o)
	if err == nil {
		p.application = ra.ApplicationID(o.Key)
	}
	return err
}

const fee ra.Cents = 2530

func (w *world) pay(p *person, reference string) error {
	o := w.order(p, "pay", ra.RoleApplicant, "applicant/1")
	o.Deposit = &ra.Deposit{Reference: reference, Amount: fee, Date: "2026-09-07"}
	return w.give(o)
}

func (w *world) bill(p *person) error {
	o := w.order(p, "bill", ra.RoleApplicant, "applicant/1")
	o.Billing = &ra.Billing{
		IDType:  "cedula",
		Number:  p.form.IDNumber,
		Name:    p.form.Name(),
		Address: "Quito",
		Email:   p.form.Email,
	}
	return w.give(o)
}

var onePDF = []byte("%PDF-1.4\n%%EOF\n")

func (w *world) attach(p *person, kinds ...string) error {
	o := w.order(p, "attach", ra.RoleApplicant, "applicant/1")
	o.Documents = map[string]ra.Submission{}
	for _, kind := range kinds {
		o.Documents[kind] = ra.Submission{Name: "a.pdf", Content: bytes.NewReader(onePDF)}
	}
	return w.give(o)
}

func (w *world) command(p *person, command, actor, by string, data map[string]string) error {
	o := w.order(p, command, actor, by)
	o.Data = data
	return w.give(o)
}

func (w *world) appoint(p *person) error {
	return w.command(p, "agree-appointment", ra.RoleOperator, "operator/1",
		map[string]string{"appointment": w.clock.Now().Add(time.Hour).UTC().Format(time.RFC3339)})
}

func (w *world) mailCedula(p *person) error {
	o := w.order(p, "mail-cedula", ra.RoleApplicant, "applicant/1")
	o.Documents = map[string]ra.Submission{
		"cedula-pdf": {Name: "c.pdf", Content: bytes.NewReader(onePDF)},
	}
	return w.give(o)
}

func (w *world) confirm(p *person) error {
	ruc := "false"
	if p.form.IncludeRUC {
		ruc = "true"
	}
	return w.command(
		p,
		"confirm",
		ra.RoleOperator,
		"operator/1",
		map[string]string{"mail-confirmed": "true",
			"names-confirmed": "true", "face-confirmed": "true", "address-confirmed": "true", "ruc-confirmed": ruc},
	)
}

func (w *world) photo(p *person, content []byte, envelope string) error {
	o := w.order(p, "capture-photo", ra.RoleOperator, "operator/1")
	o.Data = map[string]string{"envelope": envelope}
	o.Documents = map[string]ra.Submission{"foto": {Name: "f.jpg", Content: bytes.NewReader(content)}}
	return w.give(o)
}

// decide approves or issues what the application holds now.
func (w *world) decide(p *person, command, by string) error {
	digest, err := w.Review(w.t.Context(), p.application, command)
	require.NoError(w.t, err)
	return w.command(p, command, ra.RoleOperator, by, map[string]string{"reviewed": digest.String()})
}

func (w *world) state(p *person) workflow.State {
	s, err := w.Engine().State(w.t.Context(), p.application)
	require.NoError(w.t, err)
	return s
}

// until lets time pass.
func (w *world) until(at time.Time) {
	require.NoError(w.t, w.Engine().RunUntil(w.t.Context(), at))
}

// mailOf returns the only letter of a name for an application.
func (w *world) mailOf(p *person, letter string) ra.Message {
	var found []ra.Message
	for _, m := range w.mailer.Sent() {
		if strings.HasPrefix(m.ID, p.application+".") && strings.Contains(m.ID, "."+letter+"@") {
			found = append(found, m)
		}
	}
	require.Len(w.t, found, 1, letter)
	return found[0]
}

// signer opens the applicant's key from his two mails.
func (w *world) signer(p *person) signing.Signer {
	file, envelope := w.mailOf(p, "certificate.file"), w.mailOf(p, "credentials.envelope")
	_, rest, _ := strings.Cut(envelope.Text, "\n    ")
	password, _, _ := strings.Cut(rest, "\n")
	opened, err := pkcs12.Open(file.Attachments[0].Content, token.SecretString(password),
		pkcs12.Limits{})
	require.NoError(w.t, err)
	key, err := opened.SigningKey()
	require.NoError(w.t, err)
	return signing.Signer{Key: key.Signer, Chain: key.Chain}
}

func (w *world) sign(pdf []byte, s signing.Signer) []byte {
	var out bytes.Buffer
	require.NoError(w.t, pades.Sign(w.t.Context(), &out, bytes.NewReader(pdf), int64(len(pdf)), s,
		pades.Profile{Time: w.clock.Now()}))
	return out.Bytes()
}

// signOnce signs a document once: who sends again sends the same file.
func (w *world) signOnce(p *person, datum string, s signing.Signer) []byte {
	key := p.application + "/" + datum
	if w.signed[key] == nil {
		w.signed[key] = w.sign(w.document(p, datum), s)
	}
	return w.signed[key]
}

func (w *world) returnContract(p *person, pdf []byte) error {
	o := w.order(p, "return-contract", ra.RoleApplicant, "applicant/1")
	o.Documents = map[string]ra.Submission{
		"signed-contract": {Name: "c.pdf", Content: bytes.NewReader(pdf)},
	}
	return w.give(o)
}

func (w *world) countersign(p *person, pdf []byte) error {
	o := w.order(p, "countersign", ra.RoleDirector, "director/1")
	o.Documents = map[string]ra.Submission{
		"countersigned-contract": {Name: "c.pdf", Content: bytes.NewReader(pdf)},
	}
	return w.give(o)
}

// document opens a document of an application, however often it takes.
func (w *world) document(p *person, datum string) (content []byte) {
	require.Eventually(w.t, func() (ok bool) {
		var err error
		_, content, err = w.Document(w.t.Context(), p.application, w.state(p).Data[datum])
		return err == nil
	}, time.Minute, time.Nanosecond)
	return content
}

// advance does what the state asks for: the good way, a step at a time. False at its end.
func (w *world) advance(p *person) (bool, error) {
	if p.application == "" {
		return true, w.apply(p)
	}
	s := w.state(p)
	switch {
	case s.Name == "draft":
		if !w.deposited[p.reference] {
			w.payments.Arrive(ra.Deposit{Reference: p.reference, Amount: fee, Date: "2026-09-07"})
			w.deposited[p.reference] = true
		}
		return true, w.pay(p, p.reference)
	case s.Name == "paid" && s.Data["billing"] == "":
		return true, w.bill(p)
	case s.Name == "paid" && s.Data["planilla"] == "":
		return true, w.attach(p, "cedula", "votacion", "planilla")
	case s.Name == "paid":
		return true, w.command(p, "submit", ra.RoleApplicant, "applicant/1", nil)
	case s.Name == "submitted":
		return true, w.command(p, "invoice", ra.RoleFinance, "finance/1", nil)
	case s.Name == "invoiced":
		return true, w.appoint(p)
	case s.Name == "appointment-set" && s.Data["cedula-pdf"] == "":
		return true, w.mailCedula(p)
	case s.Name == "appointment-set":
		w.until(w.clock.Now().Add(time.Hour))
		if w.state(p).Name != s.Name {
			return true, nil // it lapsed meanwhile
		}
		return true, w.command(p, "start-video", ra.RoleOperator, "operator/1", nil)
	case s.Name == "in-video":
		return true, w.confirm(p)
	case s.Name == "confirmed":
		return true, w.photo(p, jpegOf(600, 500), p.envelope)
	}
	return w.advanceCertificate(p, s)
}

func (w *world) advanceCertificate(p *person, s workflow.State) (bool, error) {
	switch s.Name {
	case "verified":
		command := "issue"
		if w.fourEyes {
			command = "approve"
		}
		return true, w.decide(p, command, "operator/1")
	case "approved":
		return true, w.decide(p, "issue", "operator/2")
	case "envelope-delivered":
		return true, w.command(p, "draw-contract", ra.RoleOperator, "operator/2", nil)
	case "contract-sent":
		return true, w.returnContract(p, w.signOnce(p, "contract", w.signer(p)))
	case "contract-signed":
		return true, w.countersign(p, w.signOnce(p, "signed-contract", w.director))
	case "contract-countersigned":
		return true, w.command(p, "archive", ra.RoleOperator, "operator/2", nil)
	}
	return false, nil
}

// next is advance where nothing may be refused or fail.
func (w *world) next(p *person) bool {
	w.t.Helper()
	more, err := w.advance(p)
	require.NoError(w.t, err)
	return more
}

// to goes the good way to a state.
func (w *world) to(p *person, state string) {
	w.t.Helper()
	for range 40 {
		if p.application != "" && w.state(p).Name == state {
			return
		}
		if !w.next(p) {
			break
		}
	}
	require.Equal(w.t, state, w.state(p).Name)
}

// requireRefused: the error is a refusal with this code among its refusals, and says so in Spanish
// and English.
func requireRefused(t *testing.T, err error, code string) {
	t.Helper()
	var codes []string
	for _, r := range ra.Refusals(err) {
		codes = append(codes, r.Code)
		for _, language := range []string{"es", "en"} {
			sentence := ra.NewCatalogue(language, nil).Sentence(r)
			require.NotEqual(t, r.Code, sentence, "no sentence in %s", language)
			require.NotContains(t, sentence, "{", "a value is missing")
		}
	}
	require.Contains(t, codes, code, "%v", err)
}
