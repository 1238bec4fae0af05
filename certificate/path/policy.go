package path

import (
	"maps"
	"slices"

	"github.com/rubrica/rubrica/certificate/internal/syntax"
)

// policyGraph is the valid_policy_graph of RFC 9618, which replaces the tree of RFC 5280, 6.1: one
// node a policy and depth with edges to all its parents, so that its size is linear in that of the
// certificates, where the tree grows exponentially.
type policyGraph struct {
	levels []policyLevel // by depth, from 0
}

// policyLevel holds the nodes of one depth.
type policyLevel struct {
	nodes    map[string]*policyNode   // by valid_policy
	expected map[string][]*policyNode // by each member of expected_policy_set
}

type policyNode struct {
	policy    string   // valid_policy, contents octets of the OID
	expected  []string // expected_policy_set; nil: policy alone
	parents   []*policyNode
	underAny  bool // a parent has the valid_policy anyPolicy
	surviving bool // has a descendant at the last depth
}

func newPolicyGraph() *policyGraph {
	root := &policyNode{policy: syntax.AnyPolicy}
	g := &policyGraph{}
	g.levels = append(g.levels, newPolicyLevel([]*policyNode{root}))
	return g
}

func newPolicyLevel(nodes []*policyNode) policyLevel {
	l := policyLevel{nodes: make(map[string]*policyNode, len(nodes))}
	for _, n := range nodes {
		l.nodes[n.policy] = n
	}
	return l
}

// index builds the look-up by expected policy, once the mappings were applied.
func (l *policyLevel) index() map[string][]*policyNode {
	if l.expected == nil {
		l.expected = make(map[string][]*policyNode, len(l.nodes))
		for _, n := range l.nodes {
			if n.expected == nil {
				l.expected[n.policy] = append(l.expected[n.policy], n)
			}
			for _, e := range n.expected {
				l.expected[e] = append(l.expected[e], n)
			}
		}
	}
	return l.expected
}

// last returns the level at hand.
func (g *policyGraph) last() *policyLevel { return &g.levels[len(g.levels)-1] }

// null reports whether the graph is NULL: no node survives at the depth at hand.
func (g *policyGraph) null() bool { return g == nil || len(g.last().nodes) == 0 }

// descend is RFC 5280, 6.1.3 (d) in the words of RFC 9618: one depth further by the policies of a
// certificate.
func (g *policyGraph) descend(policies []syntax.PolicyInformation, anyAllowed bool) {
	above := g.last()
	expected := above.index()
	anyNode := above.nodes[syntax.AnyPolicy]
	next := make(map[string]*policyNode, len(policies))
	hasAny := false
	for _, p := range policies {
		oid := string(p.OID)
		if oid == syntax.AnyPolicy {
			hasAny = true
		} else if parents := expected[oid]; len(parents) > 0 { // (d)(1)(i)
			next[oid] = newPolicyNode(oid, parents)
		} else if anyNode != nil { // (d)(1)(ii)
			next[oid] = newPolicyNode(oid, []*policyNode{anyNode})
		}
	}
	if hasAny && anyAllowed { // (d)(2)
		for oid, parents := range expected {
			if next[oid] == nil {
				next[oid] = newPolicyNode(oid, parents)
			}
		}
	}
	g.levels = append(g.levels, policyLevel{nodes: next})
}

func newPolicyNode(oid string, parents []*policyNode) *policyNode {
	n := &policyNode{policy: oid, parents: parents}
	for _, p := range parents {
		n.underAny = n.underAny || p.policy == syntax.AnyPolicy
	}
	return n
}

// mapPolicies is RFC 5280, 6.1.4 (b).
func (g *policyGraph) mapPolicies(mappings []syntax.PolicyMapping, allowed bool) {
	level := g.last()
	if !allowed {
		for _, m := range mappings {
			delete(level.nodes, string(m.Issuer))
		}
		return
	}
	subjects := make(map[string][]string, len(mappings))
	var order []string
	for _, m := range mappings {
		if subjects[string(m.Issuer)] == nil {
			order = append(order, string(m.Issuer))
		}
		subjects[string(m.Issuer)] = append(subjects[string(m.Issuer)], string(m.Subject))
	}
	for _, oid := range order {
		g.mapOne(level, oid, subjects[oid])
	}
}

func (g *policyGraph) mapOne(level *policyLevel, oid string, subjects []string) {
	slices.Sort(subjects)
	subjects = slices.Compact(subjects)
	if n := level.nodes[oid]; n != nil {
		n.expected = subjects
		return
	}
	anyNode := level.nodes[syntax.AnyPolicy]
	if anyNode == nil {
		return
	}
	// The node is a child of the node of depth i-1 whose valid_policy is anyPolicy: the parents of
	// the anyPolicy node here.
	n := newPolicyNode(oid, anyNode.parents)
	n.expected = subjects
	level.nodes[oid] = n
}

// authority returns the authority-constrained policy set (RFC 9618, 5.5): the policies of nodes
// that survive to the last depth and hang below anyPolicy, and anyPolicy itself if it survives.
func (g *policyGraph) authority() []string {
	for _, n := range g.last().nodes {
		n.surviving = true
	}
	set := make(map[string]bool)
	for i := len(g.levels) - 1; i > 0; i-- {
		for _, n := range g.levels[i].nodes {
			if !n.surviving {
				continue
			}
			for _, p := range n.parents {
				p.surviving = true
			}
			if n.underAny && n.policy != syntax.AnyPolicy {
				set[n.policy] = true
			}
		}
	}
	if g.last().nodes[syntax.AnyPolicy] != nil {
		set[syntax.AnyPolicy] = true
	}
	return slices.Sorted(maps.Keys(set))
}

// constrain returns the user-constrained policy set: what the authorities allow of what the user
// accepts. accepted empty means any-policy.
func constrain(authority []string, accepted []string) []string {
	if len(accepted) == 0 || slices.Contains(accepted, syntax.AnyPolicy) {
		return authority
	}
	if slices.Contains(authority, syntax.AnyPolicy) {
		return slices.Sorted(slices.Values(accepted))
	}
	var both []string
	for _, p := range authority {
		if slices.Contains(accepted, p) {
			both = append(both, p)
		}
	}
	return both
}
