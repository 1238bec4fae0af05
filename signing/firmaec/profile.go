package firmaec

import (
	"crypto"
	"time"

	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/pades"
)

// Basic is the profile of a signature as FirmaEC makes it by default: plain CMS with SHA-512. at is
// the time of signing, which FirmaEC takes from its server and never from the signer's computer.
// Reason, location and stamp are the caller's to fill in.
func Basic(at time.Time) pades.Profile {
	return pades.Profile{Time: at, Form: pades.FormISO32000, Hash: crypto.SHA512}
}

// Enhanced is [Basic] with a time stamp (RFC 3161).
func Enhanced(at time.Time, t signing.Timestamper) pades.Profile {
	p := Basic(at)
	p.Level, p.Timestamper = signing.LevelT, t
	return p
}

// LTV is [Enhanced] with the chain and its revocation status in the document (DSS, ISO 32000-2,
// 12.8.4.3). v says where the evidence comes from, and when it is judged.
func LTV(at time.Time, t signing.Timestamper, v signing.Validation) pades.Profile {
	p := Enhanced(at, t)
	p.Level, p.Validation = signing.LevelLT, v
	return p
}
