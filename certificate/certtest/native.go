package certtest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A clone without the conformance data still asks strangers: the programs that Debian's packages
// bring, called plainly. They judge the files of Debian's own kinds; the other judges stay silent,
// which is said loudly once a test.

// nativeJudge is one program that judges a kind of file.
type nativeJudge struct {
	name  string
	kinds string // words
	judge func(t testing.TB, job Job) error
}

var nativeJudges = []nativeJudge{
	{"xmlsec1", "xml sri", xmlsec1},
	{"pdfsig", "pdf", pdfsig},
	{"qpdf", "pdf", qpdf},
	{"openssl", "cms", opensslCMS},
	{"openssl", "cert", opensslCertificate},
	{"openssl", "p12", opensslPKCS12},
	{"keytool", "p12", keytool},
}

// judgeNatively asks the programs that are installed. A missing program fails the test.
func judgeNatively(t testing.TB, kind, judges string, jobs []Job) []Line {
	t.Helper()
	t.Logf("PARTLY TESTED: without the conformance data only Debian's programs judge %q", kind)
	var lines []Line
	for _, job := range jobs {
		for _, n := range nativeJudges {
			if !contains(n.kinds, kind) || (judges != "" && !contains(strings.ReplaceAll(judges, ",", " "), n.name)) {
				continue
			}
			line := Line{Judge: n.name, File: job.File, Accepted: true}
			if err := n.judge(t, job); err != nil {
				line.Accepted, line.Error = false, err.Error()
			}
			lines = append(lines, line)
		}
	}
	if len(lines) == 0 {
		t.Skipf("NOT TESTED: no program of Debian judges %q (%s)", kind, judges)
	}
	return lines
}

func contains(words, word string) bool {
	for w := range strings.FieldsSeq(words) {
		if w == word {
			return true
		}
	}
	return false
}

// tool runs a program and returns all that it printed.
func tool(t testing.TB, name string, args ...string) (string, error) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Fatalf("the test needs %s: sh .ci/test installs it", name)
	}
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		return string(out), fmt.Errorf("%s: %w: %s", name, err, out)
	}
	return string(out), nil
}

// xmlIdentifiers are the elements whose Id or id attributes the library's signatures refer to.
var xmlIdentifiers = []string{
	"--id-attr:id", "factura", "--id-attr:id", "notaCredito", "--id-attr:id", "notaDebito",
	"--id-attr:id", "guiaRemision", "--id-attr:id", "comprobanteRetencion",
	"--id-attr:id", "liquidacionCompra",
	"--id-attr:Id", "http://uri.etsi.org/01903/v1.3.2#:SignedProperties",
	"--id-attr:Id", "http://www.w3.org/2000/09/xmldsig#:KeyInfo",
	"--id-attr:Id", "http://www.w3.org/2000/09/xmldsig#:Object",
}

func xmlsec1(t testing.TB, job Job) error {
	args := append([]string{"--verify", "--enabled-key-data", "x509"}, xmlIdentifiers...)
	for _, file := range job.Trust {
		args = append(args, "--trusted-pem", file)
	}
	for _, file := range job.Chain {
		args = append(args, "--untrusted-pem", file)
	}
	_, err := tool(t, "xmlsec1", append(args, job.File)...)
	return err
}

func pdfsig(t testing.TB, job Job) error {
	nss := "sql:" + t.TempDir()
	if _, err := tool(t, "certutil", "-N", "-d", nss, "--empty-password"); err != nil {
		return err
	}
	for i, file := range append(append([]string{}, job.Trust...), job.Chain...) {
		trust := "C,C,C"
		if i >= len(job.Trust) {
			trust = ",,"
		}
		if _, err := tool(t, "certutil", "-A", "-d", nss, "-n", fmt.Sprint(i), "-t", trust, "-a", "-i", file); err != nil {
			return err
		}
	}
	out, err := tool(t, "pdfsig", "-nssdir", nss, job.File)
	if err != nil {
		return err
	}
	signatures := strings.Count(out, "Signature Validation:")
	if signatures == 0 || strings.Count(out, "Signature is Valid.") != signatures {
		return fmt.Errorf("pdfsig: %s", out)
	}
	if len(job.Trust) > 0 && strings.Count(out, "Certificate is Trusted.") != signatures {
		return fmt.Errorf("pdfsig: %s", out)
	}
	return nil
}

func qpdf(t testing.TB, job Job) error {
	_, err := tool(t, "qpdf", "--check", job.File)
	return err
}

func opensslCMS(t testing.TB, job Job) error {
	args := []string{"cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", job.File,
		"-out", os.DevNull, "-purpose", "any"}
	if job.Detached != "" {
		args = append(args, "-content", job.Detached)
	}
	_, err := tool(t, "openssl", append(args, opensslTrust(t, job)...)...)
	return err
}

func opensslCertificate(t testing.TB, job Job) error {
	_, err := tool(t, "openssl", append(append([]string{"verify", "-x509_strict"}, opensslTrust(t, job)...), job.File)...)
	return err
}

func opensslTrust(t testing.TB, job Job) []string {
	t.Helper()
	join := func(files []string) string {
		name := filepath.Join(t.TempDir(), "joined.pem")
		var all []byte
		for _, file := range files {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			all = append(append(all, raw...), '\n')
		}
		if err := os.WriteFile(name, all, 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	args := []string{"-CAfile", join(job.Trust)}
	if len(job.CRL) > 0 {
		args = append(args, "-crl_check", "-CRLfile", join(job.CRL))
	}
	if len(job.Chain) > 0 {
		args = append(args, "-untrusted", join(job.Chain))
	}
	return args
}

func opensslPKCS12(t testing.TB, job Job) error {
	_, err := tool(t, "openssl", "pkcs12", "-in", job.File, "-passin", "pass:"+job.Password, "-noout")
	return err
}

func keytool(t testing.TB, job Job) error {
	_, err := tool(t, "keytool", "-list", "-keystore", job.File, "-storetype", "PKCS12",
		"-storepass", job.Password)
	return err
}
