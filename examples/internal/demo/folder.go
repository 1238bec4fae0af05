package demo

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"

	"modernc.org/sqlite"

	"github.com/rubrica/rubrica/ra/icert"
)

// FolderError says why a folder cannot hold the demonstration. Nothing in it was changed; the
// person chooses another folder, or waits.
type FolderError struct {
	Dir, Reason string
	Err         error // of the system; may be nil
}

func (e *FolderError) Error() string {
	text := "demo: folder " + e.Dir + " " + e.Reason
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

func (e *FolderError) Unwrap() error { return e.Err }

// lockFile marks a folder as one of the demonstration and is held while a program works in it.
const lockFile = ".en-uso"

// claimFolder makes the folder, or finds it to be one of the demonstration's, and holds it for this
// program alone until the answer is closed. The lock is an exclusive transaction of SQLite on an
// empty file: every system has it, and it ends with the process however that ends.
func claimFolder(ctx context.Context, dir string) (io.Closer, error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, &FolderError{dir, "cannot be used", err}
	}
	ours := len(entries) == 0
	for _, e := range entries {
		ours = ours || e.Name() == lockFile || e.Name() == databaseFile
	}
	if !ours {
		return nil, &FolderError{dir, "is not empty and holds no demonstration; name a new one", nil}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, &FolderError{dir, "cannot be used", err}
	}
	name := filepath.Join(dir, lockFile)
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, &FolderError{dir, "cannot be used", err}
	}
	if err := f.Close(); err != nil {
		return nil, &FolderError{dir, "cannot be used", err}
	}
	return lock(ctx, dir, name)
}

func lock(ctx context.Context, dir, name string) (io.Closer, error) {
	address := url.URL{Scheme: "file", Opaque: (&url.URL{Path: name}).EscapedPath(),
		RawQuery: url.Values{"_txlock": {"exclusive"}, "_pragma": {"busy_timeout(0)"}}.Encode()}
	db, err := sql.Open("sqlite", address.String())
	if err != nil {
		return nil, &FolderError{dir, "cannot be used", err}
	}
	// The transaction outlives ctx: it ends when the folder is let go.
	tx, err := db.BeginTx(context.WithoutCancel(ctx), nil)
	if err == nil {
		return held{db, tx}, nil
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok && e.Code()&0xff == sqliteBusy {
		err = &FolderError{dir, "is in use: another program is working in it; wait until it ends", nil}
	} else {
		err = &FolderError{dir, "cannot be used", err}
	}
	return nil, errors.Join(err, db.Close())
}

// sqliteBusy is the primary result code SQLITE_BUSY: another connection has the lock.
const sqliteBusy = 5

// held is a folder that this program holds.
type held struct {
	db *sql.DB
	tx *sql.Tx
}

// Close lets the folder go; a second call does nothing.
func (h held) Close() error {
	err := h.tx.Rollback()
	if errors.Is(err, sql.ErrTxDone) {
		err = nil
	}
	return errors.Join(err, h.db.Close())
}

// versionRecord says which story is told in the folder.
const versionRecord = "version"

// checkVersion refuses to go on with a story that another version of the program began: its steps
// or its process are others.
func (w *world) checkVersion(ctx context.Context) error {
	program, err := icert.Natural(nil)
	if err != nil {
		return err
	}
	h := sha256.New()
	fmt.Fprintf(h, "%s\n", program.Process.Pin().Digest)
	for _, s := range w.steps() {
		fmt.Fprintln(h, s.name)
	}
	mine := hex.EncodeToString(h.Sum(nil))
	_, stored, err := w.vault.PutOnce(ctx, ownSubject, versionRecord, []byte(mine))
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	if string(stored) != mine {
		return &FolderError{w.dir, "was begun by another version of this program; name a new one", nil}
	}
	return nil
}
