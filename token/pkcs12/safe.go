package pkcs12

import (
	"encoding/asn1"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

var (
	oidData            = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}
	oidSignedData      = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}
	oidEnvelopedData   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 3}
	oidEncryptedData   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 6}
	oidKeyBag          = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12, 10, 1, 1}
	oidShroudedKeyBag  = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12, 10, 1, 2}
	oidCertBag         = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12, 10, 1, 3}
	oidSafeContentsBag = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12, 10, 1, 6}
	oidFriendlyName    = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 20}
	oidLocalKeyID      = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 21}
	oidX509Certificate = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 22, 1}
)

const (
	maxBags       = 1000 // keys and certificates; a file with every authority of a country has 100
	maxBagNesting = 4    // SafeContents within SafeContents; nobody needs one
)

const tagBMPString = cbasn1.Tag(30)

var (
	tagContext0  = cbasn1.Tag(0).ContextSpecific().Constructed()
	tagImplicit0 = cbasn1.Tag(0).ContextSpecific()
)

// bag is a key or certificate as it lies in the file.
type bag struct {
	der   []byte      // PrivateKeyInfo, EncryptedPrivateKeyInfo's content, or Certificate
	open  *decryption // of a shrouded key
	alias string
	id    []byte
}

// sealed is an EncryptedData that waits for the password.
type sealed struct {
	open       decryption
	ciphertext []byte
}

// reader collects what a file holds. All derivations are paid from its budget before they are done.
type reader struct {
	limits Limits
	spent  int
	bags   int
	keys   []bag
	certs  []bag
	sealed []sealed
}

// charge takes the rounds of one derivation from the budget.
func (r *reader) charge(rounds int) error {
	if rounds > r.limits.MaxIterations {
		return &LimitError{"iterations", int64(rounds), int64(r.limits.MaxIterations)}
	}
	total := product(r.limits.MaxIterations, derivationsInFull)
	if r.spent += rounds; r.spent > total {
		return &LimitError{"total iterations", int64(r.spent), int64(total)}
	}
	return nil
}

// readPFX reads the outer structure of RFC 7292, 4, and returns the octets that the MAC protects.
func (r *reader) readPFX(der []byte) (content []byte, m integrity, err error) {
	input := cryptobyte.String(der)
	var pfx, safe, explicit cryptobyte.String
	var version int
	var kind asn1.ObjectIdentifier
	if !input.ReadASN1(&pfx, cbasn1.SEQUENCE) || !input.Empty() ||
		!pfx.ReadASN1Integer(&version) || !pfx.ReadASN1(&safe, cbasn1.SEQUENCE) ||
		!safe.ReadASN1ObjectIdentifier(&kind) {
		return nil, m, malformed("PFX", "not a PKCS #12 file")
	}
	switch {
	case version != 3:
		return nil, m, malformed("PFX", "version is not 3")
	case kind.Equal(oidSignedData):
		return nil, m, &UnsupportedError{Feature: "integrity by a public key"}
	case !kind.Equal(oidData) || !safe.ReadASN1(&explicit, tagContext0) || !safe.Empty() ||
		!explicit.ReadASN1Bytes(&content, cbasn1.OCTET_STRING) || !explicit.Empty():
		return nil, m, malformed("PFX", "authSafe")
	case pfx.Empty():
		return nil, m, ErrNoMAC
	}
	if m, err = r.readMAC(&pfx); err == nil && !pfx.Empty() {
		err = malformed("PFX", "values after MacData")
	}
	return content, m, err
}

// readSafe reads AuthenticatedSafe ::= SEQUENCE OF ContentInfo (RFC 7292, 4.1). Nothing is
// decrypted.
func (r *reader) readSafe(content []byte) error {
	der, err := derOf("AuthenticatedSafe", content)
	if err != nil {
		return err
	}
	input := cryptobyte.String(der)
	var infos cryptobyte.String
	if !input.ReadASN1(&infos, cbasn1.SEQUENCE) {
		return malformed("AuthenticatedSafe", "not a sequence")
	}
	for !infos.Empty() {
		var info, explicit cryptobyte.String
		var kind asn1.ObjectIdentifier
		if !infos.ReadASN1(&info, cbasn1.SEQUENCE) || !info.ReadASN1ObjectIdentifier(&kind) ||
			!info.ReadASN1(&explicit, tagContext0) || !info.Empty() {
			return malformed("AuthenticatedSafe", "not a ContentInfo")
		}
		if err := r.readContentInfo(kind, explicit); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) readContentInfo(kind asn1.ObjectIdentifier, content cryptobyte.String) error {
	switch {
	case kind.Equal(oidData):
		var plain []byte
		if !content.ReadASN1Bytes(&plain, cbasn1.OCTET_STRING) || !content.Empty() {
			return malformed("AuthenticatedSafe", "data")
		}
		der, err := derOf("SafeContents", plain)
		if err != nil {
			return inside(err)
		}
		return r.readContents(der, 0)
	case kind.Equal(oidEncryptedData):
		if r.bags++; r.bags > maxBags {
			return &LimitError{Limit: "bags", Max: maxBags}
		}
		return r.readEncrypted(content)
	case kind.Equal(oidEnvelopedData):
		return &UnsupportedError{Feature: "encryption for a public key"}
	}
	return &UnsupportedError{Feature: "content " + kind.String()}
}

// inside marks an error as lying within decrypted or nested data, where offsets mean nothing to
// others.
func inside(err error) error {
	if m, ok := err.(*MalformedError); ok {
		return malformed(m.Part, m.Reason)
	}
	return err
}

// readEncrypted reads EncryptedData (RFC 5652, 8) around SafeContents.
func (r *reader) readEncrypted(content cryptobyte.String) error {
	var data, info cryptobyte.String
	var version int
	var kind asn1.ObjectIdentifier
	if !content.ReadASN1(&data, cbasn1.SEQUENCE) || !content.Empty() ||
		!data.ReadASN1Integer(&version) ||
		!data.ReadASN1(&info, cbasn1.SEQUENCE) || !info.ReadASN1ObjectIdentifier(&kind) ||
		!kind.Equal(oidData) {
		return malformed("EncryptedData", "not an EncryptedContentInfo of data")
	}
	open, err := r.readEncryption(&info)
	if err != nil {
		return err
	}
	ciphertext, ok := readImplicitOctets(&info)
	if !ok || !info.Empty() {
		return malformed("EncryptedData", "encryptedContent")
	}
	r.sealed = append(r.sealed, sealed{open, ciphertext})
	return nil
}

// readImplicitOctets reads [0] IMPLICIT OCTET STRING, in one piece or, in BER, in many.
func readImplicitOctets(s *cryptobyte.String) ([]byte, bool) {
	var whole []byte
	if s.PeekASN1Tag(tagImplicit0) {
		ok := s.ReadASN1Bytes(&whole, tagImplicit0)
		return whole, ok
	}
	var pieces cryptobyte.String
	if !s.ReadASN1(&pieces, tagContext0) {
		return nil, false
	}
	for !pieces.Empty() {
		var piece cryptobyte.String
		if !pieces.ReadASN1(&piece, cbasn1.OCTET_STRING) {
			return nil, false
		}
		whole = append(whole, piece...)
	}
	return whole, true
}

// readContents reads SafeContents ::= SEQUENCE OF SafeBag (RFC 7292, 4.2).
func (r *reader) readContents(der []byte, nesting int) error {
	if nesting > maxBagNesting {
		return &LimitError{Limit: "nested bags", Max: maxBagNesting}
	}
	input := cryptobyte.String(der)
	var bags cryptobyte.String
	if !input.ReadASN1(&bags, cbasn1.SEQUENCE) || !input.Empty() {
		return malformed("SafeContents", "not a sequence")
	}
	for !bags.Empty() {
		var body, value cryptobyte.String
		var kind asn1.ObjectIdentifier
		if !bags.ReadASN1(&body, cbasn1.SEQUENCE) || !body.ReadASN1ObjectIdentifier(&kind) ||
			!body.ReadASN1(&value, tagContext0) {
			return malformed("SafeBag", "not a SafeBag")
		}
		if r.bags++; r.bags > maxBags {
			return &LimitError{Limit: "bags", Max: maxBags}
		}
		var b bag
		if err := b.readAttributes(body); err != nil {
			return err
		}
		if err := r.readBag(kind, value, b, nesting); err != nil {
			return err
		}
	}
	return nil
}

// readBag reads the value of a bag. Kinds that hold neither keys nor certificates are passed over.
func (r *reader) readBag(
	kind asn1.ObjectIdentifier, value cryptobyte.String, b bag, nesting int,
) error {
	switch {
	case kind.Equal(oidKeyBag):
		b.der = value
		r.keys = append(r.keys, b)
	case kind.Equal(oidShroudedKeyBag):
		var body cryptobyte.String
		if !value.ReadASN1(&body, cbasn1.SEQUENCE) || !value.Empty() {
			return malformed("PKCS8ShroudedKeyBag", "not an EncryptedPrivateKeyInfo")
		}
		open, err := r.readEncryption(&body)
		if err != nil {
			return err
		}
		if !body.ReadASN1Bytes(&b.der, cbasn1.OCTET_STRING) || !body.Empty() {
			return malformed("PKCS8ShroudedKeyBag", "not an EncryptedPrivateKeyInfo")
		}
		b.open = &open
		r.keys = append(r.keys, b)
	case kind.Equal(oidCertBag):
		var body, explicit cryptobyte.String
		var certKind asn1.ObjectIdentifier
		if !value.ReadASN1(&body, cbasn1.SEQUENCE) || !value.Empty() ||
			!body.ReadASN1ObjectIdentifier(&certKind) || !body.ReadASN1(&explicit, tagContext0) {
			return malformed("CertBag", "not a CertBag")
		}
		if !certKind.Equal(oidX509Certificate) {
			return nil
		}
		if !explicit.ReadASN1Bytes(&b.der, cbasn1.OCTET_STRING) || !explicit.Empty() {
			return malformed("CertBag", "not an X.509 certificate")
		}
		r.certs = append(r.certs, b)
	case kind.Equal(oidSafeContentsBag):
		return r.readContents(value, nesting+1)
	}
	return nil
}

// readAttributes reads friendlyName and localKeyId (RFC 2985, 5.5); others are passed over.
func (b *bag) readAttributes(s cryptobyte.String) error {
	if s.Empty() {
		return nil
	}
	var set cryptobyte.String
	if !s.ReadASN1(&set, cbasn1.SET) || !s.Empty() {
		return malformed("SafeBag", "bagAttributes")
	}
	for !set.Empty() {
		var attribute, values, value cryptobyte.String
		var kind asn1.ObjectIdentifier
		if !set.ReadASN1(&attribute, cbasn1.SEQUENCE) ||
			!attribute.ReadASN1ObjectIdentifier(&kind) ||
			!attribute.ReadASN1(&values, cbasn1.SET) {
			return malformed("SafeBag", "attribute")
		}
		switch {
		case kind.Equal(oidFriendlyName) && values.ReadASN1(&value, tagBMPString):
			name, ok := fromBMP(value)
			if !ok {
				return malformed("SafeBag", "friendlyName")
			}
			b.alias = name
		case kind.Equal(oidLocalKeyID) && values.ReadASN1(&value, cbasn1.OCTET_STRING):
			b.id = value
		}
	}
	return nil
}
