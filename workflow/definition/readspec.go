package definition

import (
	"gopkg.in/yaml.v3"
)

// node reads one value of a definition.
type node = func(*yaml.Node, string)

func (r *reader) definition(n *yaml.Node, d *Definition) {
	r.fields(n, "", map[string]node{
		"name":     r.textInto(&d.Name),
		"revision": r.intInto(&d.Revision),
		"title":    r.titleInto(&d.Title),
		"settings": func(n *yaml.Node, at string) { d.Settings = mapping(r, n, at, r.truth) },
		"data": func(n *yaml.Node, at string) {
			d.Data = mapping(r, n, at, func(n *yaml.Node, at string) Kind { return Kind(r.text(n, at)) })
		},
		"commands":    func(n *yaml.Node, at string) { d.Commands = mapping(r, n, at, r.command) },
		"states":      func(n *yaml.Node, at string) { d.States = mapping(r, n, at, r.state) },
		"start":       func(n *yaml.Node, at string) { d.Start = sequence(r, n, at, r.transition) },
		"transitions": func(n *yaml.Node, at string) { d.Transitions = sequence(r, n, at, r.transition) },
		"timers":      func(n *yaml.Node, at string) { d.Timers = sequence(r, n, at, r.timer) },
	})
}

func (r *reader) command(n *yaml.Node, at string) (c Command) {
	r.fields(n, at, map[string]node{
		"if": r.textInto(&c.If), "unless": r.textInto(&c.Unless), "title": r.titleInto(&c.Title),
		"actors": r.listInto(&c.Actors), "with": r.listInto(&c.With), "may": r.listInto(&c.May),
	})
	return c
}

func (r *reader) state(n *yaml.Node, at string) (s State) {
	r.fields(n, at, map[string]node{
		"if": r.textInto(&s.If), "unless": r.textInto(&s.Unless), "title": r.titleInto(&s.Title),
		"waits": r.textInto(&s.Waits), "final": r.textInto(&s.Final),
	})
	return s
}

func (r *reader) transition(n *yaml.Node, at string) (t Transition) {
	r.fields(n, at, map[string]node{
		"if": r.textInto(&t.If), "unless": r.textInto(&t.Unless),
		"on": r.textInto(&t.On), "from": r.listInto(&t.From), "to": r.textInto(&t.To),
		"guards":  func(n *yaml.Node, at string) { t.Guards = sequence(r, n, at, r.guard) },
		"claims":  func(n *yaml.Node, at string) { t.Claims = sequence(r, n, at, r.claim) },
		"effects": func(n *yaml.Node, at string) { t.Effects = sequence(r, n, at, r.effect) },
	})
	return t
}

func (r *reader) timer(n *yaml.Node, at string) (t Timer) {
	r.fields(n, at, map[string]node{
		"if": r.textInto(&t.If), "unless": r.textInto(&t.Unless),
		"name": r.textInto(&t.Name), "while": r.listInto(&t.While), "from": r.textInto(&t.From),
		"to":      r.textInto(&t.To),
		"after":   func(n *yaml.Node, at string) { t.After = r.span(n, at) },
		"before":  func(n *yaml.Node, at string) { t.Before = r.span(n, at) },
		"effects": func(n *yaml.Node, at string) { t.Effects = sequence(r, n, at, r.effect) },
	})
	return t
}

func (r *reader) span(n *yaml.Node, at string) *Span {
	s := new(Span)
	r.fields(n, at, map[string]node{
		"hours": r.intInto(&s.Hours), "days": r.intInto(&s.Days), "clock": r.textInto(&s.Clock),
		"country": r.textInto(&s.Country), "region": r.textInto(&s.Region),
		"until": r.textInto(&s.Until),
	})
	return s
}

// guard reads a bare name, or a mapping of use and with.
func (r *reader) guard(n *yaml.Node, at string) (u Use) {
	if n.Kind == yaml.ScalarNode {
		u.Name = r.text(n, at)
		return u
	}
	r.fields(n, at, map[string]node{
		"use": r.textInto(&u.Name), "with": func(n *yaml.Node, at string) { u.Params = r.params(n, at) },
	})
	return u
}

func (r *reader) claim(n *yaml.Node, at string) (c Claim) {
	r.fields(n, at, map[string]node{
		"use": r.textInto(&c.Name), "with": func(n *yaml.Node, at string) { c.Params = r.params(n, at) },
		"hold": r.textInto(&c.Hold), "while": r.listInto(&c.While),
	})
	return c
}

// effect reads a bare name, or a mapping of do, with and answers.
func (r *reader) effect(n *yaml.Node, at string) (e Effect) {
	if n.Kind == yaml.ScalarNode {
		e.Name = r.text(n, at)
		return e
	}
	r.fields(n, at, map[string]node{
		"do": r.textInto(&e.Name), "with": func(n *yaml.Node, at string) { e.Params = r.params(n, at) },
		"answers": func(n *yaml.Node, at string) { e.Answers = mapping(r, n, at, r.text) },
	})
	return e
}

func (r *reader) params(n *yaml.Node, at string) Params {
	return mapping(r, n, at, r.value)
}

func (r *reader) textInto(p *string) node {
	return func(n *yaml.Node, at string) { *p = r.text(n, at) }
}

func (r *reader) listInto(p *[]string) node {
	return func(n *yaml.Node, at string) { *p = r.list(n, at) }
}

func (r *reader) titleInto(p *Text) node {
	return func(n *yaml.Node, at string) { *p = mapping(r, n, at, r.text) }
}

func (r *reader) intInto(p *int) node {
	return func(n *yaml.Node, at string) { *p = int(r.integer(n, at)) }
}

func mapping[T any](
	r *reader, n *yaml.Node, path string, read func(*yaml.Node, string) T,
) map[string]T {
	out := map[string]T{}
	r.entries(n, path, func(k, v *yaml.Node, at string) {
		r.where[at] = position{v.Line, v.Column}
		out[k.Value] = read(v, at)
	})
	return out
}

func sequence[T any](r *reader, n *yaml.Node, path string, read func(*yaml.Node, string) T) []T {
	var out []T
	r.items(n, path, func(v *yaml.Node, at string) { out = append(out, read(v, at)) })
	return out
}
