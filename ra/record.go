package ra

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/rubrica/rubrica/workflow/vault"
)

// Records of an application lie in the vault under the application's own subject; their names
// begin with what they are, and end with what makes a repeated command find the same record.
const (
	recordForm     = "form"
	recordBilling  = "billing"
	recordDeposit  = "deposit"
	recordDocument = "document"
)

// ErrKeyContent says that a command's key was used before with other content. The caller gives
// each intent its own key, and the same key for a repeat alone.
var ErrKeyContent = errors.New("ra: the key was used before with other content")

// ErrForeignRecord says that a command refers to a record that is not of its application: a bug of
// the host, or an attempt to see somebody else's data. Nothing was done.
var ErrForeignRecord = errors.New("ra: the record is not of this application")

// suffix makes a record name out of a command's key.
func suffix(key string) string {
	h := sha256.Sum256([]byte(key))
	return hex.EncodeToString(h[:8])
}

// putRecord seals a value under a name that the command's key decides.
func (o *Office) putRecord(
	ctx context.Context, application, kind, key string, value any,
) (vault.Ref, error) {
	content, err := json.Marshal(value)
	if err != nil {
		return vault.Ref{}, fmt.Errorf("ra: record %s: %w", kind, err)
	}
	ref, stored, err := o.c.Vault.PutOnce(ctx, application, kind+"."+suffix(key), content)
	if err != nil {
		return vault.Ref{}, fmt.Errorf("ra: record %s: %w", kind, err)
	}
	if !bytes.Equal(stored, content) {
		return vault.Ref{}, ErrKeyContent
	}
	return ref, nil
}

// getRecord opens the record of an application that a datum refers to.
func (o *Office) getRecord(ctx context.Context, application, reference string, into any) error {
	ref, err := vault.ParseRef(reference)
	if err != nil || ref.Subject != application {
		return ErrForeignRecord
	}
	content, err := o.c.Vault.Get(ctx, ref)
	if err != nil {
		return fmt.Errorf("ra: record: %w", err)
	}
	if err := json.Unmarshal(content, into); err != nil {
		return fmt.Errorf("ra: record: %w", err)
	}
	return nil
}

// recordKind is what a reference refers to: form, billing, deposit, document or "".
func recordKind(reference string) string {
	ref, err := vault.ParseRef(reference)
	if err != nil {
		return ""
	}
	kind, _, _ := strings.Cut(ref.Name, ".")
	return kind
}

// Filed is a document of an application as its record describes it; the octets lie in Documents,
// sealed by the key of the application.
type Filed struct {
	Evidence
	Name string `json:"name"` // file name to hand it out under
	Blob string `json:"blob"` // digest of the sealed octets, their name in Documents

	// What a document that came with a credentials envelope is labelled with; empty on others.
	Envelope string `json:"envelope,omitempty"`
	IDNumber string `json:"idNumber,omitempty"`
	Holder   string `json:"holder,omitempty"` // full name
}

// fileDocument seals octets into Documents and describes them in a record. The octets are durable
// before the record, the record before the command that refers to it.
func (o *Office) fileDocument(
	ctx context.Context, application, key string, f Filed, content []byte,
) (vault.Ref, error) {
	name := recordDocument + "." + f.Kind + "." + suffix(key)
	place := application + "/" + name
	if stored, err := o.storedDocument(ctx, application, name); err != nil || stored != nil {
		if err == nil && stored.Digest != f.Digest {
			err = ErrKeyContent
		}
		return vault.Ref{Subject: application, Name: name, Version: 1}, err
	}
	sealer, err := o.c.Vault.Sealer(ctx, application)
	if err != nil {
		return vault.Ref{}, fmt.Errorf("ra: document %s: %w", f.Kind, err)
	}
	sealed, err := sealer.Seal(place, content)
	if err != nil {
		return vault.Ref{}, fmt.Errorf("ra: document %s: %w", f.Kind, err)
	}
	blob, err := o.c.Documents.Put(ctx, bytes.NewReader(sealed))
	if err != nil {
		return vault.Ref{}, fmt.Errorf("ra: document %s: %w", f.Kind, err)
	}
	f.Blob = blob.String()
	record, err := json.Marshal(f)
	if err != nil {
		return vault.Ref{}, fmt.Errorf("ra: document %s: %w", f.Kind, err)
	}
	ref, stored, err := o.c.Vault.PutOnce(ctx, application, name, record)
	if err != nil {
		return vault.Ref{}, fmt.Errorf("ra: document %s: %w", f.Kind, err)
	}
	var first Filed
	if err := json.Unmarshal(stored, &first); err != nil || first.Digest != f.Digest {
		return ref, errors.Join(ErrKeyContent, err)
	}
	return ref, nil
}

// storedDocument returns the description under a name, nil when there is none yet.
func (o *Office) storedDocument(ctx context.Context, application, name string) (*Filed, error) {
	_, content, err := o.c.Vault.Latest(ctx, application, name)
	if errors.Is(err, vault.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("ra: document: %w", err)
	}
	var f Filed
	if err := json.Unmarshal(content, &f); err != nil {
		return nil, fmt.Errorf("ra: document: %w", err)
	}
	return &f, nil
}

// Document opens a document of an application by the reference that its history holds.
// ErrForeignRecord, ErrNoDocument, and what vault and store return.
func (o *Office) Document(
	ctx context.Context, application, reference string,
) (Filed, []byte, error) {
	var f Filed
	if recordKind(reference) != recordDocument {
		return f, nil, ErrForeignRecord
	}
	if err := o.getRecord(ctx, application, reference, &f); err != nil {
		return f, nil, err
	}
	blob, err := ParseDigest(f.Blob)
	if err != nil {
		return f, nil, err
	}
	r, err := o.c.Documents.Open(ctx, blob)
	if err != nil {
		return f, nil, fmt.Errorf("ra: document: %w", err)
	}
	defer r.Close()
	sealed, err := io.ReadAll(io.LimitReader(r, maxSubmission+4096))
	if err != nil {
		return f, nil, fmt.Errorf("ra: document: %w", err)
	}
	sealer, err := o.c.Vault.Sealer(ctx, application)
	if err != nil {
		return f, nil, fmt.Errorf("ra: document: %w", err)
	}
	ref, err := vault.ParseRef(reference)
	if err != nil {
		return f, nil, err
	}
	content, err := sealer.Open(application+"/"+ref.Name, sealed)
	if err != nil || DigestOf(content).String() != f.Digest {
		return f, nil, &DamagedDocumentError{Digest: blob}
	}
	return f, content, nil
}
