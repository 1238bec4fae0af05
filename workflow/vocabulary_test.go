package workflow_test

import (
	"errors"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/workflow"
	"github.com/rubrica/rubrica/workflow/definition"
)

// dossier is the host's part of the facts in these tests.
type dossier struct {
	refuse map[string]bool // guards that refuse
}

// word is a guard without parameters that passes unless the dossier says otherwise.
func word(name string) workflow.GuardMaker {
	return func(p definition.Params) (workflow.Guard, error) {
		return guard(name), p.Decode(&struct{}{})
	}
}

func guard(name string) workflow.Guard {
	return func(c workflow.Check) *workflow.Refusal {
		if d, ok := c.Facts.Host.(*dossier); ok && d.refuse[name] {
			return &workflow.Refusal{Message: "refused." + name, Reason: "the test says so"}
		}
		return nil
	}
}

// with is a guard whose parameters fill a T.
func with[T any](name string) workflow.GuardMaker {
	return func(p definition.Params) (workflow.Guard, error) {
		var t T
		if len(p) == 0 {
			return nil, errors.New("takes parameters")
		}
		return guard(name), p.Decode(&t)
	}
}

// claimData claims the value of a datum.
func claimData(scope, datum string) workflow.ClaimMaker {
	return func(p definition.Params) (workflow.ClaimRule, error) {
		return func(c workflow.Check) (workflow.Claim, *workflow.Refusal) {
			return workflow.Claim{Scope: scope, Key: c.Command.Data[datum]}, nil
		}, nil
	}
}

type window struct {
	Until string `json:"until"`
	Units int    `json:"units"`
}

// quota claims a slot of a pool that grows with every window: what was not assigned in one is
// carried to the next.
func quota(p definition.Params) (workflow.ClaimRule, error) {
	var with struct {
		Rollover bool     `json:"rollover"`
		Windows  []window `json:"windows"`
	}
	if err := p.Decode(&with); err != nil {
		return nil, err
	}
	return func(c workflow.Check) (workflow.Claim, *workflow.Refusal) {
		units := 0
		for _, w := range with.Windows {
			units += w.Units
			if c.Now.Format(time.DateOnly) <= w.Until {
				return workflow.Claim{Scope: "vuce", Slots: units}, nil
			}
		}
		return workflow.Claim{}, &workflow.Refusal{Message: "quota.over", Reason: "no window"}
	}, nil
}

func vocabulary() workflow.Vocabulary {
	return workflow.Vocabulary{
		Actors: []string{"applicant", "operator", "director", "finance", "ministry", "certifier"},
		Guards: map[string]workflow.GuardMaker{
			"mail-confirmed": word("mail-confirmed"), "address-matches": word("address-matches"),
			"id-received": word("id-received"), "ruc-container": word("ruc-container"),
			"digest-reviewed": word("digest-reviewed"),
			"in-window":       word("in-window"), "out-of-window": word("out-of-window"),
			"payment-matches": with[struct {
				Tariff string `json:"tariff"`
			}]("payment-matches"),
			"documents": with[struct {
				Max   int64    `json:"max-bytes"`
				Kinds []string `json:"kinds"`
			}]("documents"),
			"container-allowed": with[struct {
				Containers []string `json:"containers"`
			}]("container-allowed"),
			"photo": with[struct {
				Width  int  `json:"min-width"`
				Height int  `json:"min-height"`
				Free   bool `json:"orientation-free"`
			}]("photo"),
			"signed": with[struct {
				By []string `json:"by"`
			}]("signed"),
			"document-age": with[struct {
				Days int `json:"max-days"`
			}]("document-age"),
			"remaining": with[struct {
				Months int `json:"months"`
			}]("remaining"),
			"lead": with[struct {
				Days int `json:"days"`
			}]("lead"),
		},
		Claims: map[string]workflow.ClaimMaker{
			"identity": claimData("identity", "form"), "receipt": claimData("receipt", "receipt"),
			"nit": claimData("nit", "nit"), "free-replacement": claimData("free", "reason"),
			"quota": quota,
		},
		Effects: map[string]func(definition.Params) error{
			"mail": func(p definition.Params) error {
				var with struct {
					Template string `json:"template"`
					To       string `json:"to"`
					Copy     string `json:"copy"`
				}
				return p.Decode(&with)
			},
			"issue": func(p definition.Params) error {
				return p.Decode(&struct {
					Validity string `json:"validity"`
				}{})
			},
			"revoke": func(p definition.Params) error {
				return p.Decode(&struct {
					Reason string `json:"reason"`
				}{})
			},
			"observe": func(p definition.Params) error {
				return p.Decode(&struct {
					Term string `json:"term"`
				}{})
			},
			"invoice": nil, "contract": nil,
		},
	}
}

func load(t testing.TB, file string) definition.Definition {
	t.Helper()
	text, err := os.ReadFile("testdata/" + file)
	require.NoError(t, err)
	def, err := definition.Read(text)
	require.NoError(t, err)
	return def
}

func compile(t testing.TB, def definition.Definition) *workflow.Process {
	t.Helper()
	p, err := workflow.Compile(def, vocabulary())
	require.NoError(t, err)
	return p
}
