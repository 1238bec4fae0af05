package main

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/rubrica/rubrica/certificate"
	"github.com/rubrica/rubrica/signing"
)

// maxEvidenceFile bounds certificates, lists and answers given as files: the largest lists of
// public authorities are about 50 MB.
const maxEvidenceFile = 256 << 20

// readFile reads a bounded file, also one whose size nobody can tell before (a pipe, a device).
func readFile(name string, most int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if size := info.Size(); info.Mode().IsRegular() && size <= most {
		out.Grow(int(size) + bytes.MinRead)
	}
	n, err := out.ReadFrom(io.LimitReader(f, most+1))
	if err == nil && n > most {
		return nil, fmt.Errorf("%s: %w", name, errTooLarge)
	}
	return out.Bytes(), err
}

// tooLarge says that a file is larger than its kind may be.
type tooLarge struct{}

var errTooLarge tooLarge

func (tooLarge) Error() string      { return "the file is larger than its kind may be" }
func (tooLarge) Code() signing.Code { return signing.CodeLimitExceeded }

// readDER reads a file that is one DER value, or any number of PEM blocks, of which keys are passed
// over.
func readDER(name string) ([][]byte, error) {
	raw, err := readFile(name, maxEvidenceFile)
	if err != nil {
		return nil, err
	}
	if !bytes.Contains(raw, []byte("-----BEGIN ")) {
		return [][]byte{raw}, nil
	}
	var all [][]byte
	for block, rest := pem.Decode(raw); block != nil; block, rest = pem.Decode(rest) {
		if !strings.HasSuffix(block.Type, " KEY") && !strings.HasSuffix(block.Type, " PARAMETERS") {
			all = append(all, block.Bytes)
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s: no PEM block can be read", name)
	}
	return all, nil
}

func readAllDER(names []string) ([][]byte, error) {
	var all [][]byte
	for _, name := range names {
		some, err := readDER(name)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

func readCertificates(names []string) ([]*x509.Certificate, error) {
	var all []*x509.Certificate
	for _, name := range names {
		blocks, err := readDER(name)
		if err != nil {
			return nil, err
		}
		for _, der := range blocks {
			c, err := certificate.Parse(der)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			all = append(all, c)
		}
	}
	return all, nil
}

// evidenceOptions are the options that name certificates and status.
type evidenceOptions struct {
	trust, intermediate, crl, ocsp *[]string
	time                           *string
}

func (c *call) evidence() evidenceOptions {
	return evidenceOptions{
		trust:        c.list("trust", "a trusted certificate, PEM or DER; repeatable"),
		intermediate: c.list("intermediate", "a certificate that helps to build paths; repeatable"),
		crl:          c.list("crl", "a revocation list; repeatable"),
		ocsp:         c.list("ocsp", "an OCSP response; repeatable"),
		time:         c.flags.String("time", "", "the time of judging, RFC 3339; default now"),
	}
}

// evidence is what the options name, read.
type evidence struct {
	trust, intermediate []*x509.Certificate
	crls, ocsps         [][]byte
	time                time.Time
}

func (o evidenceOptions) read(now func() time.Time) (e evidence, err error) {
	if e.trust, err = readCertificates(*o.trust); err != nil {
		return e, err
	}
	if e.intermediate, err = readCertificates(*o.intermediate); err != nil {
		return e, err
	}
	if e.crls, err = readAllDER(*o.crl); err != nil {
		return e, err
	}
	if e.ocsps, err = readAllDER(*o.ocsp); err != nil {
		return e, err
	}
	e.time, err = parseTime(*o.time, now)
	return e, err
}

// parseTime reads an RFC 3339 time; empty means now.
func parseTime(s string, now func() time.Time) (time.Time, error) {
	if s == "" {
		return now(), nil
	}
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return at, fmt.Errorf("--time takes an RFC 3339 time such as 2024-06-01T00:00:00Z, not %q", s)
	}
	return at, nil
}
