package cades

import (
	"encoding/asn1"

	"github.com/rubrica/rubrica/signing/internal/cms"
)

// level names what a signature has, by its attributes and not by whether they stand: the baseline
// levels of EN 319 122-1, 6, those of its extended signatures (EN 319 122-2), or "CMS".
func (e *entry) level() string {
	if !e.s.HasSigningCertificateV1() && !e.s.HasSigningCertificateV2() {
		return "CMS"
	}
	has := func(types ...asn1.ObjectIdentifier) bool {
		for _, t := range types {
			if len(cms.Find(e.s.Unsigned, t)) > 0 {
				return true
			}
		}
		return false
	}
	policy := len(cms.Find(e.s.Signed, oidSignaturePolicy)) > 0
	stamped := has(cms.OIDSignatureTimestamp)
	refs := has(oidCertificateRefs) && has(oidRevocationRefs)
	baseline := !e.s.Time.IsZero() && e.ofData() && len(e.j.d.Certificates) > 0 &&
		!policy && !refs && !has(oidArchiveV2, oidCertificateValues, oidRevocationValues)
	switch {
	case !baseline && has(oidArchiveV2, oidArchiveV3):
		return "CAdES-A"
	case !baseline && stamped && refs && has(oidCertificateValues) && has(oidRevocationValues):
		if has(oidEscTimestamp, oidCertCRLTimestamp) {
			return "CAdES-XL"
		}
		return "CAdES-X-L"
	case !baseline && stamped && refs:
		if has(oidEscTimestamp, oidCertCRLTimestamp) {
			return "CAdES-X"
		}
		return "CAdES-C"
	case !baseline && stamped:
		return "CAdES-T"
	case !baseline && policy:
		return "CAdES-EPES"
	case !baseline:
		return "CAdES-BES"
	case stamped && len(e.j.d.CRLs) > 0 && has(oidArchiveV3):
		return "CAdES-BASELINE-LTA"
	case stamped && len(e.j.d.CRLs) > 0:
		return "CAdES-BASELINE-LT"
	case stamped:
		return "CAdES-BASELINE-T"
	}
	return "CAdES-BASELINE-B"
}

// ofData says whether the content is of type id-data, as the baseline levels want it
// (EN 319 122-1, 6.3); a counter-signature has no type.
func (e *entry) ofData() bool {
	return e.out.Parent != "" || e.j.d.ContentType.Equal(cms.OIDData)
}
