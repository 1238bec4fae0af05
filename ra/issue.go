package ra

import (
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/rubrica/rubrica/certificate"
	"github.com/rubrica/rubrica/token"
	"github.com/rubrica/rubrica/token/pkcs12"
	"github.com/rubrica/rubrica/workflow"
	"github.com/rubrica/rubrica/workflow/vault"
)

// Secrets of an application lie under two subjects of their own, so that destroying the key of one
// destroys what it sealed, in every copy: the bare private key until it is in its PKCS#12 file,
// and file and password until both were delivered.
const (
	bareKeySubject = ".key"
	secretsSubject = ".secrets"

	secretKey      = "key"      // PKCS#8
	secretPassword = "password" // of the PKCS#12 file
	secretFile     = "file"     // PKCS#12
)

// doIssue makes a key, certifies it and puts both into a PKCS#12 file. Each thing that cannot be
// made twice alike is stored before it is used: the key, the password, the certificate (by the
// authority's ledger), the file. A repeat at any point goes on with what is stored.
func (o *Office) doIssue(
	ctx context.Context, e workflow.Effect, want issueParams,
) (workflow.Answer, error) {
	form, err := o.form(ctx, e)
	if err != nil {
		return workflow.Answer{}, err
	}
	secrets := e.Instance + secretsSubject
	_, _, err = o.c.Vault.Latest(ctx, secrets, secretFile)
	if err != nil && !errors.Is(err, vault.ErrNotFound) {
		return workflow.Answer{}, fmt.Errorf("ra: issue: %w", err)
	}
	var cert *x509.Certificate
	if errors.Is(err, vault.ErrNotFound) {
		cert, err = o.issueFile(ctx, e, want, form)
	} else {
		cert, err = o.recordedCertificate(ctx, e)
	}
	if err != nil {
		return workflow.Answer{}, err
	}
	// The file is stored: the bare key has no further use.
	if err := o.c.Vault.Forget(ctx, e.Instance+bareKeySubject); err != nil {
		return workflow.Answer{}, fmt.Errorf("ra: issue: %w", err)
	}
	filed := Filed{Name: "certificado-" + e.Instance + ".crt", Evidence: Evidence{
		Kind: certificateDatum, Type: typeCertificate, Size: int64(len(cert.Raw)),
		Digest: DigestOf(cert.Raw).String()}}
	ref, err := o.fileDocument(ctx, e.Instance, e.Key, filed, cert.Raw)
	if err != nil {
		return workflow.Answer{}, err
	}
	return workflow.Answer{Data: map[string]string{
		certificateDatum: ref.String(),
		serialDatum:      cert.SerialNumber.Text(16),
		issuedDatum:      e.At.UTC().Format(time.RFC3339Nano),
	}}, nil
}

const typeCertificate MediaType = "application/pkix-cert" // RFC 2585, 4.1

// issueFile makes key, certificate and file.
func (o *Office) issueFile(
	ctx context.Context, e workflow.Effect, want issueParams, form Form,
) (*x509.Certificate, error) {
	key, err := o.bareKey(ctx, e.Instance)
	if err != nil {
		return nil, err
	}
	cert, err := o.certify(ctx, e, want, form, key.Public())
	if err != nil {
		return nil, err
	}
	password, err := o.filePassword(ctx, e.Instance)
	if err != nil {
		return nil, err
	}
	defer password.Destroy()
	chain := append([]*x509.Certificate{cert}, o.chain()...)
	file, err := pkcs12.Encode([]token.Key{{Alias: form.Name(), Signer: key, Chain: chain}},
		password, o.c.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("ra: key file: %w", err)
	}
	defer clear(file)
	_, stored, err := o.c.Vault.PutOnce(ctx, e.Instance+secretsSubject, secretFile, file)
	clear(stored)
	if err != nil {
		return nil, fmt.Errorf("ra: key file: %w", err)
	}
	return cert, nil
}

// bareKey returns the key of an application, made at the first call.
func (o *Office) bareKey(ctx context.Context, application string) (crypto.Signer, error) {
	subject := application + bareKeySubject
	_, der, err := o.c.Vault.Latest(ctx, subject, secretKey)
	if errors.Is(err, vault.ErrNotFound) {
		der, err = o.makeKey(ctx, subject)
	}
	if err != nil {
		return nil, fmt.Errorf("ra: key: %w", err)
	}
	defer clear(der)
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, fmt.Errorf("ra: stored key: %w", err)
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, errors.New("ra: stored key does not sign")
	}
	return signer, nil
}

func (o *Office) makeKey(ctx context.Context, subject string) ([]byte, error) {
	fresh, err := token.Generate(o.c.KeyAlgorithm)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(fresh)
	if err != nil {
		return nil, err
	}
	defer clear(der)
	_, stored, err := o.c.Vault.PutOnce(ctx, subject, secretKey, der)
	return stored, err
}

// filePassword returns the password of an application's file, made at the first call.
func (o *Office) filePassword(ctx context.Context, application string) (token.Secret, error) {
	fresh, err := token.Password(nil, 0)
	if err != nil {
		return token.Secret{}, fmt.Errorf("ra: password: %w", err)
	}
	defer fresh.Destroy()
	value := fresh.Reveal()
	defer clear(value)
	_, stored, err := o.c.Vault.PutOnce(ctx, application+secretsSubject, secretPassword, value)
	if err != nil {
		return token.Secret{}, fmt.Errorf("ra: password: %w", err)
	}
	defer clear(stored)
	return token.NewSecret(stored), nil
}

// certify plans and issues under the application's own name: one certificate an application.
func (o *Office) certify(
	ctx context.Context, e workflow.Effect, want issueParams, form Form, key crypto.PublicKey,
) (*x509.Certificate, error) {
	planned, err := o.c.Authority.Plan(ctx, certificate.Request{
		ID: e.Instance, Profile: want.Profile, PublicKey: key, Subject: holder(form), NotBefore: e.At,
	})
	if policy, ok := errors.AsType[*certificate.PolicyError](err); ok {
		return nil, &workflow.Failure{Note: "certificate refused: " + policy.Field + ": " + policy.Rule,
			Permanent: true, Err: err}
	}
	if err != nil {
		return nil, fmt.Errorf("ra: certificate: %w", err)
	}
	cert, err := o.c.Authority.Issue(ctx, planned)
	if err != nil {
		return nil, fmt.Errorf("ra: certificate: %w", err)
	}
	return cert, nil
}

// recordedCertificate is the certificate that was issued to the application.
func (o *Office) recordedCertificate(
	ctx context.Context, e workflow.Effect,
) (*x509.Certificate, error) {
	found, err := o.c.Ledger.Find(ctx, certificate.Query{
		Issuer: o.c.Authority.ID(), Request: e.Instance, Limit: 1})
	if err != nil {
		return nil, fmt.Errorf("ra: certificate: %w", err)
	}
	if len(found) == 0 || found[0].Certificate == nil {
		return nil, errors.New("ra: a key file is stored whose certificate is not in the ledger")
	}
	return x509.ParseCertificate(found[0].Certificate)
}

// chain is the authority's certificate and those above it, without the root.
func (o *Office) chain() []*x509.Certificate {
	return append([]*x509.Certificate{o.c.Authority.Certificate()}, o.c.Certificates...)
}

// holder is what the certificate says of the applicant.
func holder(f Form) certificate.Subject {
	s := certificate.Subject{
		Document: f.IDNumber, GivenNames: f.GivenNames, FirstSurname: f.FirstSurname,
		SecondSurname: f.SecondSurname, Address: f.Address, Phone: f.Phone, City: f.City,
		Country: "EC", Email: f.Email, CommonName: f.Name(), Container: containerNames[f.Container],
	}
	if f.IncludeRUC {
		s.RUC = f.RUC
	}
	return s
}

var containerNames = map[Container]string{
	ContainerFile: "Archivo PKCS#12", ContainerToken: "Token",
	ContainerRemote: "Remoto", ContainerHSM: "HSM",
}

// doDestroy makes file and password unreadable for ever: both were delivered.
func (o *Office) doDestroy(ctx context.Context, e workflow.Effect) (workflow.Answer, error) {
	err := errors.Join(o.c.Vault.Forget(ctx, e.Instance+bareKeySubject),
		o.c.Vault.Forget(ctx, e.Instance+secretsSubject))
	if err != nil {
		return workflow.Answer{}, fmt.Errorf("ra: destroying secrets: %w", err)
	}
	return workflow.Answer{}, nil
}

// doRevoke revokes the certificate and makes the list that says so.
func (o *Office) doRevoke(
	ctx context.Context, e workflow.Effect, want revokeParams,
) (workflow.Answer, error) {
	reason, err := want.reason()
	if err != nil {
		return workflow.Answer{}, err
	}
	serial, err := parseSerial(e.Data[serialDatum])
	if err != nil {
		return workflow.Answer{}, err
	}
	err = o.c.Authority.Revoke(ctx, serial, certificate.Revocation{Reason: reason, Reference: e.Key})
	if err != nil {
		return workflow.Answer{}, fmt.Errorf("ra: revocation: %w", err)
	}
	digest, err := o.PublishList(ctx, e.Key)
	if err != nil {
		return workflow.Answer{}, err
	}
	return workflow.Answer{Data: map[string]string{listDatum: digest.String()}}, nil
}

func parseSerial(s string) (*big.Int, error) {
	serial, ok := new(big.Int).SetString(s, 16)
	if !ok || serial.Sign() <= 0 {
		return nil, errors.New("ra: the history names no serial number")
	}
	return serial, nil
}
