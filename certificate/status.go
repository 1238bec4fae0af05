package certificate

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"time"
)

// Revocation says why a certificate is revoked.
type Revocation struct {
	Reason Reason // not CertificateHold or RemoveFromCRL
	// Invalid is when the key is thought to have been lost; zero when not known. Not in the future.
	Invalid time.Time
	// Reference goes into [Status.Reference].
	Reference string
}

const (
	maxReference     = 256 // a reference, not a report
	maxStatusRetries = 16  // so many others changed the same certificate meanwhile
)

// Revoke revokes a certificate for good, from now on; from when it was suspended if it is. A plan
// that was not issued yet is revoked likewise and never will be. To repeat a revocation with the
// same reason is harmless and changes nothing; another reason gives [ErrRevoked].
func (a *Authority) Revoke(ctx context.Context, serial *big.Int, r Revocation) error {
	now := a.now()
	switch {
	case !r.Reason.final():
		return &PolicyError{"reason", "unknown", "not a reason to revoke for good"}
	case r.Invalid.After(now):
		return &PolicyError{"invalid", "validity", "in the future"}
	}
	return a.change(ctx, serial, r.Reference, func(was Status) (Status, error) {
		next := Status{State: Revoked, Since: now, Reason: r.Reason}
		if !r.Invalid.IsZero() {
			next.Invalid = r.Invalid.UTC().Truncate(time.Second)
		}
		switch {
		case was.State == Revoked && was.Reason == r.Reason:
			return was, errUnchanged
		case was.State == Revoked:
			return was, ErrRevoked
		case was.State == Held:
			next.Since = was.Since
		}
		return next, nil
	})
}

// Suspend puts a certificate on hold, from now on. To repeat it is harmless. [ErrRevoked] when it
// is revoked.
func (a *Authority) Suspend(ctx context.Context, serial *big.Int, reference string) error {
	return a.change(ctx, serial, reference, func(was Status) (Status, error) {
		switch was.State {
		case Held:
			return was, errUnchanged
		case Revoked:
			return was, ErrRevoked
		}
		return Status{State: Held, Since: a.now(), Reason: CertificateHold}, nil
	})
}

// Reinstate ends a suspension: the certificate is good again, also for the time of the suspension,
// and leaves the next list. [ErrNotSuspended] when it is good, [ErrRevoked] when it is revoked.
func (a *Authority) Reinstate(ctx context.Context, serial *big.Int, reference string) error {
	return a.change(ctx, serial, reference, func(was Status) (Status, error) {
		switch was.State {
		case Good:
			return was, ErrNotSuspended
		case Revoked:
			return was, ErrRevoked
		}
		return Status{State: Good, Since: a.now(), Reason: RemoveFromCRL}, nil
	})
}

// Find returns the record of a serial number, or [ErrNotFound]; [ErrLedger] when the ledger answers
// with another.
func (a *Authority) Find(ctx context.Context, serial *big.Int) (Record, error) {
	if serial == nil || serial.Sign() <= 0 {
		return Record{}, ErrNotFound
	}
	found, err := a.c.Ledger.Find(ctx, Query{Issuer: a.id, Serial: serial.Text(16), Limit: 1})
	if err != nil {
		return Record{}, fmt.Errorf("certificate: ledger: %w", err)
	}
	if len(found) == 0 {
		return Record{}, ErrNotFound
	}
	if found[0].Serial != serial.Text(16) || found[0].Issuer != a.id {
		return Record{}, ErrLedger
	}
	return found[0], nil
}

// errUnchanged says that there is nothing to record.
var errUnchanged = errors.New("unchanged")

// change reads, decides and writes until nobody came between.
func (a *Authority) change(
	ctx context.Context, serial *big.Int, reference string, decide func(Status) (Status, error),
) error {
	if len(reference) > maxReference {
		return &PolicyError{"reference", "too-long", "more than 256 octets"}
	}
	for range maxStatusRetries {
		record, err := a.Find(ctx, serial)
		if err != nil {
			return err
		}
		next, err := decide(record.Status())
		if errors.Is(err, errUnchanged) {
			return nil
		}
		if err != nil {
			return err
		}
		next.At, next.Reference = a.now(), reference
		_, err = a.c.Ledger.Change(ctx, a.id, record.Serial, len(record.History), next)
		if errors.Is(err, ErrStale) {
			continue
		}
		if err != nil {
			return fmt.Errorf("certificate: ledger: %w", err)
		}
		return nil
	}
	return ErrStale
}

// now is the clock in whole seconds, as certificates and lists show it.
func (a *Authority) now() time.Time { return a.c.Clock().UTC().Truncate(time.Second) }
