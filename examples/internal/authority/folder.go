package authority

import (
	"context"
	"crypto/x509"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/rubrica/rubrica/adapters/sqliteledger"
	"github.com/rubrica/rubrica/certificate"
	"github.com/rubrica/rubrica/certificate/ec/icert"
	"github.com/rubrica/rubrica/certificate/lint"
	"github.com/rubrica/rubrica/token"
)

var (
	// ErrExists says that the folder holds an authority already, made with other settings.
	ErrExists = errors.New("the folder holds another authority")

	// ErrSettings says that settings make no sense. The error around it says which.
	ErrSettings = errors.New("settings of the authority")

	// ErrNone says that the folder holds no authority.
	ErrNone = errors.New("the folder holds no authority")

	// ErrNotEmpty says that the folder holds something else: an authority has one of its own.
	ErrNotEmpty = errors.New("the folder is not empty and holds no authority")

	// ErrIncomplete says that the making of the authority was interrupted: make it again with the
	// same settings.
	ErrIncomplete = errors.New("the authority in the folder was not completed")

	// ErrLedgerLost says that keys and certificates are there and the ledger is not. Restore it:
	// without it nobody knows what was issued and revoked, and a new one would reinstate all.
	ErrLedgerLost = errors.New("the ledger of the authority in the folder is missing")
)

// Folder is an open authority. Close it after use.
type Folder struct {
	dir      string
	settings Settings
	password token.Secret
	clock    func() time.Time
	ledger   *sqliteledger.Ledger
	linter   *lint.Linter

	mu   sync.Mutex
	keys map[string]token.Key // opened once: a derivation takes a good part of a second
}

const (
	ledgerFile  = "ledger.db"
	rootName    = "root"
	issuingName = "authority"
	ocspName    = "ocsp"
)

// Init makes the authority in a folder, which may be missing or empty, or continues where it was
// interrupted. An authority that is complete is opened. Errors: [ErrSettings], [ErrNotEmpty],
// [ErrExists], [ErrLedgerLost], those of packages token and pkcs12 about algorithm and password.
func Init(
	ctx context.Context, dir string, s Settings, password token.Secret, clock func() time.Time,
) (*Folder, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if err := s.withDefaults().settle(dir, password); err != nil {
		return nil, err
	}
	f, err := Open(ctx, dir, password, clock)
	if err != nil {
		return nil, err
	}
	if _, err := f.responderKey(ctx); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// Open opens the authority in a folder. The password is used when a key is needed. Errors:
// [ErrNone], [ErrLedgerLost].
func Open(
	ctx context.Context, dir string, password token.Secret, clock func() time.Time,
) (*Folder, error) {
	s, err := readSettings(dir)
	if err != nil {
		return nil, err
	}
	database := filepath.Join(dir, ledgerFile)
	if exists(filepath.Join(dir, rootName+".pem")) && !exists(database) {
		return nil, ErrLedgerLost
	}
	linter, err := lint.New()
	if err != nil {
		return nil, err
	}
	ledger, err := sqliteledger.Open(ctx, database)
	if err != nil {
		return nil, err
	}
	return &Folder{
		dir: dir, settings: s, password: password, clock: clock, ledger: ledger, linter: linter,
		keys: map[string]token.Key{},
	}, nil
}

// Close ends all use of the folder.
func (f *Folder) Close() error { return f.ledger.Close() }

// Settings returns what the authority was made with.
func (f *Folder) Settings() Settings { return f.settings }

// Path returns the path of a file in the folder: "root.pem", "authority.pem".
func (f *Folder) Path(name string) string { return filepath.Join(f.dir, name) }

// address is the URL of a resource of the responder, as a list; none without a base.
func (f *Folder) address(resource string) []string {
	if f.settings.URL == "" {
		return nil
	}
	return []string{f.settings.URL + "/" + resource}
}

// config is what the root and the issuing authority have in common.
func (f *Folder) config(
	key token.Key, container icert.Container,
) (certificate.AuthorityConfig, error) {
	generation, err := f.settings.generation()
	if err != nil {
		return certificate.AuthorityConfig{}, err
	}
	profiles, err := icert.Profiles(
		icert.Config{Generation: generation, Container: container, CPS: f.settings.CPS})
	if err != nil {
		return certificate.AuthorityConfig{}, err
	}
	return certificate.AuthorityConfig{
		Certificate: key.Leaf(), Key: key.Signer, Ledger: f.ledger, Profiles: profiles, Clock: f.clock,
		Linters: []certificate.Linter{f.linter},
	}, nil
}

// rootAuthority opens the root, and makes it if it is not there.
func (f *Folder) rootAuthority(ctx context.Context) (*certificate.Authority, error) {
	key, err := f.key(rootName, func(key token.Key) ([]*x509.Certificate, error) {
		c, err := f.config(key, icert.File)
		if err != nil {
			return nil, err
		}
		root, err := certificate.IssueRoot(ctx, c, certificate.Request{
			ID: rootName, Profile: icert.Root, Subject: f.subject(f.settings.Name + " RAIZ"),
		})
		return []*x509.Certificate{root}, err
	})
	if err != nil {
		return nil, err
	}
	c, err := f.config(key, icert.File)
	if err != nil {
		return nil, err
	}
	c.CRL, c.Issuer = f.address("root.crl"), f.address("root.cer")
	return certificate.NewAuthority(c)
}

// issuing opens the issuing authority, and makes it and the root if they are not there.
func (f *Folder) issuing(
	ctx context.Context, container icert.Container,
) (*certificate.Authority, error) {
	key, err := f.key(issuingName, func(key token.Key) ([]*x509.Certificate, error) {
		root, err := f.rootAuthority(ctx)
		if err != nil {
			return nil, err
		}
		cert, err := issue(ctx, root, certificate.Request{
			ID: issuingName, Profile: icert.Subordinate, PublicKey: key.Signer.Public(),
			Subject: f.subject(f.settings.Name),
		})
		return []*x509.Certificate{cert, root.Certificate()}, err
	})
	if err != nil {
		return nil, err
	}
	c, err := f.config(key, container)
	if err != nil {
		return nil, err
	}
	c.CRL, c.OCSP = f.address("authority.crl"), f.address("ocsp")
	c.Issuer = f.address("authority.cer")
	return certificate.NewAuthority(c)
}

func (f *Folder) subject(name string) certificate.Subject {
	return certificate.Subject{
		CommonName:   name,
		Organization: f.settings.Organization,
		Country:      f.settings.Country,
	}
}

func issue(
	ctx context.Context, a *certificate.Authority, r certificate.Request,
) (*x509.Certificate, error) {
	planned, err := a.Plan(ctx, r)
	if err != nil {
		return nil, err
	}
	return a.Issue(ctx, planned)
}
