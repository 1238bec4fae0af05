package demo

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"slices"
	"strings"
	"time"

	"github.com/rubrica/rubrica/ra/icert"
	"github.com/rubrica/rubrica/workflow"
	"github.com/rubrica/rubrica/workflow/definition"
	"github.com/rubrica/rubrica/workflow/vault"
)

//go:embed page.html
var pageText string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// page is what the template shows.
type page struct {
	Lang     string
	T        map[string]string
	Chapters []pageChapter
	Shared   []link
	Folders  []link
	Commands string
}

type pageChapter struct {
	Anchor, Final, Title, Outcome, Summary string
	Moments                                []moment
	Artefacts                              []link
}

// moment is one line of an application's story: an event, or a command that was refused.
type moment struct {
	At                      time.Time
	Class, When, Title, Who string
	State                   string
	Told                    []string
	Mails                   []link
}

type link struct{ Path, Title string }

// pageTexts are the page's own, without their prefix.
func pageTexts(lang string) map[string]string {
	out := map[string]string{}
	for key, text := range texts[lang] {
		if name, ok := strings.CutPrefix(key, "page."); ok {
			out[name] = text
		}
	}
	return out
}

// writePage writes index.html.
func (w *world) writePage(
	ctx context.Context, lang string, shared []artefact, chapters []chapter,
) error {
	t := pageTexts(lang)
	p := page{Lang: lang, T: t, Commands: commands, Shared: links(shared, lang), Folders: []link{
		{mailFolder + "/new/", t["mailFolder"]}, {databaseFile, t["database"]},
		{statementFile, t["statement"]}, {sealedFolder + "/", t["documents"]}}}
	mails, err := letters(w.path(mailFolder))
	if err != nil {
		return err
	}
	for _, c := range chapters {
		moments, err := w.moments(ctx, c, mails, lang)
		if err != nil {
			return err
		}
		n := digit(c.applicant.number)
		p.Chapters = append(p.Chapters, pageChapter{Anchor: "solicitud-" + n, Final: c.state.Final,
			Title:   texts[lang]["application"] + " " + n + ", " + c.applicant.form.Name(),
			Outcome: t[c.state.Final], Summary: texts[lang]["summary."+n],
			Moments: moments, Artefacts: links(c.artefacts, lang)})
	}
	var out bytes.Buffer
	if err := pageTemplate.Execute(&out, p); err != nil {
		return fmt.Errorf("demo: page: %w", err)
	}
	return writeFile(w.path(pageFile), out.Bytes())
}

func links(list []artefact, lang string) []link {
	out := make([]link, len(list))
	for i, a := range list {
		out[i] = link{a.Path, texts[lang]["artefact."+a.Kind]}
	}
	return out
}

// moments are the events and refusals of an application, in order.
func (w *world) moments(
	ctx context.Context, c chapter, mails []letter, lang string,
) ([]moment, error) {
	def, err := icert.NaturalDefinition()
	if err != nil {
		return nil, err
	}
	var out []moment
	for _, e := range c.events {
		m := eventMoment(e, def, lang)
		for _, l := range mails {
			if name, ok := strings.CutPrefix(l.id, fmt.Sprintf("%s.%d.", e.Instance, e.Sequence)); ok {
				_, name, _ = strings.Cut(name, ".")
				name, _, _ = strings.Cut(name, "@")
				m.Mails = append(m.Mails, link{mailFolder + "/" + l.file, texts[lang]["letter."+name]})
			}
		}
		out = append(out, m)
	}
	for _, s := range w.steps() {
		if s.who != c.applicant.number || !s.refused && !s.outside {
			continue
		}
		m, err := w.toldMoment(ctx, s, lang)
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	slices.SortStableFunc(out, func(a, b moment) int { return a.At.Compare(b.At) })
	return out, nil
}

func eventMoment(e workflow.Event, d definition.Definition, lang string) moment {
	m := moment{At: e.At, When: shortTime(e.At), Class: "person"}
	switch {
	case e.Timer != "":
		m.Class, m.Title, m.Who = "clock", texts[lang]["timer."+e.Timer], texts[lang]["actor.clock"]
	case e.Actor == workflow.System:
		m.Class, m.Title, m.Who = "system", texts[lang]["system."+e.Command], texts[lang]["actor.system"]
	default:
		role, number, _ := strings.Cut(e.By, "/")
		m.Title, m.Who = d.Commands[e.Command].Title[lang], texts[lang]["actor."+role]
		if role == "operator" {
			m.Who += " " + number
		}
	}
	if e.To != e.From {
		m.State = d.States[e.To].Title[lang]
	}
	return m
}

// toldMoment is what the story itself remembers of a step: it was refused, or happened outside.
func (w *world) toldMoment(ctx context.Context, s step, lang string) (moment, error) {
	_, content, err := w.vault.Latest(ctx, ownSubject, "step."+s.name)
	if errors.Is(err, vault.ErrNotFound) {
		return moment{}, fmt.Errorf("demo: step %s is not told", s.name)
	}
	if err != nil {
		return moment{}, fmt.Errorf("demo: %w", err)
	}
	var h happening
	if err := json.Unmarshal(content, &h); err != nil {
		return moment{}, fmt.Errorf("demo: %w", err)
	}
	class := "person"
	if s.refused {
		class = "refused"
	}
	_, title, _ := strings.Cut(texts[lang]["step."+s.name], ": ")
	return moment{At: h.At, When: shortTime(h.At), Class: class, Told: h.Refused[lang],
		Title: strings.ToUpper(title[:1]) + title[1:]}, nil
}

func shortTime(t time.Time) string { return t.In(icert.Ecuador()).Format("2006-01-02 15:04") }
