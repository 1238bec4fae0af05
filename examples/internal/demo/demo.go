package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/rubrica/rubrica/ra"
	"github.com/rubrica/rubrica/ra/icert"
	"github.com/rubrica/rubrica/workflow"
	"github.com/rubrica/rubrica/workflow/vault"
)

// Options say what Run does.
type Options struct {
	Dir     string           // of the artefacts; "" is ./rubrica-demo
	Process string           // icert-natural, all, or "": the only one there is
	Lang    string           // of page and messages: "es" (also "") or "en"
	Stdout  io.Writer        // a line a step; nil is silent
	Now     func() time.Time // when the story ends; nil is time.Now
	Log     *slog.Logger     // of the engine; nil is silent
}

// UsageError says that an option has a value that does not exist. The command shows it and ends.
type UsageError struct{ Option, Value string }

func (e *UsageError) Error() string {
	return fmt.Sprintf("demo: no such %s: %q", e.Option, e.Value)
}

// Run tells the story in the folder: the whole of it, what is left of it, or, when the folder is
// finished, nothing but that it is. It may be killed at any moment and called again. A folder that
// is in use, holds something else, or was begun by another version is a *FolderError.
func Run(ctx context.Context, o Options) error {
	if err := o.complete(); err != nil {
		return err
	}
	w, err := open(ctx, o.Dir, o.Now())
	if err != nil {
		return err
	}
	defer w.close()
	if w.end = o.Now().Truncate(time.Second); w.end.Before(w.span.End) {
		w.end = w.span.End
	}
	done, err := w.finished(ctx)
	if err != nil {
		return err
	}
	if done == o.Lang {
		fmt.Fprintf(o.Stdout, texts[o.Lang]["already"]+"\n", w.path(pageFile))
		return w.close()
	}
	if err := w.checkVersion(ctx); err != nil {
		return err
	}
	if err := w.begin(ctx, o.Log); err != nil {
		return err
	}
	if err := w.tell(ctx, o); err != nil {
		return err
	}
	if err := w.export(ctx, o.Lang); err != nil {
		return err
	}
	if _, err := w.vault.Put(ctx, ownSubject, finishRecord, []byte(o.Lang)); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	fmt.Fprintf(o.Stdout, texts[o.Lang]["finished"]+"\n", w.path(pageFile))
	return w.close()
}

func (o *Options) complete() error {
	switch o.Process {
	case "", "all", icert.NaturalName:
	default:
		return &UsageError{"process", o.Process}
	}
	switch o.Lang {
	case "":
		o.Lang = "es"
	case "es", "en":
	default:
		return &UsageError{"language", o.Lang}
	}
	if o.Dir == "" {
		o.Dir = "rubrica-demo"
	}
	if o.Stdout == nil {
		o.Stdout = io.Discard
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return nil
}

// finished returns the language in which the folder was finished, "" when it was not or its page
// is gone.
func (w *world) finished(ctx context.Context) (string, error) {
	_, language, err := w.vault.Latest(ctx, ownSubject, finishRecord)
	if errors.Is(err, vault.ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("demo: %w", err)
	}
	if _, err := os.Stat(w.path(pageFile)); err != nil {
		return "", nil
	}
	return string(language), nil
}

// happening is what the story remembers of a step.
type happening struct {
	Name    string              `json:"name"`
	At      time.Time           `json:"at"`
	Refused map[string][]string `json:"refused,omitempty"` // by language: what the person was told
}

// tell does the steps that are not done, each at its hour.
func (w *world) tell(ctx context.Context, o Options) error {
	for _, s := range w.steps() {
		record := "step." + s.name
		if _, _, err := w.vault.Latest(ctx, ownSubject, record); err == nil {
			continue
		} else if !errors.Is(err, vault.ErrNotFound) {
			return fmt.Errorf("demo: %w", err)
		}
		// Days pass here as they would outside: the clock stops wherever something is due.
		if err := w.office.Engine().RunUntil(ctx, s.at); err != nil {
			return fmt.Errorf("demo: %w", err)
		}
		if err := w.announceTimers(ctx, o); err != nil {
			return err
		}
		fmt.Fprintf(o.Stdout, "%s  %s\n", shortTime(s.at), texts[o.Lang]["step."+s.name])
		h, err := w.do(ctx, s)
		if err != nil {
			return fmt.Errorf("demo: step %s: %w", s.name, err)
		}
		for _, sentence := range h.Refused[o.Lang] {
			fmt.Fprintf(o.Stdout, "                  ↳ %s\n", sentence)
		}
		content, err := json.Marshal(h)
		if err != nil {
			return err
		}
		if _, _, err := w.vault.PutOnce(ctx, ownSubject, record, content); err != nil {
			return fmt.Errorf("demo: %w", err)
		}
	}
	return w.checkWork(ctx)
}

// announceTimers prints what the clock did since the last step.
func (w *world) announceTimers(ctx context.Context, o Options) error {
	for _, a := range cast() {
		s, err := a.state(ctx, w)
		if errors.Is(err, workflow.ErrNotFound) || err == nil && s.Sequence == w.announced[a.number] {
			continue
		}
		if err != nil {
			return fmt.Errorf("demo: %w", err)
		}
		events, err := w.office.Engine().History(ctx, a.id())
		if err != nil {
			return fmt.Errorf("demo: %w", err)
		}
		for _, e := range events {
			if e.Sequence > w.announced[a.number] && e.Timer != "" {
				fmt.Fprintf(o.Stdout, "                  ⏲ %s  %d: %s\n",
					shortTime(e.At), a.number, texts[o.Lang]["timer."+e.Timer])
			}
		}
		w.announced[a.number] = s.Sequence
	}
	return nil
}

// checkWork says whether everything that was ordered is done: a story with parked work has failed.
func (w *world) checkWork(ctx context.Context) error {
	parked, err := w.office.Engine().Parked(ctx, "")
	if err == nil && len(parked) > 0 {
		err = fmt.Errorf("%s was given up: %s", parked[0].Key, parked[0].Note)
	}
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	return nil
}

// do does a step. One that is to be refused must be, and one that is not must not.
func (w *world) do(ctx context.Context, s step) (happening, error) {
	h := happening{Name: s.name, At: s.at}
	err := s.do(ctx, w)
	if err == nil {
		if s.refused {
			return h, errors.New("what should be refused was accepted")
		}
		return h, w.office.Engine().Drain(ctx)
	}
	if !s.refused || len(ra.Refusals(err)) == 0 {
		return h, err
	}
	h.Refused = map[string][]string{}
	for _, language := range []string{"es", "en"} {
		h.Refused[language] = ra.NewCatalogue(language, nil).Explain(err)
	}
	return h, nil
}
