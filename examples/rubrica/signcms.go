package main

import (
	"context"
	"io"
	"os"

	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/cades"
)

// cadesProfile is the profile that the options describe.
func cadesProfile(t *signTask) cades.Profile {
	return cades.Profile{Detached: t.profile == "cades-detached", Level: t.level,
		Timestamper: t.timestamper, Validation: t.validation(),
		SigningTime: t.at, Hash: t.hash, PSS: t.pss}
}

// validation is where the evidence of levels LT and LTA comes from.
func (t *signTask) validation() signing.Validation { return t.evidence.validation(t.fetcher) }

func signCAdES(ctx context.Context, dst io.Writer, t *signTask) error {
	return cades.Sign(ctx, dst, t.in.file, t.signer, cadesProfile(t))
}

func prepareCAdES(ctx context.Context, t *signTask) (prepared, error) {
	p, err := cades.Prepare(ctx, t.in.file, t.signer.Chain, cadesProfile(t))
	if err != nil {
		return nil, err
	}
	return p, nil
}

func completeCAdES(ctx context.Context, dst io.Writer, t *signTask, state, value []byte) error {
	var p cades.Prepared
	if err := p.UnmarshalBinary(state); err != nil {
		return err
	}
	if p.Detached() {
		t.detached = t.in.name
	}
	return p.Complete(ctx, dst, t.in.file, value, t.cadesExtension())
}

// cadesExtension is what levels above B need.
func (t *signTask) cadesExtension() cades.Extension {
	e := cades.Extension{Timestamper: t.timestamper, Validation: t.validation(), Hash: t.hash}
	if t.detached != "" {
		e.Content = func() (io.ReadCloser, error) { return os.Open(t.detached) }
	}
	return e
}

func extendCAdES(ctx context.Context, dst io.Writer, t *signTask, to signing.Level) error {
	return cades.Extend(ctx, dst, t.in.file, t.in.size, to, t.cadesExtension())
}
