package demo_test

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate"
	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/certificate/lint"
	"github.com/rubrica/rubrica/examples/internal/demo"
)

// told is the folder of one finished story, which tests read and do not change.
var told = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "rubrica-demo-*")
	if err != nil {
		return "", err
	}
	toldDir = dir
	out, log := &bytes.Buffer{}, &bytes.Buffer{}
	err = demo.Run(background, demo.Options{Dir: dir, Stdout: out,
		Log: slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	return dir, errors.Join(err,
		os.WriteFile(filepath.Join(dir, "output.txt"), out.Bytes(), 0o600),
		os.WriteFile(filepath.Join(dir, "log.txt"), log.Bytes(), 0o600))
})

var toldDir string

func TestMain(m *testing.M) {
	code := m.Run()
	for _, dir := range []string{toldDir, binDir} {
		if dir != "" {
			os.RemoveAll(dir)
		}
	}
	os.Exit(code)
}

var binDir string

// built is the rubrica command itself.
var built = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "rubrica-bin-*")
	if err != nil {
		return "", err
	}
	binDir = dir
	name := filepath.Join(dir, "rubrica")
	out, err := exec.Command("go", "build", "-o", name, "github.com/rubrica/rubrica/examples/rubrica").
		CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return name, nil
})

func command(t *testing.T) string {
	t.Helper()
	name, err := built()
	require.NoError(t, err)
	return name
}

func story(t *testing.T, elements ...string) string {
	t.Helper()
	dir, err := told()
	require.NoError(t, err)
	return filepath.Join(append([]string{dir}, elements...)...)
}

func readCertificate(t *testing.T, name string) *x509.Certificate {
	t.Helper()
	return certificateIn(t, story(t), name)
}

func certificateIn(t *testing.T, dir, name string) *x509.Certificate {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(dir, "certificados", name))
	require.NoError(t, err)
	block, _ := pem.Decode(content)
	require.NotNil(t, block)
	cert, err := x509.ParseCertificate(block.Bytes)
	require.NoError(t, err)
	return cert
}

func trust(t *testing.T) (trust, chain []string) {
	return []string{
			story(t, "certificados", "raiz.pem"),
		}, []string{
			story(t, "certificados", "subordinada.pem"),
		}
}

// TestStrangersAcceptContract: every signature of the contract is intact, trusted today, and
// covers what it should.
func TestStrangersAcceptContract(t *testing.T) {
	roots, chain := trust(t)
	lines := certtest.Judge(t, "pdf", "dss,pyhanko,pdfsig", certtest.Job{
		File: story(t, "contratos", "solicitud-1-dos-firmas.pdf"), Trust: roots, Chain: chain})
	require.Len(t, lines, certtest.JudgeCount(t, "pdf", "dss,pyhanko,pdfsig"))
	for _, line := range lines {
		require.True(t, line.Accepted, "%s: %s", line.Judge, line.Error)
		require.Len(t, line.Signatures, 2, line.Judge)
		for _, s := range line.Signatures {
			require.NotNil(t, s.Trusted, line.Judge)
			require.True(t, *s.Trusted, line.Judge)
		}
	}
}

// TestStrangersAcceptInvoices: both of the fee and of the subscriber, valid by SRI's own schema.
func TestStrangersAcceptInvoices(t *testing.T) {
	roots, chain := trust(t)
	var jobs []certtest.Job
	for _, name := range []string{"solicitud-1-factura-del-certificado.xml",
		"solicitud-1-factura-del-suscriptor.xml", "solicitud-2-factura-del-certificado.xml"} {
		jobs = append(jobs, certtest.Job{File: story(t, "facturas", name), Trust: roots, Chain: chain})
	}
	for _, line := range certtest.Judge(t, "sri", "xmlsec1,jdk,dss,xsd", jobs...) {
		require.True(t, line.Accepted, "%s on %s: %s", line.Judge, filepath.Base(line.File), line.Error)
		for _, s := range line.Signatures {
			if s.Trusted != nil {
				require.True(t, *s.Trusted, line.Judge)
			}
		}
	}
}

// TestStrangersOpenKeyFiles: what arrived by mail opens with what arrived in the envelope.
func TestStrangersOpenKeyFiles(t *testing.T) {
	var jobs []certtest.Job
	mails := readMails(t, story(t, "correo"))
	for id, m := range mails {
		application, found := strings.CutSuffix(id, ".certificate.file@icert.example")
		if !found {
			continue
		}
		application, _, _ = strings.Cut(application, ".")
		for _, content := range m.files {
			jobs = append(jobs, certtest.Job{File: certtest.WriteFile(t, "key-*.p12", content),
				Password: passwordOf(t, mails, application)})
		}
	}
	require.Len(t, jobs, 2)
	lines := certtest.Judge(t, "p12", "openssl,keytool", jobs...)
	require.Len(t, lines, 2*certtest.JudgeCount(t, "p12", "openssl,keytool"))
	for _, line := range lines {
		require.True(t, line.Accepted, "%s: %s", line.Judge, line.Error)
	}
	for i := range jobs {
		jobs[i].Password += "x"
	}
	for _, line := range certtest.Judge(t, "p12", "openssl,keytool", jobs...) {
		require.False(t, line.Accepted, "%s opens with a wrong password", line.Judge)
	}
}

// TestStrangersSeeRevocation: good before, revoked after, on the list that was published.
func TestStrangersSeeRevocation(t *testing.T) {
	roots, chain := trust(t)
	root := story(t, "certificados", "crl-raiz.pem")
	job := func(list string, at time.Time) certtest.Job {
		j := certtest.Job{File: story(t, "certificados", "solicitud-2.pem"), Trust: roots, Chain: chain,
			CRL: []string{story(t, "certificados", list), root}}
		if !at.IsZero() {
			j.Time = at.UTC().Format(time.RFC3339)
		}
		return j
	}
	issued := readCertificate(t, "solicitud-2.pem").NotBefore
	before := job("crl-semana-2.pem", issued.Add(24*time.Hour))
	today := job("crl.pem", time.Time{})
	first := today
	first.File = story(t, "certificados", "solicitud-1.pem")
	lines := certtest.Judge(t, "cert", "openssl,certvalidator", before, today, first)
	judges := certtest.JudgeCount(t, "cert", "openssl,certvalidator")
	require.Len(t, lines, 3*judges)
	for i, line := range lines {
		if i/judges == 1 {
			require.False(t, line.Accepted, "%s accepts a revoked certificate", line.Judge)
			require.Contains(t, strings.ToLower(string(mustJSON(t, line.Raw))), "revoked", line.Judge)
			continue
		}
		require.True(t, line.Accepted, "%s: %s", line.Judge, line.Error)
	}
}

// TestLint: RFC 5280's lints find no error in any certificate or list.
func TestLint(t *testing.T) {
	t.Parallel()
	linter, err := lint.New()
	require.NoError(t, err)
	for _, name := range []string{"raiz", "subordinada", "sello", "directora", "solicitud-1", "solicitud-2"} {
		findings, err := linter.Lint(readCertificate(t, name+".pem").Raw)
		require.NoError(t, err)
		require.Empty(t, errorsOf(findings), name)
	}
	for _, name := range []string{"crl", "crl-raiz", "crl-semana-2"} {
		der, err := os.ReadFile(story(t, "certificados", name+".crl"))
		require.NoError(t, err)
		findings, err := linter.LintList(der)
		require.NoError(t, err)
		require.Empty(t, errorsOf(findings), name)
	}
}

func errorsOf(all []certificate.Finding) (out []certificate.Finding) {
	for _, f := range all {
		if f.Severity >= certificate.Error {
			out = append(out, f)
		}
	}
	return out
}

// TestOutcome: what each application came to, and every fault with its sentence.
func TestOutcome(t *testing.T) {
	t.Parallel()
	output, err := os.ReadFile(story(t, "output.txt"))
	require.NoError(t, err)
	for _, want := range []string{
		`El RUC no es correcto`, `Ese depósito ya pagó otra solicitud`,
		`es de USD 20\.00 y el valor del certificado es de USD 25\.30`,
		`pesa más de 2 MB`, `termina en «\.jpg» pero por su contenido es PNG`,
		`mide 400×300 píxeles; se pide al menos 600×500`, `control de cuatro ojos`,
	} {
		require.Regexp(t, regexp.MustCompile(want), string(output))
	}
	ends := map[string]bool{}
	for _, h := range histories(t, story(t)) {
		ends[h.final] = true
		require.Equal(t, h.final == "archived" || h.final == "revoked", h.certificates == 1, h.final)
	}
	require.Equal(t, map[string]bool{"archived": true, "revoked": true, "lapsed": true}, ends)
	letters := map[string]int{}
	for id := range readMails(t, story(t, "correo")) {
		letters[regexp.MustCompile(`^app-[0-9a-f]+\.\d+\.\d+\.(.*)@icert\.example$`).FindStringSubmatch(id)[1]]++
	}
	require.Equal(t, map[string]int{"request.received": 3, "invoice": 3, "appointment": 3,
		"certificate.file": 2, "credentials.envelope": 2, "contract.to-sign": 2, "contract.reminder": 1,
		"contract.to-director": 1, "contract.copy": 1, "revoked.no-contract": 1, "request.lapsed": 1}, letters)
}

// TestSecondRun says that the folder is finished and changes nothing.
func TestSecondRun(t *testing.T) {
	var out bytes.Buffer
	page := story(t, "index.html")
	before, err := os.Stat(page)
	require.NoError(t, err)
	require.NoError(t, demo.Run(t.Context(), demo.Options{Dir: story(t), Stdout: &out}))
	require.Contains(t, out.String(), "ya está completa")
	require.Equal(t, 1, strings.Count(out.String(), "\n"))
	after, err := os.Stat(page)
	require.NoError(t, err)
	require.Equal(t, before.ModTime(), after.ModTime())
}

func TestUsage(t *testing.T) {
	t.Parallel()
	for _, o := range []demo.Options{{Process: "siigo"}, {Lang: "fr"}} {
		o.Dir = t.TempDir()
		var usage *demo.UsageError
		require.ErrorAs(t, demo.Run(t.Context(), o), &usage)
		left, err := os.ReadDir(o.Dir)
		require.NoError(t, err)
		require.Empty(t, left)
	}
}
