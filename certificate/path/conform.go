package path

import (
	"bytes"
	"strings"

	"github.com/rubrica/rubrica/certificate/internal/syntax"
)

// What follows is asked when Query.Strict is set: what RFC 5280, section 4 tells authorities to do
// and the validation of section 6 does not look at. Two demands are left out on purpose, for
// authorities do otherwise and nothing is lost, since section 6 processes both all the same: that
// basicConstraints of a subordinate authority is critical, and that policyConstraints is, which RFC
// 3280 left open (authorities of NIST's test suite have it so).

// maxSerial is the longest serial number, in octets (4.1.2.2).
const maxSerial = 20

// conform judges the certificate at hand.
func (w *walk) conform() {
	n, issuer := w.node(), w.attempt.path[w.at+1]
	if problem := generalDemands(n.cert); problem != "" {
		w.fail(Profile, problem)
	}
	if problem := keyIdentifierDemands(n, issuer); problem != "" {
		w.fail(Profile, problem)
	}
	if len(n.cert.Serial) == 1 && n.cert.Serial[0] == 0 {
		// 4.1.2.2. Anchors of old have it, and it harms nobody.
		w.fail(Profile, "the serial number is zero")
	}
	demands := endEntityDemands
	if n.cert.IsCA {
		demands = authorityDemands
	}
	if problem := demands(n.cert); problem != "" {
		w.fail(Profile, problem)
	}
}

// conformAnchor judges an anchor's certificate, which section 6 does not look at at all.
func (w *walk) conformAnchor() {
	c := w.node().cert
	w.checkSerial()
	w.dates()
	if problem := generalDemands(c); problem != "" {
		w.fail(Profile, "the anchor: "+problem)
	}
	if w.n == 0 || c.Version < 3 {
		return
	}
	if problem := authorityDemands(c); problem != "" {
		w.fail(Profile, "the anchor: "+problem)
	}
	if w.node().selfIssued() && !c.Critical(syntax.BasicConstraints) {
		w.fail(Profile, "the anchor: basicConstraints is not critical") // 4.2.1.9
	}
}

// generalDemands are those on every certificate.
func generalDemands(c *syntax.Certificate) string {
	switch {
	case len(c.Serial) > maxSerial:
		return "the serial number is longer than 20 octets"
	case c.Issuer.Empty(): // 4.1.2.4
		return "the issuer's name is empty"
	case !goodStrings(c.Issuer) || !goodStrings(c.Subject): // 4.1.2.4
		return "a name holds characters that are not of its string type"
	case c.Subject.Empty() && !c.Critical(syntax.SubjectAltName): // 4.1.2.6
		return "the subject is empty and no critical alternative name stands for it"
	}
	if problem := criticality(c); problem != "" {
		return problem
	}
	for _, g := range c.AltNames {
		if problem := alternativeName(g); problem != "" {
			return problem
		}
	}
	for _, p := range c.CRLPoints {
		if p.FullName == nil && p.Relative == nil && p.Issuer == nil { // 4.2.1.13
			return "a distribution point has neither name nor issuer"
		}
	}
	return ""
}

func goodStrings(n syntax.Name) bool {
	for a := range n.Attributes {
		if _, ok := a.Text(); !ok && isString(a) {
			return false
		}
	}
	return true
}

func isString(a syntax.Attribute) bool {
	switch a.Tag {
	case 0x0c, 0x12, 0x13, 0x14, 0x16, 0x1a, 0x1c, 0x1e:
		return true
	}
	return false
}

// criticality is what sections 4.2.1 and 4.2.2 fix.
func criticality(c *syntax.Certificate) string {
	for _, never := range []struct {
		id   syntax.ExtensionID
		name string
	}{
		{syntax.AuthorityKeyIdentifier, "authorityKeyIdentifier"},
		{syntax.SubjectKeyIdentifier, "subjectKeyIdentifier"},
		{syntax.SubjectDirectoryAttributes, "subjectDirectoryAttributes"},
		{syntax.FreshestCRL, "freshestCRL"},
		{syntax.AuthorityInfoAccess, "authorityInfoAccess"},
		{syntax.SubjectInfoAccess, "subjectInfoAccess"},
	} {
		if c.Critical(never.id) {
			return never.name + " is critical"
		}
	}
	for _, always := range []struct {
		id   syntax.ExtensionID
		name string
	}{
		{syntax.NameConstraintsID, "nameConstraints"},
		{syntax.InhibitAnyPolicy, "inhibitAnyPolicy"},
	} {
		if c.Has(always.id) && !c.Critical(always.id) {
			return always.name + " is not critical"
		}
	}
	return ""
}

// alternativeName is 4.2.1.6.
func alternativeName(g syntax.GeneralName) string {
	text := string(g.Value)
	switch g.Form {
	case syntax.DNSName:
		if !validHost(strings.ReplaceAll(strings.TrimSuffix(text, "."), "*", "x")) {
			return "a dNSName is no domain name"
		}
	case syntax.RFC822Name:
		local, host, ok := strings.Cut(text, "@")
		quoted := strings.HasPrefix(local, `"`)
		if !ok || local == "" || host == "" || strings.ContainsAny(text, " \x00<>") ||
			!quoted && strings.Contains(host, "@") {
			return "an rfc822Name is no mailbox"
		}
	case syntax.URI:
		scheme, rest, ok := strings.Cut(text, ":")
		if !ok || scheme == "" || rest == "" || strings.ContainsAny(text, " \x00") {
			return "a uniformResourceIdentifier is no absolute URI"
		}
	}
	return ""
}

// keyIdentifierDemands are 4.2.1.1 and 4.2.1.2: the issuer's key is named, and rightly.
func keyIdentifierDemands(n, issuer *node) string {
	named := n.cert.AuthorityKey
	if named.KeyID == nil && !(n.selfIssued() && n.sameEntity(issuer)) {
		return "the issuer's key is not named (authorityKeyIdentifier)"
	}
	if (named.Issuer == nil) != (named.Serial == nil) {
		return "authorityKeyIdentifier names an issuer without serial number, or the reverse"
	}
	if keysDiffer(named.KeyID, issuer.cert.SubjectKeyID) {
		return "authorityKeyIdentifier does not name the issuer's key"
	}
	if named.Serial != nil && !bytes.Equal(named.Serial, issuer.cert.Serial) {
		return "authorityKeyIdentifier names another certificate of the issuer"
	}
	return ""
}

func authorityDemands(c *syntax.Certificate) string {
	switch {
	case c.Subject.Empty(): // 4.1.2.6
		return "an authority without name"
	case !c.Has(syntax.SubjectKeyIdentifier): // 4.2.1.2
		return "an authority's key is not named (subjectKeyIdentifier)"
	case !c.Has(syntax.KeyUsage): // 4.2.1.3
		return "an authority's key usages are not stated"
	case c.PathLen >= 0 && !c.KeyUsage.Has(syntax.KeyCertSign): // 4.2.1.9
		return "a path length without the right to sign certificates"
	}
	if c.Constraints != nil {
		return constraintDemands(c.Constraints)
	}
	return ""
}

func endEntityDemands(c *syntax.Certificate) string {
	switch {
	case c.KeyUsage.Has(syntax.KeyCertSign): // 4.2.1.9
		return "keyCertSign in a certificate that is not an authority's"
	case c.PathLen >= 0: // 4.2.1.9
		return "a path length in a certificate that is not an authority's"
	case c.Has(syntax.NameConstraintsID): // 4.2.1.10
		return "name constraints in a certificate that is not an authority's"
	case c.Has(syntax.PolicyMappings): // 4.2.1.5
		return "policy mappings in a certificate that is not an authority's"
	}
	return ""
}

// constraintDemands is 4.2.1.10: a subtree is a name of its form.
func constraintDemands(n *syntax.NameConstraints) string {
	for _, list := range [][]syntax.GeneralName{n.Permitted, n.Excluded} {
		for _, g := range list {
			if !goodSubtree(g) {
				return "a name constraint is no subtree of its form: " + g.Form.String()
			}
		}
	}
	return ""
}

func goodSubtree(g syntax.GeneralName) bool {
	text := string(g.Value)
	switch g.Form {
	case syntax.DNSName:
		return text == "" || validHost(text)
	case syntax.RFC822Name:
		if strings.Contains(text, "@") {
			_, _, ok := splitMailbox(text)
			return ok
		}
		return validHost(strings.TrimPrefix(text, "."))
	case syntax.URI:
		return validHost(strings.TrimPrefix(text, "."))
	}
	return true
}
