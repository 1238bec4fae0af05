package certificate

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"math/big"
	"time"

	"github.com/rubrica/rubrica/certificate/internal/sign"
)

const (
	crlCounter      = "crl"      // the ledger's counter of CRL numbers
	crlTurns        = "crl-turn" // counts beginnings and ends of making a list
	maxListRetries  = 16         // so many others made lists meanwhile
	crlPage         = 1000       // records read at once: some megabytes
	defaultListLife = 24 * time.Hour
	maxListLife     = 366 * 24 * time.Hour // a list of authorities is made once a year
)

// RevocationList makes a full CRL (RFC 5280, 5): everything of this authority that is revoked or on
// hold now, good until life from now; 0 means 24 hours. Each call takes the next CRL number; of two
// lists, whichever process made them, the one with the higher number was read from the ledger
// later. [ErrStale] when many make lists at once: repeat.
//
// Certificates stay on the list after they expire, and the list says so (ExpiredCertsOnCRL, X.509,
// 9.5.2.8): signatures are judged long after the certificate's end.
func (a *Authority) RevocationList(ctx context.Context, life time.Duration) ([]byte, error) {
	if life == 0 {
		life = defaultListLife
	}
	switch {
	case life < time.Second || life > maxListLife:
		return nil, &PolicyError{"life", "validity", "a list lives from a second to a year"}
	case a.cert.KeyUsage&x509.KeyUsageCRLSign == 0:
		return nil, &PolicyError{"authority", "usage", "the authority's certificate has no cRLSign"}
	}
	now, number, entries, err := a.listing(ctx)
	if err != nil {
		return nil, err
	}
	expired, err := asn1.MarshalWithParams(a.cert.NotBefore.UTC(), "generalized")
	if err != nil {
		return nil, fmt.Errorf("certificate: list: %w", err)
	}
	template := &x509.RevocationList{
		SignatureAlgorithm: a.alg.X509, Number: big.NewInt(number),
		ThisUpdate: now, NextUpdate: now.Add(life), RevokedCertificateEntries: entries,
		ExtraExtensions: []pkix.Extension{{Id: oidExpiredCertsOnCRL, Value: expired}},
	}
	list, err := x509.CreateRevocationList(
		rand.Reader, template, a.cert, sign.Repeatable{Signer: a.c.Key})
	if err != nil {
		return nil, fmt.Errorf("certificate: list: %w", err)
	}
	return list, nil
}

// listing reads what is on a list and takes its number, so that of two lists the one with the
// higher number was read later (RFC 5280, 5.2.3), also when several processes make lists at once:
// nobody else began or ended one in between, or it is done again.
func (a *Authority) listing(
	ctx context.Context,
) (now time.Time, number int64, entries []x509.RevocationListEntry, err error) {
	next := func(counter string) (n int64) {
		if err == nil {
			n, err = a.c.Ledger.Next(ctx, a.id, counter)
		}
		return n
	}
	select { // makers in this process queue here
	case a.lists <- struct{}{}:
		defer func() { <-a.lists }()
	case <-ctx.Done():
		return now, 0, nil, ctx.Err()
	}
	for range maxListRetries {
		first := next(crlTurns)
		// The time before the reading: whatever is missing below was changed after it.
		now = a.now()
		if err == nil {
			entries, err = a.listed(ctx)
		}
		number = next(crlCounter)
		last := next(crlTurns)
		if err != nil {
			return now, 0, nil, fmt.Errorf("certificate: ledger: %w", err)
		}
		if last == first+1 {
			return now, number, entries, nil
		}
	}
	return now, 0, nil, ErrStale
}

// listed collects the entries of the list, page by page.
func (a *Authority) listed(ctx context.Context) ([]x509.RevocationListEntry, error) {
	var entries []x509.RevocationListEntry
	after := ""
	for {
		page, err := a.c.Ledger.Find(
			ctx, Query{Issuer: a.id, Listed: true, After: after, Limit: crlPage})
		if err != nil {
			return nil, err
		}
		for _, record := range page {
			entry, err := listEntry(record)
			if err != nil {
				return nil, err
			}
			entries = append(entries, entry)
		}
		if len(page) < crlPage {
			return entries, nil
		}
		after = page[len(page)-1].Serial
	}
}

func listEntry(r Record) (x509.RevocationListEntry, error) {
	serial, ok := new(big.Int).SetString(r.Serial, 16)
	if !ok || serial.Sign() <= 0 {
		return x509.RevocationListEntry{}, ErrLedger
	}
	status := r.Status()
	entry := x509.RevocationListEntry{
		SerialNumber: serial, RevocationTime: status.Since.UTC(),
		ReasonCode: int(status.Reason), // unspecified is left out, as RFC 5280, 5.3.1 wants
	}
	if !status.Invalid.IsZero() {
		value, err := asn1.MarshalWithParams(status.Invalid.UTC(), "generalized")
		if err != nil {
			return entry, fmt.Errorf("certificate: list: %w", err)
		}
		entry.ExtraExtensions = []pkix.Extension{{Id: oidInvalidityDate, Value: value}}
	}
	return entry, nil
}
