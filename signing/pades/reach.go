package pades

import (
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/pdf"
)

// unreached looks at an object that nothing led to before. What it means is judged with what leads
// to it now; but what was reached and could not be read may have led to it in other programs, and a
// new object can be ambiguous.
func (c *comparison) unreached(num uint32) error {
	g := &c.judge.graph
	if g.work++; g.work > maxGraphWork {
		return &pdf.LimitError{Object: num, Limit: "objects to be judged"}
	}
	now, err := c.new.Object(num)
	if limitOnly(err) != nil {
		return err
	}
	c.at = num
	if err == nil && pdf.Repeats(now) {
		c.forbid(signing.ModUnknown,
			"a key stands twice in a dictionary: readers differ on what it means")
		return nil
	}
	if g.unread == 0 {
		return nil
	}
	old, failed := c.old.Object(num)
	if limitOnly(failed) != nil {
		return failed
	}
	if old == nil && failed == nil || err == nil && failed == nil && c.same(old, now) {
		return nil
	}
	c.forbid(signing.ModUnknown,
		"the object was changed, and what leads to it cannot be told: other objects cannot be read")
	return nil
}

// reached reports whether anything leads to an object after the revision.
func (c *comparison) reached(num uint32) (bool, error) {
	if c.leads == nil {
		g := newGraph()
		g.work = c.judge.graph.work
		err := g.spread(c.new, roots(c.new)...)
		c.judge.graph.work = g.work
		if err != nil {
			return false, err
		}
		c.leads = &g
	}
	return c.leads.role(num) != 0, nil
}
