package syntax

import (
	"bytes"
	"time"

	"github.com/rubrica/rubrica/certificate/internal/der"
)

// RevokedCertificate is an entry of a list, RFC 5280, 5.1.2.6 and 5.3.
type RevokedCertificate struct {
	Serial       []byte // contents octets
	RevokedAt    time.Time
	Reason       int       // CRLReason, 0 (unspecified) when absent
	InvalidSince time.Time // invalidityDate, zero when absent
	Issuer       Name      // certificateIssuer that applies, nil: the list's issuer
}

// RemoveFromCRL is the reason code that takes an entry back in a delta list.
const RemoveFromCRL = 8

const entryField = "tbsCertList.revokedCertificates"

// Len returns the number of entries.
func (l *CertificateList) Len() int { return l.count }

// checkEntries walks over all entries once. Those of the usual form, without extensions or with a
// reason code alone, are recognised by their octets; the reader takes the others.
func (l *CertificateList) checkEntries(entries der.Reader) {
	for !entries.Empty() {
		if size := plainEntry(entries.Rest()); size > 0 && l.Version == 2 {
			entries.Skip(size)
			l.count++
			continue
		}
		e := l.readEntry(&entries)
		if e.Issuer != nil {
			l.Indirect = true
		}
		l.count++
	}
}

// plainEntry returns the size of the entry that b begins with when it is
//
//	SEQUENCE { INTEGER, UTCTime [, SEQUENCE { SEQUENCE { reasonCode, OCTET STRING { ENUMERATED }}}] }
//
// in short form lengths, and 0 when the reader must look.
func plainEntry(b []byte) int {
	if len(b) < 2 || b[0] != byte(der.Sequence) || b[1] >= 0x80 {
		return 0
	}
	size := int(b[1]) + 2
	if size > len(b) || size < 20 {
		return 0
	}
	e := b[2:size]
	n := int(e[1])
	if e[0] != byte(der.Integer) || n == 0 || n >= 0x80 || len(e) < n+17 {
		return 0
	}
	if n > 1 && (e[2] == 0 && e[3] < 0x80 || e[2] == 0xff && e[3] >= 0x80) {
		return 0
	}
	e = e[n+2:]
	if e[0] != byte(der.UTCTime) || e[1] != 13 || !plainTime(e[2:15]) {
		return 0
	}
	switch e = e[15:]; {
	case len(e) == 0:
		return size
	case len(e) == 14 && string(e[:13]) == reasonCodePrefix && e[13] < 0x80:
		return size
	}
	return 0
}

// reasonCodePrefix is Extensions { Extension { id-ce-cRLReasons, OCTET STRING { ENUMERATED, of one
// octet that follows and is not negative.
const reasonCodePrefix = "\x30\x0c\x30\x0a\x06\x03\x55\x1d\x15\x04\x03\x0a\x01"

// plainTime reports whether 13 octets are a UTCTime that surely exists; 29 to 31 of a month are
// left to the reader.
func plainTime(b []byte) bool {
	_ = b[12]
	bad := byte(0)
	for _, c := range b[:12] {
		bad |= (c - '0') | (9 - (c - '0'))
	}
	if bad >= 0x80 || b[12] != 'Z' {
		return false
	}
	pair := func(i int) int { return int(b[i]-'0')*10 + int(b[i+1]-'0') }
	month, day := pair(2), pair(4)
	return month-1 < 12 && month > 0 && day > 0 && day <= 28 && pair(6) < 24 && pair(8) < 60 &&
		pair(10) < 60
}

// readEntry reads one entry in full.
func (l *CertificateList) readEntry(entries *der.Reader) (e RevokedCertificate) {
	one := entries.Read(entryField, der.Sequence)
	e.Serial = one.Integer(entryField + ".userCertificate")
	e.RevokedAt = l.readTime(&one, entryField+".revocationDate")
	if !one.Empty() {
		if l.Version != 2 {
			one.Fail(entryField, "entry extensions in a list that is not version 2")
		}
		for _, x := range ReadExtensions(&one, entryField+".crlEntryExtensions") {
			l.readEntryExtension(x, &e, &one)
		}
	}
	one.End(entryField)
	return e
}

func (l *CertificateList) readEntryExtension(x Extension, e *RevokedCertificate, one *der.Reader) {
	r := der.At(x.Value, x.Offset)
	id := byte(0)
	if len(x.OID) == 3 && x.OID[0] == 0x55 && x.OID[1] == 0x1d {
		id = x.OID[2]
	}
	switch id {
	case 21:
		e.Reason = r.ImplicitSmall("reasonCode", der.Enumerated, 255)
	case 23:
		r.OID("holdInstructionCode")
	case 24:
		e.InvalidSince = r.GeneralTime("invalidityDate")
	case 29:
		e.Issuer = readCertificateIssuer(&r)
	default:
		l.UnknownCritical = l.UnknownCritical || x.Critical
		return
	}
	r.End("crlEntryExtensions")
	if err := r.Err(); err != nil {
		syntax := err.(*der.SyntaxError)
		one.FailAt(syntax.Field, syntax.Offset, syntax.Problem)
	}
}

// readCertificateIssuer returns the directory name among the names of the extension.
func readCertificateIssuer(r *der.Reader) Name {
	for _, g := range readNames(r, "certificateIssuer") {
		if g.Form == DirectoryName {
			return g.Value
		}
	}
	r.Fail("certificateIssuer", "no directory name")
	return nil
}

// Entries calls yield for each entry in order until it says false. Issuer is set on every entry
// of an indirect list to which a certificateIssuer applies (RFC 5280, 5.3.3).
func (l *CertificateList) Entries(yield func(RevokedCertificate) bool) {
	reading := l.entries
	var issuer Name
	scratch := &CertificateList{Version: l.Version}
	for !reading.Empty() {
		e := scratch.readEntry(&reading)
		if e.Issuer != nil {
			issuer = e.Issuer
		}
		e.Issuer = issuer
		if reading.Failed() || !yield(e) {
			return
		}
	}
}

// Find returns the last entry about the certificate with that serial number (contents octets) of
// that issuer. Nothing is allocated for the entries passed over.
func (l *CertificateList) Find(issuer Name, serial []byte) (found RevokedCertificate, ok bool) {
	current, mine := l.Issuer, l.Issuer.Equal(issuer)
	if l.ready() {
		if !mine {
			return found, false
		}
		return l.findIndexed(serial)
	}
	reading := l.entries
	scratch := &CertificateList{Version: l.Version}
	for !reading.Empty() {
		b := reading.Rest()
		if size := plainEntry(b); size > 0 {
			if mine && int(b[3]) == len(serial) && bytes.Equal(b[4:4+len(serial)], serial) {
				found, ok = scratch.readEntry(&reading), true
				found.Issuer = current
				continue
			}
			reading.Skip(size)
			continue
		}
		e := scratch.readEntry(&reading)
		if e.Issuer != nil && !e.Issuer.Equal(current) {
			current, mine = e.Issuer, e.Issuer.Equal(issuer)
		}
		if mine && bytes.Equal(e.Serial, serial) && !reading.Failed() {
			found, ok = e, true
			found.Issuer = current
		}
	}
	return found, ok
}
