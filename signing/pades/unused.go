package pades

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"

	"github.com/rubrica/rubrica/certificate"
	"github.com/rubrica/rubrica/signing"
)

// maxUnused bounds the unused certificates that are held against the path: each may cost a signature.
const maxUnused = 16

// nameUnused tells of certificates in the CMS that are not on the path, once there is one: nothing
// protects them. One that must have been damaged makes the signature doubtful: who changed it may
// have wanted another path.
func (e *entry) nameUnused(s *signing.Signature) {
	if e.signed == nil || len(s.Chain) == 0 {
		return
	}
	unused, damaged := 0, 0
	for _, der := range e.signed.Certificates {
		if onPath(s.Chain, der) {
			continue
		}
		if unused++; unused <= maxUnused && damagedBeside(s.Chain, der) {
			damaged++
		}
	}
	if unused > 0 {
		s.AddFinding(signing.SeverityInfo, "unused-certificates",
			fmt.Sprintf("%d of the certificates in the signature are not on the path of its signer", unused))
	}
	if damaged == 0 {
		return
	}
	s.AddFinding(signing.SeverityError, "not-conformant",
		fmt.Sprintf("%d of the certificates in the signature are not what their issuer signed", damaged))
	if s.Indication == signing.TotalPassed {
		s.Indication, s.SubIndication = signing.Indeterminate, signing.SigConstraintsFailure
	}
}

func onPath(chain []*x509.Certificate, der []byte) bool {
	for _, c := range chain {
		if bytes.Equal(c.Raw, der) {
			return true
		}
	}
	return false
}

// damagedBeside reports whether a certificate cannot be what was issued: it says of itself that it
// is one of the path, or was issued by one of it, and is not.
func damagedBeside(chain []*x509.Certificate, der []byte) bool {
	c, err := certificate.Parse(der)
	if err != nil {
		return len(der) > 0 && der[0] == 0x30 // else another kind of certificate (RFC 5652, 10.2.2)
	}
	issued, held := false, false
	for _, p := range chain {
		if bytes.Equal(p.RawIssuer, c.RawIssuer) && p.SerialNumber.Cmp(c.SerialNumber) == 0 {
			return true
		}
		if bytes.Equal(p.RawSubject, c.RawIssuer) && len(c.AuthorityKeyId) > 0 &&
			bytes.Equal(p.SubjectKeyId, c.AuthorityKeyId) {
			issued = true
			held = held || mayHold(p.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature))
		}
	}
	return issued && !held
}

// mayHold reports whether a signature holds, or is of a kind that is not checked.
func mayHold(err error) bool {
	_, insecure := errors.AsType[x509.InsecureAlgorithmError](err)
	return err == nil || insecure || errors.Is(err, x509.ErrUnsupportedAlgorithm)
}
