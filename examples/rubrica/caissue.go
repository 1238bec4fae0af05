package main

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"io"
	"io/fs"
	"time"

	"github.com/rubrica/rubrica/certificate"
	"github.com/rubrica/rubrica/certificate/ec/icert"
	"github.com/rubrica/rubrica/examples/internal/authority"
	"github.com/rubrica/rubrica/token"
	"github.com/rubrica/rubrica/token/pkcs12"
)

// issueOptions are those of ca issue.
type issueOptions struct {
	c                                                 *call
	profile, container, csr, p12, key, id, until, out *string
	keyPassword                                       passwordOptions
	subject                                           func() (certificate.Subject, error)
}

// caIssue issues to the key of a PKCS #10 request, or to a new key that it writes into a PKCS #12
// file.
func caIssue(ctx context.Context, c *call) int {
	o := c.ca()
	text := func(name, usage string) *string { return c.flags.String(name, "", usage) }
	i := issueOptions{
		c: c, profile: text("profile", "name of the profile, as natural-person; required"),
		container: text("container", "archivo, token, remoto or hsm; default archivo"),
		csr:       text("csr", "a PKCS #10 request, PEM or DER"),
		p12:       text("p12", "a PKCS #12 file to make, with a new key"),
		key:       text("key", "algorithm of the new key; default RSA-2048"),
		id: text(
			"id",
			"identifier of the order: the same gives the same certificate; default a new one",
		),
		until: text("not-after", "end of validity, RFC 3339; default the profile's"),
		out:   text("out", "where the certificate goes, PEM; default standard output"),
	}
	i.keyPassword, i.subject = c.passwords("p12-password"), c.subjectOption()
	return o.with(ctx, true, func(f *authority.Folder) (caJSON, error) { return i.issue(ctx, f) })
}

func (i issueOptions) issue(ctx context.Context, f *authority.Folder) (caJSON, error) {
	order, err := i.order()
	if err != nil {
		return caJSON{}, err
	}
	if *i.csr != "" {
		if order.PublicKey, err = readPossession(*i.csr); err != nil {
			return caJSON{}, err
		}
		chain, err := f.Issue(ctx, order)
		if err != nil {
			return caJSON{}, err
		}
		return i.answer(chain)
	}
	password, err := i.c.secret("p12-password", i.keyPassword)
	if err != nil {
		return caJSON{}, usageError{err}
	}
	defer password.Destroy()
	key, err := i.holderKey(password)
	if err != nil {
		return caJSON{}, err
	}
	order.PublicKey = key.Signer.Public()
	if key.Chain, err = f.Issue(ctx, order); err != nil {
		return caJSON{}, err
	}
	if err := writeP12(*i.p12, key, password); err != nil {
		return caJSON{}, err
	}
	return i.answer(key.Chain)
}

// order checks the options.
func (i issueOptions) order() (authority.Order, error) {
	usage := func(text string) (authority.Order, error) {
		return authority.Order{}, usageError{errors.New(text)}
	}
	order := authority.Order{
		ID:        *i.id,
		Profile:   *i.profile,
		Container: icert.Container(*i.container),
	}
	switch {
	case order.Profile == "":
		return usage("--profile is required")
	case (*i.csr == "") == (*i.p12 == ""):
		return usage("one of --csr and --p12 is required")
	case *i.csr != "" && *i.key != "":
		return usage("--key goes with --p12")
	}
	var err error
	if order.Subject, err = i.subject(); err != nil {
		return order, err
	}
	if *i.until != "" {
		if order.NotAfter, err = time.Parse(time.RFC3339, *i.until); err != nil {
			return order, usageError{err}
		}
	}
	if order.ID == "" {
		var raw [16]byte
		if _, err := rand.Read(raw[:]); err != nil {
			return order, err
		}
		order.ID = hex.EncodeToString(raw[:])
	}
	return order, nil
}

func readPossession(name string) (crypto.PublicKey, error) {
	blocks, err := readDER(name)
	if err != nil {
		return nil, err
	}
	return certificate.CheckPossession(blocks[0])
}

// holderKey makes the holder's key and writes it before it is certified, so that a repeat of the
// same order finds it.
func (i issueOptions) holderKey(password token.Secret) (token.Key, error) {
	raw, err := readFile(*i.p12, maxP12)
	if err == nil && *i.id != "" {
		file, err := pkcs12.Open(raw, password, pkcs12.Limits{})
		if err != nil {
			return token.Key{}, err
		}
		return file.Keys[0], nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		if err == nil {
			err = usageError{
				errors.New("--p12: the file exists; --id continues an interrupted order"),
			}
		}
		return token.Key{}, err
	}
	algorithm := token.RSA2048
	if *i.key != "" {
		if algorithm, err = token.ParseAlgorithm(*i.key); err != nil {
			return token.Key{}, usageError{err}
		}
	}
	signer, err := token.Generate(algorithm)
	if err != nil {
		return token.Key{}, err
	}
	key := token.Key{Signer: signer}
	return key, writeP12(*i.p12, key, password)
}

func writeP12(name string, key token.Key, password token.Secret) error {
	if leaf := key.Leaf(); leaf != nil {
		key.Alias, key.ID = leaf.Subject.CommonName, nil
	}
	body, err := pkcs12.Encode([]token.Key{key}, password, pkcs12.Options{})
	if err != nil {
		return err
	}
	return writeSecretFile(name, body)
}

func (i issueOptions) answer(chain []*x509.Certificate) (caJSON, error) {
	leaf := chain[0]
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: leaf.Raw})
	answer := caJSON{
		Serial: leaf.SerialNumber.Text(16), Subject: leaf.Subject.String(), State: "good",
		NotBefore: timeText(
			leaf.NotBefore,
		), NotAfter: timeText(leaf.NotAfter), Certificate: string(text),
	}
	if *i.out == "" {
		return answer, nil
	}
	answer.Out = *i.out
	return answer, writeWhole(*i.out, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
}
