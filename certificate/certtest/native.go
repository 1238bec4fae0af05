package certtest

import (
	"bytes"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

// A clone without the conformance data still asks strangers: the programs that Debian's packages
// bring, called plainly. They judge the files of Debian's own kinds; the other judges stay silent,
// which is said loudly once a test.

// nativeJudge is one program that judges a kind of file.
type nativeJudge struct {
	name  string
	kinds string // words
	judge func(t testing.TB, job Job) (signatures int, err error)
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
			if !n.asked(kind, judges) {
				continue
			}
			line := Line{Judge: n.name, File: job.File, Accepted: true}
			signatures, err := n.judge(t, job)
			if err != nil {
				line.Accepted, line.Error = false, err.Error()
			}
			yes := line.Accepted
			for range signatures {
				line.Signatures = append(line.Signatures, JudgedEntry{Intact: &yes, Valid: &yes, Trusted: &yes})
			}
			line.Raw = map[string]any{"error": line.Error}
			lines = append(lines, line)
		}
	}
	if len(lines) == 0 {
		t.Skipf("NOT TESTED: no program of Debian judges %q (%s)", kind, judges)
	}
	return lines
}

func (n nativeJudge) asked(kind, judges string) bool {
	return contains(n.kinds, kind) &&
		(judges == "" || contains(strings.ReplaceAll(judges, ",", " "), n.name))
}

// JudgeCount says how many of the named judges answer for each job: all of them, or, without the
// conformance data, those that are programs of Debian's packages.
func JudgeCount(t testing.TB, kind, judges string) int {
	t.Helper()
	if _, err := sharedFolder(t); err == nil {
		return len(strings.Split(judges, ","))
	}
	count := 0
	for _, n := range nativeJudges {
		if n.asked(kind, judges) {
			count++
		}
	}
	return count
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

func xmlsec1(t testing.TB, job Job) (int, error) {
	names, err := readXMLNames(job.File)
	if err != nil {
		return 0, err
	}
	args := []string{"--verify", "--enabled-key-data", "x509,key-value"}
	for _, id := range names.ids {
		args = append(args, "--id-attr:"+id[0], id[1])
	}
	if job.Detached != "" {
		for _, uri := range names.outside {
			args = append(args, "--url-map:"+uri, job.Detached)
		}
	}
	for _, file := range job.Trust {
		args = append(args, "--trusted-pem", file)
	}
	for _, file := range job.Chain {
		args = append(args, "--untrusted-pem", file)
	}
	if at := job.moment(t); !at.IsZero() {
		args = append(args, "--verification-gmt-time", at.UTC().Format(time.DateTime))
	}
	for n := 1; n <= names.signatures; n++ {
		node := fmt.Sprintf(`(//*[local-name()="Signature" and namespace-uri()="%s"])[%d]`, dsig, n)
		if _, err := tool(t, "xmlsec1", append(args, "--node-xpath", node, job.File)...); err != nil {
			return names.signatures, err
		}
	}
	return names.signatures, nil
}

const dsig = "http://www.w3.org/2000/09/xmldsig#"

// xmlNames is what xmlsec1 must be told about a file.
type xmlNames struct {
	ids        [][2]string // attribute, element as namespace:local
	outside    []string    // URIs of references to elsewhere
	signatures int
}

func readXMLNames(file string) (names xmlNames, err error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return names, err
	}
	decoder := xml.NewDecoder(bytes.NewReader(asUTF8(raw)))
	decoder.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	for {
		next, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return names, nil
		}
		if err != nil {
			return names, err
		}
		if element, ok := next.(xml.StartElement); ok {
			names.add(element)
		}
	}
}

// asUTF8 takes UTF-16 with a mark, and anything else that is not UTF-8 as Latin-1: it is names that
// are looked for here.
func asUTF8(raw []byte) []byte {
	var order binary.ByteOrder = binary.LittleEndian
	switch {
	case bytes.HasPrefix(raw, []byte("\xfe\xff")):
		order = binary.BigEndian
		fallthrough
	case bytes.HasPrefix(raw, []byte("\xff\xfe")):
		var units []uint16
		for i := 2; i+1 < len(raw); i += 2 {
			units = append(units, order.Uint16(raw[i:]))
		}
		return []byte(string(utf16.Decode(units)))
	case utf8.Valid(raw):
		return raw
	}
	var out []rune
	for _, c := range raw {
		out = append(out, rune(c))
	}
	return []byte(string(out))
}

func (n *xmlNames) add(e xml.StartElement) {
	qualified := e.Name.Local
	if e.Name.Space != "" {
		qualified = e.Name.Space + ":" + qualified
	}
	if e.Name.Space == dsig && e.Name.Local == "Signature" {
		n.signatures++
	}
	for _, a := range e.Attr {
		switch {
		case a.Name.Space == "" && strings.EqualFold(a.Name.Local, "id"):
			n.ids = append(n.ids, [2]string{a.Name.Local, qualified})
		case e.Name.Space == dsig && e.Name.Local == "Reference" && a.Name.Local == "URI" &&
			a.Value != "" && !strings.HasPrefix(a.Value, "#"):
			n.outside = append(n.outside, a.Value)
		}
	}
}

// moment is the job's time, zero for now.
func (j Job) moment(t testing.TB) time.Time {
	t.Helper()
	if j.Time == "" {
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339, j.Time)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// pdfsig reads what the program prints: it exits with 0 also for a digest that does not match.
func pdfsig(t testing.TB, job Job) (int, error) {
	nss := "sql:" + t.TempDir()
	if _, err := tool(t, "certutil", "-N", "-d", nss, "--empty-password"); err != nil {
		return 0, err
	}
	for i, file := range append(append([]string{}, job.Trust...), job.Chain...) {
		trust := "C,C,C"
		if i >= len(job.Trust) {
			trust = ",,"
		}
		_, err := tool(t, "certutil", "-A", "-d", nss, "-n", fmt.Sprint(i), "-t", trust,
			"-a", "-i", file)
		if err != nil {
			return 0, err
		}
	}
	args := []string{"-no-ocsp", "-nssdir", nss}
	if job.Time != "" { // the program judges today only: dates are for the other judges
		args = []string{"-nocert"}
	}
	if job.Password != "" {
		args = append(args, "-upw", job.Password)
	}
	out, err := tool(t, "pdfsig", append(args, job.File)...)
	signatures := strings.Count(out, "Signature Validation:")
	switch {
	case signatures == 0:
		return 0, fmt.Errorf("pdfsig: %w: %s", err, out)
	case strings.Count(out, "Signature is Valid.") != signatures:
		return signatures, fmt.Errorf("pdfsig: %s", out)
	}
	return signatures, nil
}

func qpdf(t testing.TB, job Job) (int, error) {
	args := []string{"--check", job.File}
	if job.Password != "" {
		args = append([]string{"--password=" + job.Password}, args...)
	}
	_, err := tool(t, "qpdf", args...)
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() == 3 {
		err = nil // warnings
	}
	return 0, err
}

func opensslCMS(t testing.TB, job Job) (int, error) {
	args := []string{"cms", "-verify", "-binary", "-inform", "DER", "-in", job.File,
		"-out", os.DevNull, "-purpose", "any"}
	if job.Detached != "" {
		args = append(args, "-content", job.Detached)
	}
	_, err := tool(t, "openssl", append(args, opensslTrust(t, job, "-certfile")...)...)
	return 1, err
}

func opensslCertificate(t testing.TB, job Job) (int, error) {
	args := []string{"verify", "-x509_strict", "-purpose", "any"}
	args = append(args, opensslTrust(t, job, "-untrusted")...)
	if len(job.CRL) > 0 {
		args = append(args, "-crl_check_all", "-extended_crl", "-CRLfile", joinFiles(t, job.CRL))
	}
	_, err := tool(t, "openssl", append(args, job.File)...)
	return 1, err
}

// opensslTrust gives roots, further certificates and time.
func opensslTrust(t testing.TB, job Job, extra string) []string {
	t.Helper()
	args := []string{"-CAfile", joinFiles(t, job.Trust)}
	if len(job.Chain) > 0 {
		args = append(args, extra, joinFiles(t, job.Chain))
	}
	if at := job.moment(t); !at.IsZero() {
		args = append(args, "-attime", fmt.Sprint(at.Unix()))
	}
	return args
}

// joinFiles puts PEM files behind each other.
func joinFiles(t testing.TB, files []string) string {
	t.Helper()
	var all []byte
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all = append(append(all, raw...), '\n')
	}
	return WriteFile(t, "joined-*.pem", all)
}

func opensslPKCS12(t testing.TB, job Job) (int, error) {
	_, err := tool(t, "openssl", "pkcs12", "-in", job.File, "-passin", "pass:"+job.Password, "-noout")
	return 0, err
}

func keytool(t testing.TB, job Job) (int, error) {
	_, err := tool(t, "keytool", "-list", "-keystore", job.File, "-storetype", "PKCS12",
		"-storepass", job.Password)
	return 0, err
}
