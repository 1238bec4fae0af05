package authority

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/rubrica/rubrica/certificate/ec/icert"
	"github.com/rubrica/rubrica/token"
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
	return 0, fmt.Errorf("%w: unknown generation %q: ext or subj", ErrSettings, s.Generation)
}

// settingsFile holds the settings as JSON.
const settingsFile = "settings.json"

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

// encode checks the settings and writes them as JSON.
func (s Settings) encode() ([]byte, error) {
	if _, err := s.generation(); err != nil {
		return nil, err
	}
	if _, err := token.ParseAlgorithm(s.Key); err != nil {
		return nil, err
	}
	for _, address := range []string{s.URL, s.CPS} {
		if address != "" && !webAddress(address) {
			return nil, fmt.Errorf("%w: %q is no address as http://name", ErrSettings, address)
		}
	}
	body, err := json.MarshalIndent(s, "", "\t")
	return append(body, '\n'), err
}

func webAddress(s string) bool {
	u, err := url.Parse(s)
	ascii := !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
	return err == nil && ascii && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https")
}

// settle writes the settings of a new authority, or compares them with those of the one that is
// there. One that was not completed so far as to have a root certificate gives way.
func (s Settings) settle(dir string, password token.Secret) error {
	body, err := s.encode()
	if err != nil {
		return err
	}
	name := filepath.Join(dir, settingsFile)
	for range maxRaces {
		stored, err := readSettings(dir)
		switch {
		case err == nil && stored == s:
			return nil
		case err == nil && exists(filepath.Join(dir, rootName+".pem")):
			return ErrExists
		case err == nil: // its keys, if there are any, have certified nothing
			err = remove(filepath.Join(dir, rootName+".p12"), filepath.Join(dir, issuingName+".p12"))
			if err == nil {
				err = tryPassword(password, s.Iterations)
			}
			if err == nil {
				err = writeFile(name, body, 0o644)
			}
			return err
		case !errors.Is(err, ErrNone):
			return err
		}
		if err := empty(dir); err != nil && !exists(name) {
			return err
		}
		if err := tryPassword(password, s.Iterations); err != nil {
			return err
		}
		if err = putFile(name, body, 0o644, os.Link); !errors.Is(err, fs.ErrExist) {
			return err
		}
		// Somebody else began at the same time: look again.
	}
	return ErrExists
}

// maxRaces is how often somebody else may begin at the same time.
const maxRaces = 3

// empty refuses a folder that holds something else, such as a home directory; what an interrupted
// beginning left behind does not count.
func empty(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if ok, err := filepath.Match(temporary, e.Name()); err != nil || !ok {
			return ErrNotEmpty
		}
	}
	return nil
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

func remove(names ...string) error {
	for _, name := range names {
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
