package path

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/certificate/internal/syntax"
)

// treeNode is a node of the valid_policy_tree as RFC 5280, 6.1.2 (a) describes it, grown and pruned
// to the letter: the yardstick for the graph.
type treeNode struct {
	policy   string
	expected []string
	parent   *treeNode
	children []*treeNode
	depth    int
}

type policyTree struct{ root *treeNode }

func (t *policyTree) level(depth int) (list []*treeNode) {
	var visit func(n *treeNode)
	visit = func(n *treeNode) {
		if n.depth == depth {
			list = append(list, n)
		}
		for _, c := range n.children {
			visit(c)
		}
	}
	if t.root != nil {
		visit(t.root)
	}
	return list
}

func (n *treeNode) grow(policy string, expected ...string) {
	n.children = append(n.children, &treeNode{policy: policy, expected: expected, parent: n, depth: n.depth + 1})
}

func (t *policyTree) remove(n *treeNode) {
	if n.parent == nil {
		t.root = nil
		return
	}
	n.parent.children = slices.DeleteFunc(n.parent.children, func(c *treeNode) bool { return c == n })
}

// prune deletes nodes of depth less than that without children, until there is none.
func (t *policyTree) prune(depth int) {
	for d := depth - 1; d >= 0; d-- {
		for _, n := range t.level(d) {
			if len(n.children) == 0 {
				t.remove(n)
			}
		}
	}
}

// step is one certificate of the test.
type step struct {
	policies   []string // nil: no extension
	anyAllowed bool
	mappings   [][2]string
	mapAllowed bool
}

func (t *policyTree) apply(s step, i int, last bool) {
	if s.policies == nil {
		t.root = nil
		return
	}
	above := t.level(i - 1)
	for _, p := range s.policies { // (d)(1)
		if p == syntax.AnyPolicy {
			continue
		}
		matched := false
		for _, n := range above {
			if slices.Contains(n.expected, p) {
				n.grow(p, p)
				matched = true
			}
		}
		for _, n := range above {
			if !matched && n.policy == syntax.AnyPolicy {
				n.grow(p, p)
			}
		}
	}
	if slices.Contains(s.policies, syntax.AnyPolicy) && s.anyAllowed { // (d)(2)
		for _, n := range above {
			for _, e := range n.expected {
				if !slices.ContainsFunc(n.children, func(c *treeNode) bool { return c.policy == e }) {
					n.grow(e, e)
				}
			}
		}
	}
	t.prune(i) // (d)(3)
	if last || len(s.mappings) == 0 {
		return
	}
	byIssuer := map[string][]string{}
	for _, m := range s.mappings {
		byIssuer[m[0]] = append(byIssuer[m[0]], m[1])
	}
	for _, issuer := range slices.Sorted(maps.Keys(byIssuer)) { // 6.1.4 (b)
		found := false
		for _, n := range t.level(i) {
			if n.policy == issuer {
				found = true
				if s.mapAllowed {
					n.expected = byIssuer[issuer]
				} else {
					t.remove(n)
				}
			}
		}
		if s.mapAllowed && !found {
			for _, n := range t.level(i) {
				if n.policy == syntax.AnyPolicy {
					n.parent.grow(issuer, byIssuer[issuer]...)
				}
			}
		}
	}
	if !s.mapAllowed {
		t.prune(i)
	}
}

// authority is the policies of the valid_policy_node_set, 6.1.5 (g) (iii) 1.
func (t *policyTree) authority(depth int) []string {
	t.prune(depth)
	set := map[string]bool{}
	for d := 1; d <= depth; d++ {
		for _, n := range t.level(d) {
			if n.parent.policy == syntax.AnyPolicy && n.policy != syntax.AnyPolicy {
				set[n.policy] = true
			}
			if d == depth && n.policy == syntax.AnyPolicy {
				set[n.policy] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(set))
}

func (g *policyGraph) apply(s step, last bool) *policyGraph {
	if s.policies == nil {
		return nil
	}
	var list []syntax.PolicyInformation
	for _, p := range s.policies {
		list = append(list, syntax.PolicyInformation{OID: []byte(p)})
	}
	g.descend(list, s.anyAllowed)
	if len(s.mappings) > 0 && !last {
		var mappings []syntax.PolicyMapping
		for _, m := range s.mappings {
			mappings = append(mappings, syntax.PolicyMapping{Issuer: []byte(m[0]), Subject: []byte(m[1])})
		}
		g.mapPolicies(mappings, s.mapAllowed)
	}
	return g
}

var policyNames = []string{syntax.AnyPolicy, "A", "B", "C"}

// comparePolicies runs both over the same certificates.
func comparePolicies(t *testing.T, steps []step) {
	t.Helper()
	graph, tree := newPolicyGraph(), &policyTree{root: &treeNode{policy: syntax.AnyPolicy, expected: []string{syntax.AnyPolicy}}}
	for i, s := range steps {
		last := i == len(steps)-1
		if graph != nil {
			graph = graph.apply(s, last)
		}
		tree.apply(s, i+1, last)
		require.Equal(t, len(tree.level(i+1)) == 0, graph.null(), "%+v after %d", steps, i+1)
	}
	var got []string
	if graph != nil {
		got = graph.authority()
	}
	want := tree.authority(len(steps))
	require.Equal(t, append([]string{}, want...), append([]string{}, got...), "%+v", steps)
}

func randomSteps(next func(n int) int) []step {
	var steps []step
	for range 1 + next(4) {
		s := step{anyAllowed: next(4) > 0, mapAllowed: next(4) > 0}
		if next(8) > 0 {
			s.policies = []string{}
			for _, p := range policyNames {
				if next(2) == 0 {
					s.policies = append(s.policies, p)
				}
			}
			if len(s.policies) == 0 {
				s.policies = []string{policyNames[next(4)]}
			}
		}
		for range next(4) {
			s.mappings = append(s.mappings, [2]string{policyNames[1+next(3)], policyNames[1+next(3)]})
		}
		steps = append(steps, s)
	}
	return steps
}

// TestPolicyGraphAgainstTree: the graph of RFC 9618 says what the tree of RFC 5280 says.
func TestPolicyGraphAgainstTree(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(9618, 5280))
	for range 50_000 {
		comparePolicies(t, randomSteps(r.IntN))
	}
}

func FuzzPolicyGraph(f *testing.F) {
	f.Add([]byte{3, 1, 1, 1, 0, 1, 0, 1, 2, 0, 1, 1, 2})
	f.Add([]byte("seed of policies and mappings"))
	f.Fuzz(func(t *testing.T, choices []byte) {
		at := 0
		comparePolicies(t, randomSteps(func(n int) int {
			if at >= len(choices) {
				return 0
			}
			at++
			return int(choices[at-1]) % n
		}))
	})
}

func FuzzNameConstraints(f *testing.F) {
	f.Add([]byte("\x30\x12\xa0\x10\x30\x0e\x82\x0cgood.example"), []byte("\x30\x0e\x82\x0cgood.example"))
	f.Add([]byte("\x30\x0c\xa1\x0a\x30\x08\x87\x08\xc0\x00\x02\x00\xff\xff\xff\x00"), []byte("\x30\x06\x87\x04\xc0\x00\x02\x01"))
	f.Add([]byte("\x30\x0a\xa0\x08\x30\x06\x81\x04\x2e\x61\x2e\x62"), []byte("\x30\x09\x81\x07x@y.a.b"))
	f.Fuzz(func(t *testing.T, constraints, names []byte) {
		n, err := syntax.ReadNameConstraints(constraints)
		if err != nil {
			return
		}
		s := compile(n, true)
		alternatives, err := syntax.ReadAltNames(names)
		if err != nil {
			return
		}
		verdict := s.judge(syntax.Name{0x30, 0}, alternatives, true)
		// Each name alone decides as it does among the others.
		bad := false
		for _, g := range alternatives {
			bad = bad || s.judge(syntax.Name{0x30, 0}, []syntax.GeneralName{g}, true) != ""
		}
		if bad != (verdict != "") {
			t.Fatalf("together %q, one by one %v", verdict, bad)
		}
	})
}
