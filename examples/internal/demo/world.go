package demo

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/mail"
	"os"
	"path/filepath"
	"time"

	"github.com/rubrica/rubrica/adapters/bankdeposit"
	"github.com/rubrica/rubrica/adapters/filemail"
	"github.com/rubrica/rubrica/adapters/filestore"
	"github.com/rubrica/rubrica/adapters/sqlite"
	"github.com/rubrica/rubrica/adapters/sqliteledger"
	"github.com/rubrica/rubrica/ra"
	"github.com/rubrica/rubrica/ra/icert"
	"github.com/rubrica/rubrica/token/pkcs12"
	"github.com/rubrica/rubrica/workflow/vault"
)

// What lies where in the folder.
const (
	databaseFile  = "rubrica.sqlite"
	mailFolder    = "correo"
	sealedFolder  = "documentos"
	statementFile = "estado-de-cuenta.csv"
	bankAccount   = "2100123456"
)

// world is everything that the story happens in.
type world struct {
	dir       string
	folder    io.Closer // holds dir for this program alone
	store     *sqlite.Store
	ledger    *sqliteledger.Ledger
	vault     *vault.Vault
	documents *filestore.Store
	span      span
	end       time.Time // of this telling: now
	clock     *clock
	authority *authority
	office    *ra.Office
	announced [4]uint64 // by application: the last event whose timer was looked for
}

// keyFileIterations of the subscribers' PKCS#12 files: their passwords have 80 random bits, which
// no iteration count makes harder to guess, and the story shall not take longer than it must.
const keyFileIterations = 20_000

// open opens the folder's stores, made at the first start, and the office over them.
func open(ctx context.Context, dir string, now time.Time) (w *world, err error) {
	folder, err := claimFolder(ctx, dir)
	if err != nil {
		return nil, err
	}
	w = &world{dir: dir, folder: folder}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.close())
		}
	}()
	database := filepath.Join(dir, databaseFile)
	if w.store, err = sqlite.Open(ctx, database, sqlite.Config{}); err != nil {
		return w, &FolderError{dir, "holds a database that cannot be opened", err}
	}
	if w.ledger, err = sqliteledger.Open(ctx, database); err != nil {
		return w, fmt.Errorf("demo: %w", err)
	}
	if w.vault, err = openVault(dir, w.store); err != nil {
		return w, err
	}
	if w.documents, err = filestore.Open(filepath.Join(dir, sealedFolder)); err != nil {
		return w, fmt.Errorf("demo: %w", err)
	}
	if w.span, err = openSpan(ctx, w.vault, now); err != nil {
		return w, err
	}
	if w.clock, err = openClock(ctx, w.vault, w.span.Begin); err != nil {
		return w, err
	}
	return w, nil
}

// begin makes the authority and opens the office.
func (w *world) begin(ctx context.Context, log *slog.Logger) error {
	ceremony := w.at(0, 8, 0)
	if err := w.clock.set(ctx, ceremony); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	keys, err := openKeys(ctx, w.vault)
	if err != nil {
		return err
	}
	if w.authority, err = openAuthority(ctx, w.ledger, keys, w.clock, ceremony); err != nil {
		return err
	}
	mailer, err := filemail.Open(w.path(mailFolder))
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	program, err := icert.Natural(nil)
	if err != nil {
		return err
	}
	a := w.authority
	w.office, err = ra.NewOffice(ra.Config{
		Store: w.store, Clock: w.clock, Owner: "demo", Vault: w.vault, Documents: w.documents,
		Mailer: mailer, Payments: &bankdeposit.Account{Number: bankAccount, Open: w.statement},
		Authority: a.sub, Ledger: w.ledger, Anchors: []*x509.Certificate{a.root.Certificate()},
		Directors: []*x509.Certificate{a.director.Chain[0]}, ListLife: listLife,
		KeyFile: pkcs12.Options{Iterations: keyFileIterations},
		Seal:    a.seal, Taxpayer: taxpayer(), Programs: []ra.Program{program},
		Sender:    mail.Address{Name: "Entidad de Certificación ICERT-EC", Address: senderMail},
		Mailboxes: mailboxes(), Domain: mailDomain, Place: icert.Ecuador(), Log: log,
	})
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	return nil
}

func (w *world) path(elements ...string) string {
	return filepath.Join(append([]string{w.dir}, elements...)...)
}

// at is an hour of a day of the story.
func (w *world) at(day, hour, minute int) time.Time {
	b := w.span.Begin
	return time.Date(b.Year(), b.Month(), b.Day()+day, hour, minute, 0, 0, b.Location())
}

// statement opens the bank's statement as it is now; before the bank wrote one, it has no entries.
func (w *world) statement(ctx context.Context) (io.ReadCloser, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return os.Open(w.path(statementFile))
}

func (w *world) close() error {
	var errs []error
	if w.documents != nil {
		errs = append(errs, w.documents.Close())
	}
	if w.ledger != nil {
		errs = append(errs, w.ledger.Close())
	}
	if w.store != nil {
		errs = append(errs, w.store.Close())
	}
	errs = append(errs, w.folder.Close())
	return errors.Join(errs...)
}
