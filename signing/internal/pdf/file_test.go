package pdf

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rubrica/rubrica/certificate/certtest"
)

// vectorFiles returns the PDFs of the conformance data.
func vectorFiles(t testing.TB) []string {
	var files []string
	err := filepath.WalkDir(certtest.Vectors(t), func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".pdf") {
			files = append(files, path)
		}
		return err
	})
	if err != nil || len(files) < 200 {
		t.Fatalf("%d PDFs: %v", len(files), err)
	}
	return files
}

// loadAll loads every version of every object and says what went wrong.
func loadAll(f *File) (loaded int, errs []error) {
	for i := range f.table.entries {
		e := &f.table.entries[i]
		o, err := f.load(e, e.rank|1)
		if s, ok := o.(*Stream); ok && err == nil {
			_, err = (&View{f: f, rank: e.rank | 1}).Length(s)
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		loaded++
	}
	return loaded, errs
}

func TestOpenVectors(t *testing.T) {
	for _, path := range vectorFiles(t) {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		rel, _ := filepath.Rel(certtest.Vectors(t), path)
		f, err := Open(bytes.NewReader(data), int64(len(data)), Options{})
		if err != nil {
			t.Logf("%s: %v", rel, err)
			continue
		}
		n, errs := loadAll(f)
		for _, o := range f.Oddities() {
			t.Logf("%s: odd: %d: %s", rel, o.Offset, o.Problem)
		}
		for _, err := range errs {
			t.Logf("%s: %v", rel, err)
		}
		if n == 0 {
			t.Logf("%s: nothing loaded", rel)
		}
	}
}
