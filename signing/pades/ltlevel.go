package pades

import (
	"bytes"
	"crypto/x509"

	"github.com/rubrica/rubrica/certificate/crl"
	"github.com/rubrica/rubrica/certificate/ocsp"
)

// maxLTPath bounds the certificates between a signer and a root that are looked at.
const maxLTPath = 16

// provable reports whether there is evidence about the revocation of a signer and of each authority
// above him, as far as their certificates are known, the root aside (EN 319 142-1, 6.3, level LT).
// What the evidence says, and whether it can be trusted, is not asked here.
func provable(signer *x509.Certificate, known []*x509.Certificate, crls, ocsps [][]byte) bool {
	if signer == nil {
		return false
	}
	index := newStatusIndex(crls, ocsps)
	for at, n := signer, 0; at != nil && n < maxLTPath; n++ {
		if bytes.Equal(at.RawIssuer, at.RawSubject) {
			return true
		}
		if !index.speaksOf(at) {
			return false
		}
		var above *x509.Certificate
		for _, c := range known {
			if bytes.Equal(c.RawSubject, at.RawIssuer) && !c.Equal(at) {
				above = c
				break
			}
		}
		at = above
	}
	return true
}

// A statusIndex says which certificates lists and responses speak of.
type statusIndex struct {
	issuers map[string]bool // names of lists
	serials map[string]bool // in responses
}

func newStatusIndex(crls, ocsps [][]byte) *statusIndex {
	x := &statusIndex{issuers: map[string]bool{}, serials: map[string]bool{}}
	for _, der := range crls {
		if list, err := crl.Parse(der); err == nil {
			x.issuers[string(list.RawIssuer())] = true
		}
	}
	for _, der := range ocsps {
		response, err := ocsp.Parse(der)
		if err != nil {
			continue
		}
		for _, s := range response.Singles() {
			if s.Serial != nil {
				x.serials[s.Serial.String()] = true
			}
		}
	}
	return x
}

func (x *statusIndex) speaksOf(c *x509.Certificate) bool {
	return x.issuers[string(c.RawIssuer)] || x.serials[c.SerialNumber.String()]
}
