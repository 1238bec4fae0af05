package authority

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/rubrica/rubrica/adapters/sqliteledger"
	"github.com/rubrica/rubrica/certificate"
	"github.com/rubrica/rubrica/certificate/ec/icert"
	"github.com/rubrica/rubrica/certificate/lint"
	"github.com/rubrica/rubrica/token"
	"github.com/rubrica/rubrica/token/pkcs12"
)

var (
	// ErrExists says that the folder holds an authority already, made with other settings.
	ErrExists = errors.New("the folder holds another authority")

	// ErrNone says that the folder holds no authority.
	ErrNone = errors.New("the folder holds no authority")
)

// Settings are fixed when the authority is made. The zero value of each is its default.
type Settings struct {
	Name         string `json:"name"`         // common name; "AUTORIDAD DE PRUEBA"
	Organization string `json:"organization"` // default: the name
	Country      string `json:"country"`      // "EC"
	Key          string `json:"key"`          // algorithm of the authority's keys; "RSA-4096"
	Generation   string `json:"generation"`   // "ext" (default) or "subj", see package icert
	URL          string `json:"url"`          // where the responder is reached; none: no addresses
	CPS          string `json:"cps"`          // address of the practice statement
	Iterations   int    `json:"iterations"`   // of the key files; package pkcs12's default
}

func (s Settings) withDefaults() Settings {
	set := func(field *string, value string) {
		if *field == "" {
			*field = value
		}
	}
	set(&s.Name, "AUTORIDAD DE PRUEBA")
	set(&s.Organization, s.Name)
	set(&s.Country, "EC")
	set(&s.Key, token.RSA4096.String())
	set(&s.Generation, "ext")
	return s
}

func (s Settings) generation() (icert.Generation, error) {
	switch s.Generation {
	case "ext":
		return icert.Ext, nil
	case "subj":
		return icert.Subj, nil
	}
	return 0, fmt.Errorf("unknown generation %q: ext or subj", s.Generation)
}

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
	settingsFile = "settings.json"
	ledgerFile   = "ledger.db"
	rootName     = "root"
	issuingName  = "authority"
	ocspName     = "ocsp"
)

// Init makes the authority in a folder, which may be missing or empty, or continues where it was
// interrupted.
func Init(
	ctx context.Context, dir string, s Settings, password token.Secret, clock func() time.Time,
) (*Folder, error) {
	s = s.withDefaults()
	if _, err := s.generation(); err != nil {
		return nil, err
	}
	if _, err := token.ParseAlgorithm(s.Key); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	stored, err := readSettings(dir)
	switch {
	case errors.Is(err, ErrNone):
		body, err := json.MarshalIndent(s, "", "\t")
		if err != nil {
			return nil, err
		}
		if err := writeFile(filepath.Join(dir, settingsFile), append(body, '\n'), 0o644); err != nil {
			return nil, err
		}
	case err != nil:
		return nil, err
	case stored != s:
		return nil, ErrExists
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

// Open opens the authority in a folder. The password is used when a key is needed.
func Open(
	ctx context.Context,
	dir string,
	password token.Secret,
	clock func() time.Time,
) (*Folder, error) {
	s, err := readSettings(dir)
	if err != nil {
		return nil, err
	}
	linter, err := lint.New()
	if err != nil {
		return nil, err
	}
	ledger, err := sqliteledger.Open(ctx, filepath.Join(dir, ledgerFile))
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

func readSettings(dir string) (Settings, error) {
	var s Settings
	body, err := os.ReadFile(filepath.Join(dir, settingsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return s, ErrNone
	}
	if err != nil {
		return s, err
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return s, fmt.Errorf("%s: %w", settingsFile, err)
	}
	return s, nil
}

// address is the URL of a resource of the responder, as a list; none without a base.
func (f *Folder) address(resource string) []string {
	if f.settings.URL == "" {
		return nil
	}
	return []string{f.settings.URL + "/" + resource}
}

// config is what the root and the issuing authority have in common.
func (f *Folder) config(
	key token.Key,
	container icert.Container,
) (certificate.AuthorityConfig, error) {
	generation, err := f.settings.generation()
	if err != nil {
		return certificate.AuthorityConfig{}, err
	}
	profiles, err := icert.Profiles(
		icert.Config{Generation: generation, Container: container, CPS: f.settings.CPS},
	)
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
	ctx context.Context,
	container icert.Container,
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
	c.CRL, c.OCSP, c.Issuer = f.address(
		"authority.crl",
	), f.address(
		"ocsp",
	), f.address(
		"authority.cer",
	)
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
	ctx context.Context,
	a *certificate.Authority,
	r certificate.Request,
) (*x509.Certificate, error) {
	planned, err := a.Plan(ctx, r)
	if err != nil {
		return nil, err
	}
	return a.Issue(ctx, planned)
}

// key opens NAME.p12. A key that is not there is made and written before it is certified, so that a
// repeat certifies the same one; then NAME.pem is written, and the chain into NAME.p12.
func (f *Folder) key(
	name string,
	certify func(token.Key) ([]*x509.Certificate, error),
) (token.Key, error) {
	f.mu.Lock()
	key, ok := f.keys[name]
	f.mu.Unlock()
	if ok {
		return key, nil
	}
	key, err := f.openKey(name)
	if err != nil {
		return key, err
	}
	if len(key.Chain) == 0 {
		if key.Chain, err = certify(key); err != nil {
			return key, err
		}
		text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: key.Leaf().Raw})
		if err := writeFile(f.Path(name+".pem"), text, 0o644); err != nil {
			return key, err
		}
		if err := f.writeKey(name, key); err != nil {
			return key, err
		}
	}
	f.keep(name, key)
	return key, nil
}

func (f *Folder) keep(name string, key token.Key) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.keys[name] = key
}

// openKey reads the key of NAME.p12, or makes it.
func (f *Folder) openKey(name string) (token.Key, error) {
	body, err := os.ReadFile(f.Path(name + ".p12"))
	if errors.Is(err, fs.ErrNotExist) {
		return f.newKey(name)
	}
	if err != nil {
		return token.Key{}, err
	}
	file, err := pkcs12.Open(body, f.password, pkcs12.Limits{Parse: certificate.Parse})
	if err != nil {
		return token.Key{}, fmt.Errorf("%s.p12: %w", name, err)
	}
	return file.Keys[0], nil
}

func (f *Folder) newKey(name string) (token.Key, error) {
	algorithm, err := token.ParseAlgorithm(f.settings.Key)
	if err != nil {
		return token.Key{}, err
	}
	if name == ocspName && (algorithm == token.RSA3072 || algorithm == token.RSA4096) {
		algorithm = token.RSA2048 // certified for three months, and busy
	}
	signer, err := token.Generate(algorithm)
	if err != nil {
		return token.Key{}, err
	}
	key := token.Key{Alias: name, Signer: signer}
	return key, f.writeKey(name, key)
}

func (f *Folder) writeKey(name string, key token.Key) error {
	body, err := pkcs12.Encode(
		[]token.Key{key},
		f.password,
		pkcs12.Options{Iterations: f.settings.Iterations},
	)
	if err != nil {
		return err
	}
	return writeFile(f.Path(name+".p12"), body, 0o600)
}

// writeFile writes a whole file or none, durably.
func writeFile(path string, body []byte, mode fs.FileMode) (err error) {
	t, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = t.Close()
			err = errors.Join(err, os.Remove(t.Name()))
		}
	}()
	if _, err = t.Write(body); err != nil {
		return err
	}
	if err = t.Chmod(mode); err != nil {
		return err
	}
	if err = t.Sync(); err != nil {
		return err
	}
	if err = t.Close(); err != nil {
		return err
	}
	return os.Rename(t.Name(), path)
}
