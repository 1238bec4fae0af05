package pades

import (
	"crypto"
	"encoding/asn1"

	"github.com/rubrica/rubrica/signing/internal/algorithm"
	"github.com/rubrica/rubrica/signing/internal/cms"
)

// A sigKind is the form of a signature by its SubFilter (12.8.3).
type sigKind uint8

const (
	kindUnknown   sigKind = iota
	kindPAdES             // ETSI.CAdES.detached
	kindDetached          // adbe.pkcs7.detached
	kindSHA1              // adbe.pkcs7.sha1: the CMS holds the SHA-1 digest as its content
	kindX509              // adbe.x509.rsa_sha1: no CMS at all
	kindTimestamp         // ETSI.RFC3161
)

func (e *entry) kind() sigKind {
	switch e.found.view.NameOf(e.found.dict, "SubFilter") {
	case "ETSI.CAdES.detached":
		return kindPAdES
	case "adbe.pkcs7.detached":
		return kindDetached
	case "adbe.pkcs7.sha1":
		return kindSHA1
	case "adbe.x509.rsa_sha1":
		return kindX509
	case "ETSI.RFC3161":
		return kindTimestamp
	}
	return kindUnknown
}

// level is the level before time stamps and evidence are looked at.
func (k sigKind) level() string {
	switch k {
	case kindPAdES:
		return "PAdES-BASELINE-B"
	case kindTimestamp:
		return "document-timestamp"
	case kindUnknown:
		return "unknown"
	}
	return "ISO32000-CMS"
}

// judgeKind refuses a SubFilter that says nothing, or contradicts Type.
func (e *entry) judgeKind() {
	kind, v, d := e.kind(), e.found.view, e.found.dict
	if e.found.lost {
		e.refusal = "the document no longer shows this signature"
		return
	}
	name := v.NameOf(d, "Type")
	switch {
	case kind == kindUnknown:
		e.refusal = "the SubFilter " + string(v.NameOf(d, "SubFilter")) + " is not known"
	case kind != kindTimestamp && name == "DocTimeStamp":
		e.refusal = "Type and SubFilter of the signature contradict each other"
	}
}

// contentOf returns what the CMS must be over: the octets of the ranges, their SHA-1 digest, or,
// for a document time stamp, its TSTInfo.
func (e *entry) contentOf() (cms.Content, error) {
	if e.job.err != nil {
		return nil, e.job.err
	}
	attached := e.signed.Attached
	switch e.kind() {
	case kindSHA1:
		whole, ok := e.signed.Whole()
		if !ok || string(whole) != string(e.job.out[crypto.SHA1]) {
			return nil, cms.ErrDigest
		}
		return e.signed, nil
	case kindTimestamp:
		return e.signed, nil
	}
	if attached {
		return nil, &cms.FormatError{What: "a detached signature has its content inside"}
	}
	if !e.signed.ContentType.Equal(asn1.ObjectIdentifier(cms.OIDData)) {
		return nil, &cms.FormatError{What: "the content of the signature is not id-data"}
	}
	if e.job.out == nil {
		return nil, &algorithm.Unsupported{Feature: "digest algorithm of the signature"}
	}
	return e.job.out, nil
}
