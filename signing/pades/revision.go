package pades

import (
	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/pdf"
)

// revisionJudge compares revisions, each with the one before, from the first signed one on.
type revisionJudge struct {
	file   *pdf.File
	graph  graph
	steps  [][]change // by revision, from 1; nil before the first signed one
	fields fieldIndex // of the revision that was judged last
	owned  ownership
	told   int // changes so far
}

// judgeRevisions lists the changes of every revision after first.
func judgeRevisions(f *pdf.File, first int) (*revisionJudge, error) {
	n := len(f.Revisions())
	j := &revisionJudge{file: f, graph: newGraph(), steps: make([][]change, n+1),
		owned: newOwnership()}
	v := f.At(first)
	if err := j.graph.spread(v, roots(v)...); err != nil {
		return nil, err
	}
	var err error
	if j.fields, err = newFieldIndex(v); limitOnly(err) != nil {
		return nil, err
	}
	for revision := first + 1; revision <= n; revision++ {
		c := &comparison{judge: j, revision: revision, old: f.At(revision - 1), new: f.At(revision)}
		if err := c.run(); err != nil {
			return nil, err
		}
		j.steps[revision] = c.changes
	}
	j.tail()
	return j, nil
}

// tail adds what stands behind the newest revision.
func (j *revisionJudge) tail() {
	out := change{class: signing.ModUnknown, need: needForbidden}
	switch at, any, err := j.file.Tail(); {
	case err != nil:
		out.why = say("the end of the document cannot be read: %v", err)
	case at != 0:
		out.why = say("octets behind the end of the document, at offset %d", at)
	case any:
		out = change{class: signing.ModStructure,
			why: say("comments behind the end of the document, which mean nothing")}
	default:
		return
	}
	j.steps = append(j.steps, []change{out})
}

// roots returns what the trailer of a view leads to.
func roots(v *pdf.View) []step {
	var out []step
	for key, r := range map[pdf.Name]role{"Root": roleCatalog, "Info": roleInfo,
		"Encrypt": roleFixed} {
		if ref, ok := v.Trailer().Get(key).(pdf.Ref); ok {
			out = append(out, step{r, ref.Num, 1})
		}
	}
	return out
}

// A comparison is one revision against the one before.
type comparison struct {
	judge    *revisionJudge
	revision int
	old, new *pdf.View
	changes  []change

	was, is  fieldIndex // fields and widgets before and after
	signs    bool       // the revision adds a signature or a time stamp
	stamps   bool       // it adds a document time stamp or evidence only
	versions []change   // changes of Version, allowed only with a signature
	at       uint32     // the object being compared; 0: the trailer
	leads    *graph     // see reached
}

func (c *comparison) add(class signing.ModificationClass, n need, fields []string, format string,
	args ...any) {
	c.changes = append(c.changes, c.change(class, n, fields, format, args...))
}

func (c *comparison) change(class signing.ModificationClass, n need, fields []string,
	format string, args ...any) change {
	out := change{class: class, need: n, fields: fields, why: say(format, args...)}
	if c.at == 0 {
		return out
	}
	out.object = c.name(c.at)
	if c.judge.told++; c.judge.told <= maxTold {
		out.path = c.judge.graph.path(c.at, c.old, c.new)
	}
	return out
}

// forbid adds a change that no signature permits.
func (c *comparison) forbid(class signing.ModificationClass, format string, args ...any) {
	c.add(class, needForbidden, nil, format, args...)
}

func (c *comparison) run() error {
	c.trailer()
	numbers := c.judge.file.Changed(c.revision)
	c.was = c.judge.fields
	var err error
	if c.is, err = c.was.next(c.old, c.new, numbers); limitOnly(err) != nil {
		return err
	}
	var changed []step
	for _, num := range numbers {
		roles := c.judge.graph.role(num)
		if err := c.object(num, roles); err != nil {
			return err
		}
		for bit := role(1); bit <= roles; bit <<= 1 {
			if roles&bit != 0 {
				changed = append(changed, step{role: bit, num: num})
			}
		}
	}
	c.conflicts()
	c.judge.fields = c.is.settled()
	c.judge.owned.changed = append(c.judge.owned.changed, numbers...)
	c.settle()
	c.unaccounted()
	return c.respread(changed)
}

// respread learns the roles of what changed objects lead to now.
func (c *comparison) respread(changed []step) error {
	for _, s := range changed {
		c.judge.graph.marks.of(s.num).roles &^= s.role
	}
	return c.judge.graph.spread(c.new, append(changed, roots(c.new)...)...)
}

// object compares one object in each role that it had.
func (c *comparison) object(num uint32, roles role) error {
	if roles == 0 {
		return c.unreached(num)
	}
	if c.judge.graph.work++; c.judge.graph.work > maxGraphWork {
		return &pdf.LimitError{Object: num, Limit: "objects to be judged"}
	}
	c.at = num
	old, err := c.old.Object(num)
	if err != nil {
		if limitOnly(err) != nil {
			return err
		}
		c.forbid(signing.ModUnknown, "the object could not be read before: %v", err)
		return nil
	}
	now, err := c.new.Object(num)
	if err != nil {
		if limitOnly(err) != nil {
			return err
		}
		c.forbid(signing.ModUnknown, "the object cannot be read: %v", err)
		return nil
	}
	oldRef, _ := c.old.RefOf(num)
	newRef, _ := c.new.RefOf(num)
	if old != nil && now != nil && oldRef.Gen != newRef.Gen {
		c.forbid(classOf(roles), "the object was replaced under another generation number")
		return nil
	}
	if c.same(old, now) {
		return nil
	}
	if pdf.Repeats(now) {
		c.forbid(signing.ModUnknown,
			"a key stands twice in a dictionary: readers differ on what it means")
		return nil
	}
	if now == nil {
		if reached, err := c.reached(num); err != nil || !reached {
			return err // what led to it before was changed, and is judged
		}
	}
	c.inRoles(num, roles, old, now)
	return nil
}

// name writes an object's reference as it is now, or was.
func (c *comparison) name(num uint32) string {
	ref, ok := c.new.RefOf(num)
	if !ok {
		ref, ok = c.old.RefOf(num)
	}
	if !ok {
		ref = pdf.Ref{Num: num}
	}
	return ref.String()
}

// same reports whether two versions of an object are the same, stream data included.
func (c *comparison) same(old, now pdf.Object) bool {
	a, isStream := old.(*pdf.Stream)
	b, also := now.(*pdf.Stream)
	if isStream && also {
		return pdf.SameStream(c.old, a, c.new, b)
	}
	return pdf.Equal(old, now)
}

// inRoles applies the rules of each role. Weak roles do not count for an object that has a strong
// one: the strong one is stricter about everything the weak one could mean, but for an annotation,
// whose keys (of opacity, for one) mean something in content too.
func (c *comparison) inRoles(num uint32, roles role, old, now pdf.Object) {
	if roles&strongRoles != 0 {
		if roles&roleContent != 0 && roles&roleAnnot != 0 && roles&rolePages == 0 {
			c.forbid(classOf(roles), "%s", phrase(whyOf(roles)))
			return
		}
		roles &= strongRoles | roleAnnots | roleValue
	}
	rules := []struct {
		role  role
		judge func(num uint32, old, now pdf.Object)
	}{
		{roleCatalog, c.catalog}, {rolePages, c.pages}, {roleAnnot, c.annotation}, {roleForm, c.form},
		{roleAnnots, c.annotations}, {roleAppearance, c.appearance}, {roleValue, c.value},
		{roleDSS, c.store}, {roleMetadata, c.metadata}, {roleInfo, c.info},
		{roleExtensions, c.extensions}, {roleDefaults, c.defaults},
	}
	if roles&(roleContent|roleAction|roleTags|roleFixed) != 0 {
		c.forbid(classOf(roles), "%s", phrase(whyOf(roles)))
		return
	}
	for _, r := range rules {
		if roles&r.role != 0 {
			r.judge(num, old, now)
		}
	}
}

// classOf names what a forbidden change of an object means.
func classOf(roles role) signing.ModificationClass {
	switch {
	case roles&(roleContent|rolePages) != 0:
		return signing.ModContent
	case roles&roleAppearance != 0:
		return signing.ModFormFill
	case roles&(roleCatalog|roleForm|roleAction|roleTags|roleFixed|roleExtensions|roleAnnots) != 0:
		return signing.ModStructure
	case roles&roleAnnot != 0:
		return signing.ModAnnotation
	case roles&roleValue != 0:
		return signing.ModSignature
	case roles&roleDSS != 0:
		return signing.ModLTV
	case roles&(roleMetadata|roleInfo) != 0:
		return signing.ModMetadata
	}
	return signing.ModUnknown
}

func whyOf(roles role) string {
	switch {
	case roles&roleContent != 0:
		return "what the pages show was changed"
	case roles&roleAction != 0:
		return "an action or script was changed"
	case roles&roleTags != 0:
		return "the logical structure of the document was changed"
	}
	return "a part of the document that signatures protect was changed"
}

// trailer compares the trailers (table 15).
func (c *comparison) trailer() {
	c.at = 0
	was, is := c.old.Trailer(), c.new.Trailer()
	if !pdf.Equal(was.Get("Root"), is.Get("Root")) {
		c.forbid(signing.ModStructure, "the document got another catalog")
	}
	if !pdf.Equal(was.Get("Encrypt"), is.Get("Encrypt")) {
		c.forbid(signing.ModStructure, "the encryption of the document was changed")
	}
	if is.Repeated {
		c.forbid(signing.ModUnknown, "a key stands twice in the trailer: readers differ on what it means")
	}
	if !pdf.Equal(was.Get("Info"), is.Get("Info")) {
		c.add(signing.ModMetadata, needForms, nil, "the document got another information dictionary")
	}
	if f := c.judge.file; f.Hides(c.revision) != f.Hides(c.revision-1) ||
		f.Hides(c.revision) && !pdf.Equal(was.Get("Size"), is.Get("Size")) {
		c.forbid(signing.ModStructure,
			"the Size in the trailer hides objects that there are, or shows such as were hidden")
	}
	a, _ := c.old.Array(was.Get("ID"))
	b, _ := c.new.Array(is.Get("ID"))
	if len(a) == 2 && len(b) == 2 && !pdf.Equal(a[0], b[0]) {
		c.add(signing.ModMetadata, needForms, nil, "the identifier of the document was changed")
	}
}

// conflicts names objects for which the cross-references of the revision give two places.
func (c *comparison) conflicts() {
	for _, num := range c.judge.file.Section(c.revision).Conflicts {
		c.at = num
		c.forbid(signing.ModUnknown,
			"the cross-references give two places for the object: readers differ on which counts")
	}
}

// settle lets a raised Version pass where the revision signs or stamps, and metadata change with
// evidence after any signature.
func (c *comparison) settle() {
	for _, v := range c.versions {
		switch {
		case v.need == needForbidden:
		case !c.signs:
			v.need = needForbidden
			v.why = v.why.and(say("a revision that adds no signature or time stamp has no reason to"))
		case c.stamps:
			v.class, v.need = signing.ModLTV, needNothing
		}
		c.changes = append(c.changes, v)
	}
	for i := range c.changes {
		if c.stamps && c.changes[i].class == signing.ModMetadata && c.changes[i].need == needForms {
			c.changes[i].need = needNothing
		}
	}
}

// unaccounted names octets of the revision that belong to nothing.
func (c *comparison) unaccounted() {
	c.at = 0
	stray, err := c.judge.file.Stray(c.revision)
	if err != nil {
		c.forbid(signing.ModUnknown, "the revision cannot be read as a whole: %v", err)
	}
	for _, at := range stray {
		c.forbid(signing.ModUnknown, "octets at offset %d belong to no object of the document", at)
	}
}
