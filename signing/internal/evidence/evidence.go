// Package evidence collects what a signature must carry to be judged later without a network:
// the paths of its signer and of its time-stamping authorities, and what was said about the
// revocation of each certificate on them (ETSI EN 319 102-1, 5.6; the levels LT of the formats).
package evidence

import (
	"bytes"
	"context"
	"crypto/x509"
	"fmt"
	"slices"

	"github.com/rubrica/rubrica/certificate/path"
	"github.com/rubrica/rubrica/signing"
)

// Set is evidence: certificates and the lists and responses about them, in DER.
type Set struct {
	Certificates []*x509.Certificate
	CRLs, OCSPs  [][]byte
}

// MissingError says that a certificate cannot be proven good: give what is missing in
// signing.Validation, or allow fetching.
type MissingError struct {
	Subject string // of the certificate whose path or status is missing; not in the message
	Code    string // of the path's verdict, such as no-chain or revocation-unknown
	Why     string
}

func (e *MissingError) Error() string {
	return fmt.Sprintf("no sufficient evidence for a certificate: %s (%s)", e.Why, e.Code)
}

// Gather validates the path of each leaf at v.Time, revocation required, and returns what decided:
// the certificates of the paths, the leaf and the anchor included, and the lists and responses.
// have is evidence at hand beside that in v. Errors: [*MissingError], the context's.
func Gather(ctx context.Context, leaves []*x509.Certificate, have Set,
	v signing.Validation) (*Set, error) {
	out, memory := &Set{}, &path.Memory{}
	for i, leaf := range leaves {
		if slices.ContainsFunc(leaves[:i], leaf.Equal) {
			continue
		}
		r, err := path.Validate(ctx, leaf, path.Query{
			Anchors: v.Anchors,
			Intermediates: append(append([]*x509.Certificate(nil), v.Certificates...),
				have.Certificates...),
			CRLs:  append(append([][]byte(nil), v.CRLs...), have.CRLs...),
			OCSPs: append(append([][]byte(nil), v.OCSPs...), have.OCSPs...),
			Time:  v.Time, Revocation: path.Required, Fetcher: v.Fetcher, Memory: memory,
			Algorithms: path.Algorithms{AllowSHA1: v.Policy.AllowSHA1,
				MinRSABits: v.Policy.MinRSABits},
		})
		if err != nil {
			return nil, err
		}
		if r.Status != path.Valid {
			return nil, &MissingError{Subject: leaf.Subject.String(), Code: string(r.Code),
				Why: r.Message}
		}
		out.add(r)
	}
	return out, nil
}

func (s *Set) hasPath(leaf *x509.Certificate) bool {
	for _, c := range s.Certificates {
		if bytes.Equal(c.Raw, leaf.Raw) {
			return true
		}
	}
	return false
}

// add takes what decided: the path, and for each certificate on it the list or response, the
// delta that completed it, and who signed it.
func (s *Set) add(r *path.Result) {
	for i, c := range r.Chain {
		s.addCertificate(c)
		if i >= len(r.Revocation) {
			continue
		}
		e := r.Revocation[i]
		s.addSource(e.Source)
		s.addSource(e.Delta)
		if e.Signer != nil && len(e.Source) > 0 {
			s.addCertificate(e.Signer)
		}
	}
}

func (s *Set) addCertificate(c *x509.Certificate) {
	if !s.hasPath(c) {
		s.Certificates = append(s.Certificates, c)
	}
}

func (s *Set) addSource(der []byte) {
	switch {
	case len(der) == 0:
	case IsOCSP(der):
		s.OCSPs = appendNew(s.OCSPs, der)
	default:
		s.CRLs = appendNew(s.CRLs, der)
	}
}

func appendNew(list [][]byte, der []byte) [][]byte {
	for _, have := range list {
		if bytes.Equal(have, der) {
			return list
		}
	}
	return append(list, der)
}

// IsOCSP tells an OCSPResponse, which begins with an ENUMERATED, from a CertificateList, which
// begins with a SEQUENCE (RFC 6960, 4.2.1; RFC 5280, 5.1).
func IsOCSP(der []byte) bool {
	if len(der) < 2 || der[0] != 0x30 {
		return false
	}
	n := 2
	if der[1] > 0x80 {
		n += int(der[1] & 0x7f)
	}
	return n < len(der) && der[n] == 0x0a
}
