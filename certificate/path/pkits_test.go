package path_test

import (
	"context"
	"crypto/x509"
	"encoding/csv"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate"
	"github.com/rubrica/rubrica/certificate/certtest"
	"github.com/rubrica/rubrica/certificate/path"
)

// pkitsTest is a row of the table: NIST's Public Key Interoperability Test Suite, 1.0.1.
type pkitsTest struct {
	number, name string
	certificates []string // anchor first
	lists        []string
	valid        bool
	settings     map[string]string
}

var pkitsSetting = regexp.MustCompile(`Set(\w+)\("?([^")]*)"?\)`)

func readPKITS(t testing.TB) []pkitsTest {
	f, err := os.Open(certtest.Vectors(t, "x509", "pkits.tsv"))
	require.NoError(t, err)
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma, r.Comment, r.LazyQuotes = '\t', 0, true
	rows, err := r.ReadAll()
	require.NoError(t, err)
	var tests []pkitsTest
	for _, row := range rows[1:] {
		test := pkitsTest{number: row[0], name: row[1], certificates: strings.Split(row[2], ","),
			lists: strings.Split(row[3], ","), valid: row[4] == "true",
			settings: map[string]string{}}
		for _, m := range pkitsSetting.FindAllStringSubmatch(row[5], -1) {
			test.settings[m[1]] = m[2]
		}
		tests = append(tests, test)
	}
	require.Len(t, tests, 249)
	return tests
}

// pkitsFiles reads certificates and lists once.
type pkitsFiles struct {
	t            testing.TB
	dir          string
	certificates map[string]*x509.Certificate
	lists        map[string][]byte
}

func newPKITSFiles(t testing.TB) *pkitsFiles {
	return &pkitsFiles{t: t, dir: certtest.Vectors(t, "x509", "pkits"),
		certificates: map[string]*x509.Certificate{}, lists: map[string][]byte{}}
}

func (f *pkitsFiles) certificate(name string) *x509.Certificate {
	if f.certificates[name] == nil {
		der, err := os.ReadFile(filepath.Join(f.dir, "certs", name+".crt"))
		require.NoError(f.t, err)
		c, err := certificate.Parse(der)
		require.NoError(f.t, err, name)
		f.certificates[name] = c
	}
	return f.certificates[name]
}

func (f *pkitsFiles) list(name string) []byte {
	if f.lists[name] == nil {
		der, err := os.ReadFile(filepath.Join(f.dir, "crls", name+".crl"))
		require.NoError(f.t, err)
		f.lists[name] = der
	}
	return f.lists[name]
}

// policies are NIST's names for its test policies.
func pkitsPolicies(value string) []string {
	var oids []string
	for name := range strings.SplitSeq(value, ",") {
		switch {
		case name == "" || name == "anyPolicy":
		default:
			number := strings.TrimPrefix(name, "NIST-test-policy-")
			oids = append(oids, "2.16.840.1.101.3.2.1.48."+number)
		}
	}
	return oids
}

func (f *pkitsFiles) query(test pkitsTest) (*x509.Certificate, path.Query) {
	q := path.Query{Time: time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC), Revocation: path.Required}
	for i, name := range test.certificates {
		switch {
		case i == 0:
			q.Anchors = append(q.Anchors, f.certificate(name))
		case i < len(test.certificates)-1:
			q.Intermediates = append(q.Intermediates, f.certificate(name))
		}
	}
	for _, name := range test.lists {
		q.CRLs = append(q.CRLs, f.list(name))
	}
	q.Policies = pkitsPolicies(test.settings["InitialPolicySet"])
	q.RequireExplicitPolicy = test.settings["InitialExplicitPolicy"] == "true"
	q.InhibitPolicyMapping = test.settings["InitialPolicyMappingInhibit"] == "true"
	q.InhibitAnyPolicy = test.settings["InitialInhibitAnyPolicy"] == "true"
	return f.certificate(test.certificates[len(test.certificates)-1]), q
}

func TestPKITS(t *testing.T) {
	t.Parallel()
	for _, strict := range []bool{false, true} {
		files := newPKITSFiles(t)
		unsupported := 0
		for _, test := range readPKITS(t) {
			leaf, q := files.query(test)
			q.Strict = strict
			r, err := path.Validate(context.Background(), leaf, q)
			require.NoError(t, err)
			if r.Code == path.UnsupportedAlgo {
				assert.Contains(t, r.Message, "DSA", test.number)
				unsupported++
				continue
			}
			assert.Equal(t, test.valid, r.Status == path.Valid, "%s %s strict=%v: %s %s",
				test.number, test.name, strict, r.Code, r.Message)
			if want, ok := test.settings["UserConstrainedPolicySet"]; ok {
				oids := pkitsPolicies(want)
				if want == "anyPolicy" {
					oids = []string{"2.5.29.32.0"}
				}
				slices.Sort(oids)
				got := slices.Clone(r.Policies)
				slices.Sort(got)
				assert.Equal(t, oids, append([]string(nil), got...), "%s %s", test.number, test.name)
			}
		}
		assert.Equal(t, 3, unsupported, "DSA tests")
	}
}
