package certificate_test

import (
	"bytes"
	"crypto/x509"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/rubrica/rubrica/certificate"
	"github.com/rubrica/rubrica/certificate/certtest"
)

// TestParseAgainstStrictDER changes certificates at random and asks a strict DER reader about each
// that we read: it must be DER, and crypto/x509 must see the same where it reads it too.
func TestParseAgainstStrictDER(t *testing.T) {
	t.Parallel()
	count := 150
	if certtest.Full() {
		count = 5000
	}
	r := rand.New(rand.NewPCG(690, 5280))
	pki := certtest.NewPKI(t, certtest.P256)
	leaf := pki.TSA(t, certtest.Template{Kind: certtest.P256, Change: func(c *x509.Certificate) {
		c.DNSNames, c.OCSPServer = []string{"a.example"}, []string{"http://ocsp.example"}
		c.CRLDistributionPoints = []string{"http://crl.example"}
	}})
	seeds := [][]byte{pki.Root.Certificate.Raw, pki.Sub.Certificate.Raw, leaf.Certificate.Raw}
	var jobs []certtest.Job
	read := 0
	for tries := 0; len(jobs) < count && tries < 200*count; tries++ {
		der := bytes.Clone(seeds[r.IntN(len(seeds))])
		for range 1 + r.IntN(2) {
			// Not in the signature, where any bits will do.
			if at := r.IntN(len(der) - 70); !leftAlone(der, at) {
				der[at] ^= byte(1 << r.IntN(8))
			}
		}
		c, err := certificate.Parse(der)
		if err != nil {
			continue
		}
		read++
		if theirs, err := x509.ParseCertificate(der); err == nil {
			assert.Equal(t, theirs.SerialNumber, c.SerialNumber)
			assert.Equal(t, theirs.NotAfter, c.NotAfter)
			assert.Equal(t, theirs.IsCA, c.IsCA)
			assert.Equal(t, theirs.DNSNames, c.DNSNames)
		}
		jobs = append(jobs, certtest.Job{File: certtest.WriteFile(t, "*.crt", der)})
	}
	if testing.Short() {
		return
	}
	refused := map[string]int{}
	for i, line := range certtest.Judge(t, "cert", "der", jobs...) {
		if !line.Accepted {
			refused[line.Error]++
			if !tolerable(line.Error) {
				der, _ := os.ReadFile(jobs[i].File)
				t.Errorf("%s: %s: %x", jobs[i].File, line.Error, der)
			}
		}
	}
	t.Logf("%d changed certificates read; refused by the strict reader: %v", read, refused)
}

// leftAlone reports whether an octet lies where the two readers differ for known reasons:
// addresses, which the strict one spells in its own way; key usages, whose zero bits at the end we
// tolerate; parameters of algorithms, which may be anything until the algorithm is known.
func leftAlone(der []byte, at int) bool {
	around := der[max(0, at-20) : at+20]
	for _, mark := range []string{".example", "\x55\x1d\x0f", "\x2a\x86\x48\xce\x3d"} {
		if bytes.Contains(around, []byte(mark)) {
			return true
		}
	}
	return false
}

// tolerable are complaints that are not about DER: characters and types of the values in names,
// which may be any (RFC 5280, 4.1.2.4).
func tolerable(complaint string) bool {
	return strings.Contains(complaint, "codec can't decode") ||
		strings.Contains(complaint, "asn1crypto.x509.NameTypeAndValue")
}
