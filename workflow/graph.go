package workflow

import (
	"fmt"
	"slices"

	"github.com/rubrica/rubrica/workflow/definition"
)

// graph checks what states, transitions and timers make together.
func (c *compiler) graph() {
	c.reachable()
	c.exits()
	c.deadlines()
	c.timerBases()
	c.shadows()
	c.unused()
	c.compact()
}

// edges calls each for every way from one state to another, "" being the start.
func (c *compiler) edges(each func(from, to string)) {
	for _, t := range c.process.starts {
		each("", t.spec.To)
	}
	for from, commands := range c.process.table {
		for _, list := range commands {
			for _, t := range list {
				each(from, target(t.spec.To, from))
			}
		}
	}
	for _, t := range c.process.timers {
		for from := range t.while {
			each(from, target(t.spec.To, from))
		}
	}
}

func target(to, from string) string {
	if to == "" {
		return from
	}
	return to
}

// spread returns what a set of states leads to, along next.
func spread(from []string, next map[string][]string) map[string]bool {
	seen := map[string]bool{}
	for len(from) > 0 {
		s := from[len(from)-1]
		from = from[:len(from)-1]
		if !seen[s] {
			seen[s] = true
			from = append(from, next[s]...)
		}
	}
	return seen
}

func (c *compiler) reachable() {
	forth, back := map[string][]string{}, map[string][]string{}
	c.edges(func(from, to string) {
		forth[from] = append(forth[from], to)
		back[to] = append(back[to], from)
	})
	var finals []string
	for name, s := range c.def.States {
		if s.Final != "" {
			finals = append(finals, name)
		}
	}
	if len(finals) == 0 {
		c.fail("states", "no state is final")
	}
	reached, ends := spread([]string{""}, forth), spread(finals, back)
	for _, name := range sorted(c.def.States) {
		switch {
		case !reached[name]:
			c.fail("states."+name, "cannot be reached")
		case !ends[name]:
			c.fail("states."+name, "no way leads from here to a final state")
		}
	}
}

// exits refuses waiting states that nothing leads out of. (That final states have none was checked
// when transitions and timers were linked.)
func (c *compiler) exits() {
	out := map[string]bool{}
	c.edges(func(from, to string) { out[from] = out[from] || from != to })
	for _, name := range sorted(c.def.States) {
		if c.def.States[name].Final == "" && !out[name] {
			c.fail("states."+name, "nothing leads out of it, and it is not final")
		}
	}
}

func (c *compiler) deadlines() {
	for _, name := range sorted(c.def.States) {
		s := c.def.States[name]
		timed := slices.ContainsFunc(c.process.timers, func(t *timer) bool {
			return t.while[name] && t.spec.To != "" && t.spec.To != name
		})
		if s.Final == "" && s.Waits == "" && !timed {
			c.fail("states."+name, "waits without a deadline: no timer leads out of it, and waits "+
				"gives no reason")
		}
	}
}

// timerBases checks that a timer that counts from a datum is not set by another timer, which could
// not be refused when the datum is missing. It follows that timers alone never go round in a circle
// without time passing.
func (c *compiler) timerBases() {
	for _, t := range c.process.timers {
		if t.spec.From == "" {
			continue
		}
		for _, other := range c.process.timers {
			for from := range other.while {
				if !t.while[from] && t.while[other.spec.To] {
					c.fail(c.timerPath(t), "timer %q, which leads into its states, cannot know that "+
						"datum %q is there", other.spec.Name, t.spec.From)
				}
			}
		}
	}
}

func (c *compiler) timerPath(t *timer) string {
	for i, spec := range c.def.Timers {
		if spec.Name == t.spec.Name {
			return fmt.Sprintf("timers[%d]", i)
		}
	}
	return "timers"
}

// shadows refuses transitions that an earlier one without guards or claims always precedes.
func (c *compiler) shadows() {
	path := map[*transition]string{}
	check := func(list []*transition, from string) {
		for i, t := range list {
			if i > 0 && len(list[i-1].guards) == 0 && len(list[i-1].claims) == 0 {
				c.fail(path[t], "can never happen: an earlier transition for command %q %s has "+
					"neither guards nor claims", t.spec.On, from)
				return
			}
		}
	}
	starts := map[string][]*transition{}
	n := 0
	for i, spec := range c.def.Start {
		if spec.On != "" {
			t := c.process.starts[n]
			n++
			path[t] = fmt.Sprintf("start[%d]", i)
			starts[spec.On] = append(starts[spec.On], t)
		}
	}
	for _, name := range sorted(starts) {
		check(starts[name], "at the start")
	}
	c.transitionPaths(path)
	for _, from := range sorted(c.process.table) {
		for _, name := range sorted(c.process.table[from]) {
			check(c.process.table[from][name], "in state "+from)
		}
	}
}

func (c *compiler) transitionPaths(path map[*transition]string) {
	for i, spec := range c.def.Transitions {
		if spec.On == "" {
			continue
		}
		for _, t := range c.process.table[spec.From[0]][spec.On] {
			if _, known := path[t]; !known {
				path[t] = fmt.Sprintf("transitions[%d]", i)
				break
			}
		}
	}
}

// unused refuses commands that nothing takes, and commands of the system that no effect answers
// with: their transitions could never happen.
func (c *compiler) unused() {
	used, answered := map[string]bool{}, map[string]bool{}
	note := func(effects []definition.Effect) {
		for _, e := range effects {
			for _, command := range e.Answers {
				answered[command] = true
			}
		}
	}
	for _, t := range slices.Concat(c.def.Start, c.def.Transitions) {
		used[t.On] = true
		note(t.Effects)
	}
	for _, t := range c.def.Timers {
		note(t.Effects)
	}
	for _, name := range sorted(c.def.Commands) {
		actors := c.def.Commands[name].Actors
		switch {
		case !used[name]:
			c.fail("commands."+name, "no transition takes it")
		case len(actors) == 1 && actors[0] == System && !answered[name]:
			c.fail("commands."+name, "only the system may give it, and no effect answers with it")
		}
	}
}
