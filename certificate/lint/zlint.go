package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/zmap/zcrypto/x509"
	"github.com/zmap/zlint/v3"
	"github.com/zmap/zlint/v3/lint"
	"golang.org/x/crypto/ocsp"

	"github.com/rubrica/rubrica/certificate"
)

// Linter asks zlint. Make one with [New]; safe for concurrent use.
type Linter struct{ registry lint.Registry }

var _ certificate.Linter = (*Linter)(nil)

// New returns a linter with the rules that concern certificates for signatures.
func New() (*Linter, error) {
	registry, err := lint.GlobalRegistry().Filter(
		lint.FilterOptions{IncludeSources: lint.SourceList{
			lint.RFC3279, lint.RFC5280, lint.RFC5480, lint.RFC5891, lint.RFC6960, lint.RFC8813, lint.EtsiEsi,
		}},
	)
	if err != nil {
		return nil, fmt.Errorf("lint: %w", err)
	}
	return &Linter{registry}, nil
}

// Lint returns what the rules find in a certificate, ordered by name.
func (l *Linter) Lint(der []byte) ([]certificate.Finding, error) {
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("lint: certificate: %w", err)
	}
	return findings(zlint.LintCertificateEx(cert, l.registry)), nil
}

// LintList returns what the rules find in a CRL.
func (l *Linter) LintList(der []byte) ([]certificate.Finding, error) {
	list, err := x509.ParseRevocationList(der)
	if err != nil {
		return nil, fmt.Errorf("lint: revocation list: %w", err)
	}
	return findings(zlint.LintRevocationListEx(list, l.registry)), nil
}

// LintOCSP returns what the rules find in an OCSP answer.
func (l *Linter) LintOCSP(der []byte) ([]certificate.Finding, error) {
	answer, err := ocsp.ParseResponse(der, nil)
	if err != nil {
		return nil, fmt.Errorf("lint: OCSP answer: %w", err)
	}
	return findings(zlint.LintOcspResponseEx(answer, l.registry)), nil
}

func findings(results *zlint.ResultSet) []certificate.Finding {
	var found []certificate.Finding
	for name, result := range results.Results {
		f := certificate.Finding{
			Lint:   name,
			Source: string(result.LintMetadata.Source),
			Detail: result.Details,
		}
		switch result.Status {
		case lint.Notice:
			f.Severity = certificate.Notice
		case lint.Warn:
			f.Severity = certificate.Warning
		case lint.Error, lint.Fatal:
			f.Severity = certificate.Error
		default:
			continue
		}
		if f.Detail == "" {
			f.Detail = result.LintMetadata.Description
		}
		found = append(found, f)
	}
	slices.SortFunc(found,
		func(a, b certificate.Finding) int { return strings.Compare(a.Lint, b.Lint) })
	return found
}
