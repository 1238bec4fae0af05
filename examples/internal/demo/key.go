package demo

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/rubrica/rubrica/workflow/vault"
)

// masterFile holds the key that seals the keys of subjects, and the pepper. In production it is in
// an HSM or a key service; here it lies beside what it protects.
const masterFile = "clave-maestra"

// openVault opens the vault with the folder's master key, made at the first start.
func openVault(dir string, store vault.Store) (*vault.Vault, error) {
	name := filepath.Join(dir, masterFile)
	master, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		fresh := make([]byte, 2*vault.KeySize)
		rand.Read(fresh)
		if err := writeFile(name, fresh); err != nil {
			return nil, err
		}
		master, err = os.ReadFile(name)
	}
	if err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	if len(master) != 2*vault.KeySize {
		return nil, fmt.Errorf("demo: %s has not %d octets", masterFile, 2*vault.KeySize)
	}
	defer clear(master)
	keeper, err := vault.NewKeeper(master[:vault.KeySize])
	if err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	return vault.New(vault.Config{Store: store, Keeper: keeper, Pepper: master[vault.KeySize:]})
}

// The keys of the authority and its people, each under a subject of its own.
const (
	rootKey     = "root"
	subKey      = "subordinate"
	sealKey     = "seal"
	directorKey = "director"
)

// keyBits: authorities get longer keys than those below them.
var keyBits = map[string]int{rootKey: 3072, subKey: 3072, sealKey: 2048, directorKey: 2048}

// openKeys returns the four keys, made from crypto/rand at the first start, two at a time, and
// sealed in the vault.
func openKeys(ctx context.Context, v *vault.Vault) (map[string]crypto.Signer, error) {
	var mu sync.Mutex
	var wait sync.WaitGroup
	keys, errs := map[string]crypto.Signer{}, []error{}
	for name := range keyBits {
		wait.Go(func() {
			key, err := openKey(ctx, v, name)
			mu.Lock()
			defer mu.Unlock()
			keys[name], errs = key, append(errs, err)
		})
	}
	wait.Wait()
	return keys, errors.Join(errs...)
}

func openKey(ctx context.Context, v *vault.Vault, name string) (crypto.Signer, error) {
	subject := "key." + name
	_, der, err := v.Latest(ctx, subject, "pkcs8")
	if errors.Is(err, vault.ErrNotFound) {
		var fresh *rsa.PrivateKey
		if fresh, err = rsa.GenerateKey(rand.Reader, keyBits[name]); err != nil {
			return nil, err
		}
		if der, err = x509.MarshalPKCS8PrivateKey(fresh); err != nil {
			return nil, err
		}
		_, der, err = v.PutOnce(ctx, subject, "pkcs8", der)
	}
	if err != nil {
		return nil, fmt.Errorf("demo: key %s: %w", name, err)
	}
	defer clear(der)
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, fmt.Errorf("demo: key %s: %w", name, err)
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("demo: key %s does not sign", name)
	}
	return signer, nil
}

// writeFile writes a file whole or not at all; a file that is there is replaced. What a killed
// process left of the part is overwritten by the next.
func writeFile(name string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	part := filepath.Join(filepath.Dir(name), ".parte-"+filepath.Base(name))
	f, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(part, name)
	}
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	return nil
}
