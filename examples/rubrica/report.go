package main

import (
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"io"
	"time"

	"github.com/rubrica/rubrica/signing"
)

// The JSON of verify. Names and words are a contract.
type (
	fileJSON struct {
		File       string          `json:"file"`
		Format     string          `json:"format"`
		Status     signing.Status  `json:"status"`
		Code       string          `json:"code"`
		Message    string          `json:"message"`
		Signatures []signatureJSON `json:"signatures"`
	}
	signatureJSON struct {
		ID            string                `json:"id"`
		Parent        string                `json:"parent"`
		Level         string                `json:"level"`
		Indication    signing.Indication    `json:"indication"`
		SubIndication signing.SubIndication `json:"subindication"`
		Crypto        signing.Crypto        `json:"crypto"`
		CertBinding   signing.Binding       `json:"certBinding"`
		Trust         signing.Trust         `json:"trust"`
		Coverage      signing.Coverage      `json:"coverage"`
		Revision      int                   `json:"revision"`
		Modifications []modificationJSON    `json:"modifications"`
		Signed        []signedJSON          `json:"signed"`
		Signer        signerJSON            `json:"signer"`
		Time          timeJSON              `json:"time"`
		Timestamps    []timestampJSON       `json:"timestamps"`
		Findings      []findingJSON         `json:"findings"`
	}
	modificationJSON struct {
		Class   signing.ModificationClass `json:"class"`
		Object  string                    `json:"object"`
		Allowed bool                      `json:"allowed"`
		Why     string                    `json:"why"`
		Spanish string                    `json:"whyEs"`
		Path    string                    `json:"path"`
	}
	signedJSON struct {
		ID     string `json:"id"`
		Path   string `json:"path"`
		SHA256 string `json:"c14n_sha256"`
	}
	signerJSON struct {
		Subject  string       `json:"subject"`
		Issuer   string       `json:"issuer"`
		Serial   string       `json:"serial"`
		Identity identityJSON `json:"identity"`
	}
	identityJSON struct {
		Cedula string `json:"cedula"`
		RUC    string `json:"ruc"`
		Name   string `json:"name"`
	}
	timeJSON struct {
		Claimed string `json:"claimed"`
		Proven  string `json:"proven"`
	}
	timestampJSON struct {
		Kind   signing.TimestampKind `json:"kind"`
		Crypto signing.Crypto        `json:"crypto"`
		Time   string                `json:"time"`
		Trust  signing.Trust         `json:"trust"`
	}
	findingJSON struct {
		Code     string           `json:"code"`
		Message  string           `json:"message"`
		Severity signing.Severity `json:"severity"`
	}
)

func fileAnswer(file string, r *signing.Report) fileJSON {
	out := fileJSON{File: file, Format: r.Format, Status: r.Status(), Signatures: []signatureJSON{}}
	for i := range r.Signatures {
		out.Signatures = append(out.Signatures, signatureAnswer(&r.Signatures[i]))
	}
	out.Code, out.Message = headline(r)
	return out
}

// headline is the reason of the first signature that decides a status other than valid.
func headline(r *signing.Report) (code, message string) {
	wanted := signing.Indeterminate
	switch r.Status() {
	case signing.StatusValid:
		return "", ""
	case signing.StatusInvalid:
		wanted = signing.TotalFailed
	}
	for _, s := range r.Signatures {
		if s.Indication != wanted {
			continue
		}
		message = string(s.SubIndication)
		for _, f := range s.Findings {
			if f.Severity == signing.SeverityError {
				return string(s.SubIndication), f.Message
			}
		}
		return string(s.SubIndication), message
	}
	return "", ""
}

func signatureAnswer(s *signing.Signature) signatureJSON {
	out := signatureJSON{
		ID: s.ID, Parent: s.Parent, Level: s.Level,
		Indication: s.Indication, SubIndication: s.SubIndication,
		Crypto: s.Crypto, CertBinding: s.Binding, Trust: s.Trust,
		Coverage: s.Coverage, Revision: s.Revision,
		Modifications: []modificationJSON{}, Signed: []signedJSON{},
		Signer: signerAnswer(s.Signer), Timestamps: []timestampJSON{},
		Findings: findingAnswers(s.Findings),
		Time:     timeJSON{Claimed: timeText(s.ClaimedTime), Proven: timeText(s.ProvenTime)},
	}
	for _, m := range s.Modifications {
		out.Modifications = append(out.Modifications, modificationJSON(m))
	}
	for _, d := range s.Signed {
		out.Signed = append(out.Signed,
			signedJSON{ID: d.ID, Path: d.Path, SHA256: hex.EncodeToString(d.SHA256[:])})
	}
	for _, t := range s.Timestamps {
		out.Timestamps = append(out.Timestamps,
			timestampJSON{Kind: t.Kind, Crypto: t.Crypto, Time: timeText(t.Time), Trust: t.Trust})
		out.Findings = append(out.Findings, findingAnswers(t.Findings)...)
	}
	return out
}

func findingAnswers(findings []signing.Finding) []findingJSON {
	out := []findingJSON{}
	for _, f := range findings {
		out = append(out, findingJSON(f))
	}
	return out
}

func signerAnswer(c *x509.Certificate) signerJSON {
	if c == nil {
		return signerJSON{}
	}
	out := signerJSON{Subject: c.Subject.String(), Issuer: c.Issuer.String(),
		Identity: identityAnswer(c)}
	if c.SerialNumber != nil {
		out.Serial = c.SerialNumber.String()
	}
	return out
}

func timeText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339)
}

// printReport tells a report to a person.
func printReport(w io.Writer, file string, r *signing.Report) {
	fmt.Fprintf(w, "%s: %s (%s, %d signatures)\n", file, r.Status(), r.Format, len(r.Signatures))
	for i := range r.Signatures {
		printSignature(w, &r.Signatures[i])
	}
}

func printSignature(w io.Writer, s *signing.Signature) {
	fmt.Fprintf(w, "  %s  %s", s.ID, s.Indication)
	if s.SubIndication != "" {
		fmt.Fprintf(w, " (%s)", s.SubIndication)
	}
	fmt.Fprintf(w, "  %s\n    crypto %s, certificate binding %s, trust %s, coverage %s\n",
		s.Level, s.Crypto, s.Binding, s.Trust, s.Coverage)
	if s.Signer != nil {
		fmt.Fprintf(w, "    signed by %s\n", s.Signer.Subject)
		if id := identityAnswer(s.Signer); id.Cedula != "" || id.RUC != "" {
			fmt.Fprintf(w, "    identity: %s, cédula %s, RUC %s\n", id.Name, id.Cedula, id.RUC)
		}
	}
	if !s.ClaimedTime.IsZero() {
		fmt.Fprintf(w, "    claimed time %s\n", timeText(s.ClaimedTime))
	}
	for _, t := range s.Timestamps {
		fmt.Fprintf(w, "    %s time stamp %s: %s, trust %s\n",
			t.Kind, timeText(t.Time), t.Crypto, t.Trust)
	}
	for _, d := range s.Signed {
		fmt.Fprintf(w, "    signed: %s %s\n", d.Path, d.ID)
	}
	for _, m := range s.Modifications {
		fmt.Fprintf(w, "    changed later: %s %s, allowed %v: %s\n",
			m.Class, m.Object, m.Allowed, m.Why)
	}
	for _, f := range s.Findings {
		fmt.Fprintf(w, "    %s %s: %s\n", f.Severity, f.Code, f.Message)
	}
}
