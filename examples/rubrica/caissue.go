package main

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
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
		id: text("id",
			"identifier of the order: the same gives the same certificate; default a new one"),
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
		return i.answer(ctx, f, order, chain)
	}
	password, err := i.c.secret("p12-password", i.keyPassword)
	if err != nil {
		return caJSON{}, usageError{err}
	}
	defer password.Destroy()
	key, made, err := i.holderKey(ctx, f, password)
	if err != nil {
		return caJSON{}, err
	}
	order.PublicKey = key.Signer.Public()
	if key.Chain, err = f.Issue(ctx, order); err != nil {
		if made && nothingPlanned(err) { // then there is no use for the key
			err = errors.Join(err, os.Remove(*i.p12))
		}
		return caJSON{}, err
	}
	if err := writeP12(*i.p12, key, password); err != nil {
		return caJSON{}, issuedAnyway(err, order, key.Leaf())
	}
	return i.answer(ctx, f, order, key.Chain)
}

// nothingPlanned reports whether an order was refused before it was recorded.
func nothingPlanned(err error) bool {
	return isA[*certificate.PolicyError](err) || isA[*certificate.LintError](err)
}

// issuedAnyway says that there is a certificate although it could not be written.
func issuedAnyway(err error, order authority.Order, cert *x509.Certificate) error {
	return fmt.Errorf("certificate %s is issued and was not written; --id %s writes it: %w",
		cert.SerialNumber.Text(16), order.ID, err)
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
	case !slices.Contains([]string{"", "archivo", "token", "remoto", "hsm"}, *i.container):
		return usage("--container: archivo, token, remoto or hsm")
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

// errHolderFile says that --p12 names a file that another order made.
var errHolderFile = errors.New("--p12: the file holds the certificate of another order")

// holderKey makes the holder's key and writes it before it is certified, so that a repeat of the
// same order finds it. It says whether it made the file.
func (i issueOptions) holderKey(
	ctx context.Context, f *authority.Folder, password token.Secret,
) (key token.Key, made bool, err error) {
	raw, err := readFile(*i.p12, maxP12)
	switch {
	case err == nil && *i.id == "":
		return key, false, usageError{
			errors.New("--p12: the file exists; --id continues an interrupted order"),
		}
	case err == nil:
		key, err = i.keptKey(ctx, f, raw, password)
		return key, false, err
	case !errors.Is(err, fs.ErrNotExist):
		return key, false, err
	}
	algorithm := token.RSA2048
	if *i.key != "" {
		if algorithm, err = token.ParseAlgorithm(*i.key); err != nil {
			return key, false, usageError{err}
		}
	}
	if key.Signer, err = token.Generate(algorithm); err != nil {
		return key, false, err
	}
	return key, true, writeP12(*i.p12, key, password)
}

// keptKey opens what an earlier run of the same order wrote.
func (i issueOptions) keptKey(
	ctx context.Context, f *authority.Folder, raw []byte, password token.Secret,
) (token.Key, error) {
	file, err := pkcs12.Open(raw, password, pkcs12.Limits{})
	if err != nil {
		return token.Key{}, err
	}
	key := file.Keys[0]
	if len(file.Keys) > 1 {
		return token.Key{}, errHolderFile
	}
	if leaf := key.Leaf(); leaf != nil {
		record, ok, err := f.Ordered(ctx, *i.id)
		if err != nil {
			return token.Key{}, err
		}
		if !ok || !bytes.Equal(record.Certificate, leaf.Raw) {
			return token.Key{}, errHolderFile
		}
	}
	return key, nil
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

func (i issueOptions) answer(
	ctx context.Context, f *authority.Folder, order authority.Order, chain []*x509.Certificate,
) (caJSON, error) {
	leaf := chain[0]
	record, _, err := f.Ordered(ctx, order.ID) // a repeat may be of one that was revoked since
	if err != nil {
		return caJSON{}, err
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: leaf.Raw})
	answer := caJSON{
		Serial: leaf.SerialNumber.Text(16), Subject: leaf.Subject.String(),
		State:     record.Status().State.String(),
		NotBefore: timeText(leaf.NotBefore), NotAfter: timeText(leaf.NotAfter),
		Certificate: string(text),
	}
	if *i.out == "" {
		return answer, nil
	}
	answer.Out = *i.out
	err = writeWhole(*i.out, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
	if err != nil {
		return caJSON{}, issuedAnyway(err, order, leaf)
	}
	return answer, nil
}
