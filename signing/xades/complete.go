package xades

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"slices"
	"time"

	"github.com/rubrica/rubrica/certificate"
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/algorithm"
	"github.com/rubrica/rubrica/signing/internal/xmltree"
)

// A Prepared is a signature that lacks its value. It holds what the signature consists of, not the
// document; [Prepared.MarshalBinary] keeps it across a restart. It is not for concurrent use.
type Prepared struct {
	leaf   []byte // DER
	scheme algorithm.Scheme

	fragment  []byte // ds:Signature, with room for the base64 of the value
	valueAt   int
	valueSize int    // octets of the value as XML carries it
	message   []byte // canonical SignedInfo
	signature string // Id

	before, after []byte // what stands around the new signature (a counter-signature's element)
	wrapped       bool   // the root gets an element around it
	tree          *xmltree.Document
	parent        xmltree.Node // where the signature goes; zero: a document of its own
	position      uint32       // of parent, after unmarshalling
	placed        bool         // position counts
	source        []byte       // the document, until marshalled
	digest        []byte       // SHA-256 of the document, after unmarshalling
	limits        Limits
}

// ToBeSigned returns the octets that the key signs: SignedInfo in canonical form.
func (p *Prepared) ToBeSigned() []byte { return p.message }

// Hash returns the hash of the signature algorithm, zero for Ed25519, which signs the octets
// themselves.
func (p *Prepared) Hash() crypto.Hash { return p.scheme.Hash }

// Digest returns the digest of ToBeSigned by [Prepared.Hash], nil for Ed25519.
func (p *Prepared) Digest() []byte {
	if p.scheme.Hash == 0 {
		return nil
	}
	return algorithm.Digest(p.scheme.Hash, p.message)
}

// Algorithm names the signature algorithm, as "RSA SHA-256" or "RSA-PSS SHA-256".
func (p *Prepared) Algorithm() string { return p.scheme.String() }

// ID returns the Id of the new ds:Signature.
func (p *Prepared) ID() string { return p.signature }

// Complete writes the signed document to dst. doc is the document that was prepared. value is the
// signature over [Prepared.ToBeSigned]: for RSA the octets, for ECDSA DER or r‖s. It is verified
// with the certificate before anything is written. A level above B is for [Extend] to add.
//
// Errors: [ErrValue], [ErrDocument].
func (p *Prepared) Complete(dst io.Writer, doc, value []byte) error {
	raw, err := p.verify(value)
	if err != nil {
		return err
	}
	if err := p.sameDocument(doc); err != nil {
		return err
	}
	return p.assemble(dst, raw)
}

// verify checks a value and returns it as XML carries it (r‖s for ECDSA).
func (p *Prepared) verify(value []byte) ([]byte, error) {
	leaf, err := certificate.Parse(p.leaf)
	if err != nil {
		return nil, ErrState
	}
	public, err := algorithm.PublicKey(leaf)
	if err != nil {
		return nil, ErrState
	}
	der, raw := value, value
	if key, ok := public.(*ecdsa.PublicKey); ok {
		if fromRaw, err := algorithm.ECDSAFromRaw(key, value); err == nil {
			der = fromRaw
		} else if raw, err = algorithm.ECDSAToRaw(key, value); err != nil {
			return nil, ErrValue
		}
	}
	if p.scheme.Verify(public, p.message, der) != nil {
		return nil, ErrValue
	}
	return raw, nil
}

func (p *Prepared) sameDocument(doc []byte) error {
	if p.digest != nil {
		if digest := sha256.Sum256(doc); !bytes.Equal(digest[:], p.digest) {
			return ErrDocument
		}
		return p.locate(doc)
	}
	if !bytes.Equal(doc, p.source) {
		return ErrDocument
	}
	return nil
}

// locate finds the place again in a document that was read before.
func (p *Prepared) locate(doc []byte) error {
	if !p.placed {
		return nil
	}
	tree, err := xmltree.Parse(doc, p.limits)
	if err == nil && p.wrapped {
		var wrapped []byte
		if wrapped, err = wrapRoot(tree); err == nil {
			tree, err = xmltree.Parse(wrapped, p.limits)
		}
	}
	if err != nil {
		return documentError(err)
	}
	if int(p.position) >= tree.Len() || !tree.At(p.position).IsElement() {
		return ErrState
	}
	p.tree, p.parent = tree, tree.At(p.position)
	return nil
}

const xmlDeclaration = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"

// assemble writes the document with the signature in its place.
func (p *Prepared) assemble(dst io.Writer, value []byte) error {
	if len(value) != p.valueSize {
		return ErrValue
	}
	base64.StdEncoding.Encode(p.fragment[p.valueAt:], value)
	fragment := p.fragment
	if len(p.before) > 0 {
		fragment = slices.Concat(p.before, p.fragment, p.after)
	}
	if p.parent.IsZero() {
		return writeAll(dst, []byte(xmlDeclaration), fragment)
	}
	if b, ok := dst.(interface{ Grow(int) }); ok {
		b.Grow(len(p.tree.Source()) + len(fragment))
	}
	switch p.tree.Encoding() {
	case xmltree.UTF8:
		if start, end := p.parent.Inner(); start < end || p.tree.Bytes()[end-1] != '>' ||
			p.tree.Bytes()[end-2] != '/' {
			return writeAll(dst, p.tree.Source()[:end], fragment, p.tree.Source()[end:])
		}
	case xmltree.Latin1, xmltree.ASCII:
		fragment = ascii(fragment)
	}
	return p.tree.Splice(dst, xmltree.Insertion{Parent: p.parent, Fragment: fragment})
}

func writeAll(dst io.Writer, parts ...[]byte) error {
	for _, part := range parts {
		if _, err := dst.Write(part); err != nil {
			return err
		}
	}
	return nil
}

// Sign signs a document and writes the result to dst, to the level of the profile. The key is
// trusted to sign what it is given; [Prepared.Complete] checks values of keys elsewhere.
//
// Errors: those of [Prepare] and of the key, the time stampers and dst.
func Sign(ctx context.Context, dst io.Writer, doc []byte, s signing.Signer, p Profile) error {
	t, err := NewTemplate(s.Chain, p)
	if err != nil {
		return err
	}
	return t.Sign(ctx, dst, doc, s, p.SigningTime)
}

// Sign is like the function [Sign], with the signing time given for each document. The signer's
// leaf is the one of the template.
func (t *Template) Sign(ctx context.Context, dst io.Writer, doc []byte, s signing.Signer,
	at time.Time) error {
	leaf, err := s.Leaf()
	if err != nil {
		return err
	}
	if !t.sameCertificate(leaf) {
		return signing.ErrKeyMismatch
	}
	p, err := t.prepare(ctx, doc, at, xmltree.Borrow)
	if err != nil {
		return err
	}
	if p.tree != nil {
		defer p.tree.Release()
	}
	return t.signPrepared(ctx, dst, p, s)
}

func (t *Template) signPrepared(ctx context.Context, dst io.Writer, p *Prepared,
	s signing.Signer) error {
	value, err := p.sign(s.Key, t.public)
	if err != nil {
		return err
	}
	if t.profile.Level == signing.LevelB {
		return p.assemble(dst, value)
	}
	var signed bytes.Buffer
	if err := p.assemble(&signed, value); err != nil {
		return err
	}
	return Extend(ctx, dst, signed.Bytes(), signing.LevelT, Extension{
		Timestamper: t.profile.Timestamper, Hash: t.profile.Hash, Signature: p.signature,
		Canonicalization: t.profile.Canonicalization, Limits: t.profile.Limits})
}

// sign asks the key and returns the value as XML carries it.
func (p *Prepared) sign(key crypto.Signer, public crypto.PublicKey) ([]byte, error) {
	var value []byte
	var err error
	if p.scheme.Hash == 0 {
		value, err = p.scheme.Sign(key, p.message)
	} else {
		value, err = p.scheme.SignDigest(key, p.Digest())
	}
	if err != nil {
		return nil, err
	}
	if ec, ok := public.(*ecdsa.PublicKey); ok {
		return algorithm.ECDSAToRaw(ec, value)
	}
	return value, nil
}
