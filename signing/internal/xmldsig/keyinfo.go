package xmldsig

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"math/big"
	"strings"

	"github.com/rubrica/rubrica/certificate"
	"github.com/rubrica/rubrica/signing/internal/algorithm"
	"github.com/rubrica/rubrica/signing/internal/xmltree"
)

// Limits of a KeyInfo.
const (
	maxCertificates = 100 // a chain and its alternatives
	maxRetrievals   = 10  // each may lead to the same long X509Data
	maxModulus      = 2048 + 1
	maxCoordinate   = 200 // decimal digits; P-521 needs 157
)

// KeyInfo is what ds:KeyInfo says about the key (XMLDSig 1.1, 4.5). Nothing in it is trusted.
type KeyInfo struct {
	// Certificates are those of X509Data, in document order.
	Certificates []*x509.Certificate
	// Keys are the key values: RSAKeyValue, ECKeyValue, DEREncodedKeyValue.
	Keys []crypto.PublicKey
	// Hints name certificates that are not here.
	Hints []Hint
	// CRLs are those of X509Data, in DER.
	CRLs [][]byte
	// Faults name what could not be read, or is of a kind that is not judged; at most 100.
	Faults []error

	retrievals int
}

// ReadKeyInfo reads a ds:KeyInfo; the zero node gives an empty one.
func ReadKeyInfo(n xmltree.Node) *KeyInfo {
	k := &KeyInfo{}
	if !n.IsZero() {
		k.read(n, true)
	}
	return k
}

func (k *KeyInfo) read(n xmltree.Node, follow bool) {
	for c := n.FirstElement(); !c.IsZero(); c = c.NextElement() {
		switch {
		case c.Is(Namespace, "X509Data"):
			k.readX509Data(c)
		case c.Is(Namespace, "KeyValue"):
			k.readKeyValue(c.FirstElement())
		case c.Is(Namespace11, "DEREncodedKeyValue"):
			k.readDERKey(c)
		case c.Is(Namespace, "RetrievalMethod") && follow:
			k.retrieve(c)
		}
	}
}

// retrieve follows a RetrievalMethod to an X509Data of the same document, once (4.5.3).
func (k *KeyInfo) retrieve(n xmltree.Node) {
	if k.retrievals++; k.retrievals > maxRetrievals {
		k.fault(&LimitError{Limit: "retrieval methods in KeyInfo"})
		return
	}
	uri, _ := n.Attr("URI")
	id, local := strings.CutPrefix(uri, "#")
	target, err := n.Document().ByID(id)
	if !local || !n.FirstElement().IsZero() || err != nil || !target.Is(Namespace, "X509Data") {
		k.fault(&Unsupported{Kind: "retrieval-method", Feature: uri})
		return
	}
	k.readX509Data(target)
}

func (k *KeyInfo) readX509Data(n xmltree.Node) {
	for c := n.FirstElement(); !c.IsZero(); c = c.NextElement() {
		switch {
		case c.Is(Namespace, "X509Certificate"):
			k.addCertificate(c)
		case c.Is(Namespace, "X509IssuerSerial"), c.Is(Namespace, "X509SKI"),
			c.Is(Namespace, "X509SubjectName"), c.Is(Namespace11, "X509Digest"):
			k.addHint(c)
		case c.Is(Namespace, "X509CRL"):
			if der, err := c.Base64(); err == nil && len(k.CRLs) < maxCertificates {
				k.CRLs = append(k.CRLs, der)
			}
		}
	}
}

// A Hint names the certificate of the key in one of the ways of X509Data (4.5.4). Empty fields are
// not stated.
type Hint struct {
	IssuerName, Serial string // X509IssuerSerial, both
	SubjectName        string // X509SubjectName
	SKI                []byte // X509SKI
	Hash               crypto.Hash
	Digest             []byte // X509Digest, by Hash
}

func (k *KeyInfo) addHint(n xmltree.Node) {
	if len(k.Hints) == maxCertificates {
		return
	}
	var h Hint
	switch n.Local() {
	case "X509IssuerSerial":
		h.IssuerName = n.Child(Namespace, "X509IssuerName").Text()
		h.Serial = n.Child(Namespace, "X509SerialNumber").Text()
	case "X509SubjectName":
		h.SubjectName = n.Text()
	case "X509SKI":
		h.SKI, _ = n.Base64()
	case "X509Digest":
		uri, _ := n.Attr("Algorithm")
		var err error
		if h.Hash, err = DigestOf(uri); err != nil {
			k.fault(err)
			return
		}
		h.Digest, _ = n.Base64()
	}
	k.Hints = append(k.Hints, h)
}

func (k *KeyInfo) addCertificate(n xmltree.Node) {
	if len(k.Certificates) == maxCertificates {
		k.fault(&LimitError{Limit: "certificates in KeyInfo"})
		return
	}
	der, err := n.Base64()
	if err != nil {
		k.fault(malformed("X509Certificate", "is not base64"))
		return
	}
	for _, have := range k.Certificates {
		if bytes.Equal(have.Raw, der) {
			return
		}
	}
	c, err := certificate.Parse(der)
	if err != nil {
		k.fault(malformed("X509Certificate", "cannot be read"))
		return
	}
	k.Certificates = append(k.Certificates, c)
}

func (k *KeyInfo) readKeyValue(n xmltree.Node) {
	var key crypto.PublicKey
	var err error
	switch {
	case n.IsZero():
		err = malformed("KeyValue", "is empty")
	case n.Is(Namespace, "RSAKeyValue"):
		key, err = rsaKeyValue(n)
	case n.Is(Namespace11, "ECKeyValue"):
		key, err = ecKeyValue(n)
	case n.Is(more01, "ECDSAKeyValue"):
		key, err = ecdsaKeyValue(n)
	default:
		err = &Unsupported{Kind: "key", Feature: n.Local()}
	}
	k.add(key, err)
}

func (k *KeyInfo) readDERKey(n xmltree.Node) {
	der, err := n.Base64()
	if err != nil {
		k.add(nil, malformed("DEREncodedKeyValue", "is not base64"))
		return
	}
	key, err := algorithm.ParsePublicKey(der)
	k.add(key, valueError(err))
}

func (k *KeyInfo) fault(err error) {
	if len(k.Faults) < maxCertificates {
		k.Faults = append(k.Faults, err)
	}
}

func (k *KeyInfo) add(key crypto.PublicKey, err error) {
	switch {
	case err != nil:
		k.fault(err)
	case len(k.Keys) < maxCertificates:
		k.Keys = append(k.Keys, key)
	}
}

func rsaKeyValue(n xmltree.Node) (crypto.PublicKey, error) {
	modulus, err := n.Child(Namespace, "Modulus").Base64()
	if err != nil || len(modulus) > maxModulus {
		return nil, malformed("RSAKeyValue", "has no readable Modulus")
	}
	exponent, err := n.Child(Namespace, "Exponent").Base64()
	e := new(big.Int).SetBytes(exponent)
	if err != nil || len(exponent) > 8 || !e.IsInt64() || e.Int64() > 1<<31-1 {
		return nil, malformed("RSAKeyValue", "has no readable Exponent")
	}
	return &rsa.PublicKey{N: new(big.Int).SetBytes(modulus), E: int(e.Int64())}, nil
}

// ecKeyValue reads dsig11:ECKeyValue with a named curve (4.5.2.3).
func ecKeyValue(n xmltree.Node) (crypto.PublicKey, error) {
	curve, err := namedCurve(n.Child(Namespace11, "NamedCurve"), "URI")
	if err != nil {
		return nil, err
	}
	point, err := n.Child(Namespace11, "PublicKey").Base64()
	if err != nil {
		return nil, malformed("ECKeyValue", "has no readable PublicKey")
	}
	key, err := ecdsa.ParseUncompressedPublicKey(curve, point)
	if err != nil {
		return nil, malformed("ECKeyValue", "its point is not on the curve")
	}
	return key, nil
}

// ecdsaKeyValue reads the older form of RFC 4050, 3.4, with decimal coordinates.
func ecdsaKeyValue(n xmltree.Node) (crypto.PublicKey, error) {
	curve, err := namedCurve(n.Child(more01, "DomainParameters").Child(more01, "NamedCurve"), "URN")
	if err != nil {
		return nil, err
	}
	point := n.Child(more01, "PublicKey")
	size := (curve.Params().BitSize + 7) / 8
	octets := make([]byte, 1+2*size)
	octets[0] = 4
	for i, local := range []string{"X", "Y"} {
		text, _ := point.Child(more01, local).Attr("Value")
		if len(text) > maxCoordinate { // before it is read: that takes the square of its length
			return nil, malformed("ECDSAKeyValue", "has no readable point")
		}
		v, ok := new(big.Int).SetString(text, 10)
		if !ok || v.Sign() < 0 || v.BitLen() > 8*size {
			return nil, malformed("ECDSAKeyValue", "has no readable point")
		}
		v.FillBytes(octets[1+i*size : 1+(i+1)*size])
	}
	key, err := ecdsa.ParseUncompressedPublicKey(curve, octets)
	if err != nil {
		return nil, malformed("ECDSAKeyValue", "its point is not on the curve")
	}
	return key, nil
}

func namedCurve(n xmltree.Node, attribute string) (elliptic.Curve, error) {
	urn, ok := n.Attr(attribute)
	if !ok {
		return nil, &Unsupported{Kind: "key", Feature: "curve without a name"}
	}
	for _, c := range []struct {
		oid   asn1.ObjectIdentifier
		curve elliptic.Curve
	}{
		{asn1.ObjectIdentifier{1, 2, 840, 10045, 3, 1, 7}, elliptic.P256()},
		{asn1.ObjectIdentifier{1, 3, 132, 0, 34}, elliptic.P384()},
		{asn1.ObjectIdentifier{1, 3, 132, 0, 35}, elliptic.P521()},
		{asn1.ObjectIdentifier{1, 3, 132, 0, 33}, elliptic.P224()},
	} {
		if urn == "urn:oid:"+c.oid.String() {
			return c.curve, nil
		}
	}
	return nil, &Unsupported{Kind: "key", Feature: "curve " + urn}
}
