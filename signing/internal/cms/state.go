package cms

import (
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/rubrica/rubrica/certificate"
	"github.com/rubrica/rubrica/signing/internal/algorithm"
	"github.com/rubrica/rubrica/signing/internal/ber"
)

// ErrState says that the state of a prepared signature is damaged, or of another version.
var ErrState = errors.New("the state of the prepared signature cannot be read")

const stateVersion = 1

// Bits of the state's flags.
const (
	flagKeyID = 1 << iota
	flagCounter
	flagWithoutCertificates
)

// MarshalBinary implements encoding.BinaryMarshaler: the certificates and the signed attributes,
// in DER. It holds no secret.
func (p *Prepared) MarshalBinary() ([]byte, error) {
	digestAlg, signatureAlg, err := p.identifiers()
	if err != nil {
		return nil, err
	}
	flags := 0
	for bit, set := range map[int]bool{flagKeyID: p.keyID, flagCounter: p.counter,
		flagWithoutCertificates: p.withoutCerts} {
		if set {
			flags |= bit
		}
	}
	var chain [][]byte
	for _, c := range p.chain {
		chain = append(chain, c.Raw)
	}
	return ber.Sequence(smallInteger(stateVersion), smallInteger(flags), OID(p.contentType),
		digestAlg, signatureAlg, p.attributes, ber.Sequence(chain...)), nil
}

// UnmarshalBinary implements encoding.BinaryUnmarshaler. Errors: [ErrState].
func (p *Prepared) UnmarshalBinary(state []byte) error {
	in := cryptobyte.String(state)
	var seq, digestAlg, signatureAlg, attributes, chain cryptobyte.String
	var version, flags int
	var contentType asn1.ObjectIdentifier
	if !in.ReadASN1(&seq, cbasn1.SEQUENCE) || !in.Empty() || !seq.ReadASN1Integer(&version) ||
		!seq.ReadASN1Integer(&flags) || !seq.ReadASN1ObjectIdentifier(&contentType) ||
		!seq.ReadASN1Element(&digestAlg, cbasn1.SEQUENCE) ||
		!seq.ReadASN1Element(&signatureAlg, cbasn1.SEQUENCE) ||
		!seq.ReadASN1Element(&attributes, cbasn1.SET) ||
		!seq.ReadASN1(&chain, cbasn1.SEQUENCE) || !seq.Empty() {
		return ErrState
	}
	if version != stateVersion {
		return fmt.Errorf("%w: version %d", ErrState, version)
	}
	out := Prepared{contentType: contentType, keyID: flags&flagKeyID != 0,
		counter: flags&flagCounter != 0, withoutCerts: flags&flagWithoutCertificates != 0,
		attributes: append([]byte(nil), attributes...)}
	var err error
	if out.hash, err = algorithm.ParseHash(digestAlg); err != nil {
		return fmt.Errorf("%w: %w", ErrState, err)
	}
	if out.scheme, err = algorithm.ParseSignature(signatureAlg, out.hash); err != nil {
		return fmt.Errorf("%w: %w", ErrState, err)
	}
	if out.chain, err = readChain(chain); err != nil {
		return err
	}
	if err := out.consistent(); err != nil {
		return fmt.Errorf("%w: %w", ErrState, err)
	}
	*p = out
	return nil
}

func readChain(in cryptobyte.String) ([]*x509.Certificate, error) {
	var chain []*x509.Certificate
	for !in.Empty() {
		var der cryptobyte.String
		if len(chain) == maxCertificates || !in.ReadASN1Element(&der, cbasn1.SEQUENCE) {
			return nil, ErrState
		}
		c, err := certificate.Parse(append([]byte(nil), der...))
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrState, err)
		}
		chain = append(chain, c)
	}
	if len(chain) == 0 {
		return nil, ErrState
	}
	return chain, nil
}

// consistent puts a trial signature together, which reads the attributes as strictly as a
// foreign one.
func (p *Prepared) consistent() error {
	pub, err := algorithm.PublicKey(p.chain[0])
	if err != nil {
		return err
	}
	d, err := p.assemble(make([]byte, algorithm.MaxSignature(pub)))
	if err != nil {
		return err
	}
	if d.Signers[0].NotDER {
		return errors.New("signed attributes are not DER")
	}
	return nil
}
