package workflow

import (
	"errors"

	"github.com/rubrica/rubrica/workflow/definition"
)

// builtinGuards are words of every vocabulary.
var builtinGuards = map[string]GuardMaker{GuardOther: otherPerson, GuardTaken: taken}

// otherPerson is the four-eyes rule: whoever gives this command is not who gave that other one.
func otherPerson(p definition.Params) (Guard, error) {
	var with struct {
		Than string `json:"than"`
	}
	if err := p.Decode(&with); err != nil || with.Than == "" {
		return nil, errors.Join(errors.New("takes the parameter than: a command"), err)
	}
	return func(c Check) *Refusal {
		if by := c.State.Doers[with.Than]; by == "" || by != c.Command.By {
			return nil
		}
		r := refusal(GuardOther, "the same person gave command %s", with.Than)
		r.Args = map[string]string{"command": with.Than}
		return r
	}, nil
}

// taken opens a branch for those who come too late for a claim.
func taken(p definition.Params) (Guard, error) {
	var with struct {
		Claim string `json:"claim"`
	}
	if err := p.Decode(&with); err != nil || with.Claim == "" {
		return nil, errors.Join(errors.New("takes the parameter claim: a claim"), err)
	}
	return func(c Check) *Refusal {
		for _, k := range c.Facts.Taken {
			if k.Name == with.Claim {
				return nil
			}
		}
		return refusal(GuardTaken, "claim %s is not held by another instance", with.Claim)
	}, nil
}
