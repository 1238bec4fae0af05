package icert

import (
	"embed"
	"fmt"
	"io/fs"
	"time"

	"github.com/rubrica/rubrica/ra"
	"github.com/rubrica/rubrica/workflow"
	"github.com/rubrica/rubrica/workflow/definition"
)

//go:embed natural.yaml
var natural []byte

//go:embed letters
var letters embed.FS

// NaturalName is the name of the process for natural persons.
const NaturalName = "icert-natural"

// FourEyes is the setting by which approving and issuing take two operators. It is on by default.
const FourEyes = "four-eyes"

// NaturalDefinition returns the definition of the process for natural persons, to be changed by a
// host that wants other limits.
func NaturalDefinition() (definition.Definition, error) {
	return definition.Read(natural)
}

// Natural compiles the process for natural persons with these settings; nil leaves the defaults.
func Natural(settings map[string]bool) (ra.Program, error) {
	def, err := NaturalDefinition()
	if err != nil {
		return ra.Program{}, fmt.Errorf("icert: %w", err)
	}
	if def, err = def.With(settings); err != nil {
		return ra.Program{}, fmt.Errorf("icert: %w", err)
	}
	process, err := workflow.Compile(def, ra.Vocabulary())
	if err != nil {
		return ra.Program{}, fmt.Errorf("icert: %w", err)
	}
	texts, err := Letters()
	if err != nil {
		return ra.Program{}, err
	}
	return ra.Program{Process: process, Letters: texts, Contract: Contract}, nil
}

// Letters returns the texts of the process's mails, with hours of mainland Ecuador.
func Letters() (*ra.Letters, error) {
	files, err := fs.Sub(letters, "letters")
	if err != nil {
		return nil, fmt.Errorf("icert: %w", err)
	}
	return ra.NewLetters(files, Ecuador())
}

// Ecuador is the time of mainland Ecuador, UTC−5 all year.
func Ecuador() *time.Location { return time.FixedZone("ECT", -5*60*60) }
