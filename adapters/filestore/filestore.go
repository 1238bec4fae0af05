package filestore

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path"

	"github.com/rubrica/rubrica/ra"
)

var _ ra.Documents = (*Store)(nil)

// maxDocument bounds one document: evidence has 2 MB, a signed contract far less than this.
const maxDocument = 64 << 20

// ErrTooLarge says that a document is larger than the store takes; nothing was kept of it.
var ErrTooLarge = errors.New("filestore: document is larger than 64 MB")

// Store is a folder of documents. It is safe for concurrent use, also by several processes.
// Nothing outside the folder is ever touched, whatever lies in it.
type Store struct{ root *os.Root }

// Open makes the folder if it is not there and opens it. Close releases it.
func Open(dir string) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("filestore: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("filestore: %w", err)
	}
	s := &Store{root: root}
	if err := root.MkdirAll("tmp", 0o700); err != nil {
		root.Close()
		return nil, fmt.Errorf("filestore: %w", err)
	}
	return s, nil
}

// Close releases the folder.
func (s *Store) Close() error { return s.root.Close() }

// Path is where a document lies, relative to the folder: two digits, a slash, the whole digest.
func Path(d ra.Digest) string {
	name := d.String()
	return path.Join(name[:2], name)
}

// Put implements ra.Documents. A file that is there already is replaced by the same octets, which
// also mends one that was damaged.
func (s *Store) Put(ctx context.Context, content io.Reader) (d ra.Digest, err error) {
	if err := ctx.Err(); err != nil {
		return d, err
	}
	temporary := "tmp/" + rand.Text()
	d, err = s.write(temporary, content)
	if err == nil {
		err = s.publish(temporary, d)
	}
	if err != nil {
		s.root.Remove(temporary)
		return ra.Digest{}, err
	}
	return d, nil
}

func (s *Store) write(name string, content io.Reader) (d ra.Digest, err error) {
	f, err := s.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return d, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(f, h), io.LimitReader(content, maxDocument+1))
	if err != nil {
		return d, err
	}
	if n > maxDocument {
		return d, ErrTooLarge
	}
	h.Sum(d[:0])
	return d, f.Sync()
}

func (s *Store) publish(temporary string, d ra.Digest) error {
	target := Path(d)
	folder := path.Dir(target)
	if err := s.root.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	if err := s.root.Rename(temporary, target); err != nil {
		return err
	}
	return errors.Join(s.syncFolder(folder), s.syncFolder("."))
}

// syncFolder makes a rename durable.
func (s *Store) syncFolder(name string) error {
	f, err := s.root.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Open implements ra.Documents. The reader reports an altered document with its last octets.
func (s *Store) Open(ctx context.Context, d ra.Digest) (io.ReadCloser, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f, err := s.root.Open(Path(d))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ra.ErrNoDocument
	}
	if err != nil {
		return nil, err
	}
	return &checkedReader{file: f, hash: sha256.New(), want: d}, nil
}

// Remove implements ra.Documents.
func (s *Store) Remove(ctx context.Context, d ra.Digest) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	target := Path(d)
	if err := s.root.Remove(target); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	return s.syncFolder(path.Dir(target))
}

// checkedReader hashes what it hands out and refuses to end well on another digest.
type checkedReader struct {
	file *os.File
	hash hash.Hash
	want ra.Digest
}

func (r *checkedReader) Read(p []byte) (int, error) {
	n, err := r.file.Read(p)
	r.hash.Write(p[:n])
	if err == io.EOF && ra.Digest(r.hash.Sum(nil)) != r.want {
		err = &ra.DamagedDocumentError{Digest: r.want}
	}
	return n, err
}

func (r *checkedReader) Close() error { return r.file.Close() }
