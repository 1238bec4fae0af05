package authority

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/rubrica/rubrica/certificate"
	"github.com/rubrica/rubrica/token"
	"github.com/rubrica/rubrica/token/pkcs12"
)

// key opens NAME.p12. A key that is not there is made and written before it is certified, so that a
// repeat certifies the same one; then NAME.pem is written, and the chain into NAME.p12.
func (f *Folder) key(
	name string, certify func(token.Key) ([]*x509.Certificate, error),
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

// newKey makes a key and its file. Whoever was faster with the same name has made the key of all.
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
	body, err := f.encode(key)
	if err != nil {
		return token.Key{}, err
	}
	err = putFile(f.Path(name+".p12"), body, 0o600, os.Link) // which replaces nothing
	if errors.Is(err, fs.ErrExist) {
		return f.openKey(name)
	}
	return key, err
}

func (f *Folder) writeKey(name string, key token.Key) error {
	body, err := f.encode(key)
	if err != nil {
		return err
	}
	return writeFile(f.Path(name+".p12"), body, 0o600)
}

func (f *Folder) encode(key token.Key) ([]byte, error) {
	return pkcs12.Encode([]token.Key{key}, f.password,
		pkcs12.Options{Iterations: f.settings.Iterations})
}

// tryPassword refuses what no key file can be written with, before there is a file.
func tryPassword(password token.Secret, iterations int) error {
	signer, err := token.Generate(token.Ed25519)
	if err != nil {
		return err
	}
	_, err = pkcs12.Encode([]token.Key{{Signer: signer}}, password,
		pkcs12.Options{Iterations: iterations})
	return err
}

// temporary is how files are named until they are whole.
const temporary = ".new-*"

// writeFile writes a whole file or none, durably, in the place of one that may be there.
func writeFile(path string, body []byte, mode fs.FileMode) error {
	return putFile(path, body, mode, os.Rename)
}

// putFile writes a file beside its place and puts it there.
func putFile(
	path string, body []byte, mode fs.FileMode, put func(from, to string) error,
) (err error) {
	dir := filepath.Dir(path)
	t, err := os.CreateTemp(dir, temporary)
	if err != nil {
		return err
	}
	defer func() {
		// After a rename there is nothing to remove; after a link the second name goes.
		if gone := remove(t.Name()); err == nil {
			err = gone
		}
	}()
	_, err = t.Write(body)
	for _, step := range []func() error{
		func() error { return t.Chmod(mode) }, t.Sync,
	} {
		if err == nil {
			err = step()
		}
	}
	if err = errors.Join(err, t.Close()); err != nil {
		return err
	}
	if err = put(t.Name(), path); err != nil {
		return err
	}
	return syncFolder(dir)
}

// syncFolder makes the names in a folder durable.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
