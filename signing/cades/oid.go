package cades

import "encoding/asn1"

func arc(n ...int) asn1.ObjectIdentifier { return n }

// Unsigned attributes of ETSI EN 319 122-1 and TS 101 733, and RFC 5126.
var (
	oidArchiveV2   = arc(1, 2, 840, 113549, 1, 9, 16, 2, 48)
	oidArchiveV3   = arc(0, 4, 0, 1733, 2, 4)
	oidHashIndex   = arc(0, 4, 0, 1733, 2, 5)  // ats-hash-index of TS 101 733
	oidHashIndexV2 = arc(0, 4, 0, 19122, 1, 4) // of the first drafts of EN 319 122-1
	oidHashIndexV3 = arc(0, 4, 0, 19122, 1, 5)

	oidCertificateRefs   = arc(1, 2, 840, 113549, 1, 9, 16, 2, 21)
	oidRevocationRefs    = arc(1, 2, 840, 113549, 1, 9, 16, 2, 22)
	oidCertificateValues = arc(1, 2, 840, 113549, 1, 9, 16, 2, 23)
	oidRevocationValues  = arc(1, 2, 840, 113549, 1, 9, 16, 2, 24)
	oidEscTimestamp      = arc(1, 2, 840, 113549, 1, 9, 16, 2, 25) // CAdES-C time stamp
	oidCertCRLTimestamp  = arc(1, 2, 840, 113549, 1, 9, 16, 2, 26)

	oidSignaturePolicy = arc(1, 2, 840, 113549, 1, 9, 16, 2, 15)
)
