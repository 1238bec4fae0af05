package workflow_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rubrica/rubrica/workflow"
	"github.com/rubrica/rubrica/workflow/definition"
	"github.com/rubrica/rubrica/workflow/memory"
)

// loan is a process as its author writes it: a book is lent, and called back after two weeks.
const loan = `
name: loan
revision: 1
data: {copy: reference}
commands:
  lend: {actors: [librarian], with: [copy]}
  return: {actors: [librarian], with: [copy]}
states:
  lent: {title: {en: Lent, es: Prestado}}
  called-back: {waits: "nobody is forced to bring back a book"}
  returned: {final: returned}
start:
  - on: lend
    to: lent
    claims: [{use: copy, hold: life}]
transitions:
  - {on: return, from: [lent, called-back], to: returned}
timers:
  - name: two-weeks
    while: lent
    after: {days: 14, clock: calendar}
    to: called-back
    effects: [{do: mail, with: {template: call-back}}]
`

// printer does effects by printing them.
type printer struct{}

func (printer) Handle(_ context.Context, e workflow.Effect) (workflow.Answer, error) {
	fmt.Println(e.At.Format(time.DateOnly), e.Name, e.Params["template"], e.Key)
	return workflow.Answer{}, nil
}

// A process from its definition to its end. The clock jumps; with one that does not, and with a
// store that lasts, nothing else is different.
func Example() {
	def, err := definition.Read([]byte(loan))
	if err != nil {
		panic(err)
	}
	process, err := workflow.Compile(def, workflow.Vocabulary{
		Actors: []string{"librarian"},
		Claims: map[string]workflow.ClaimMaker{"copy": func(p definition.Params) (workflow.ClaimRule, error) {
			return func(c workflow.Check) (workflow.Claim, *workflow.Refusal) {
				return workflow.Claim{Scope: "copy", Key: c.Command.Data["copy"]}, nil
			}, p.Decode(&struct{}{})
		}},
		Effects: map[string]func(definition.Params) error{"mail": func(p definition.Params) error {
			return p.Decode(&struct {
				Template string `json:"template"`
			}{})
		}},
	})
	if err != nil {
		panic(err)
	}
	clock := memory.NewClock(time.Date(2026, 3, 2, 15, 0, 0, 0, time.UTC))
	engine, err := workflow.NewEngine(workflow.Config{Store: memory.New(), Clock: clock, Handler: printer{},
		Owner: "example", Processes: []*workflow.Process{process}})
	if err != nil {
		panic(err)
	}

	ctx := context.Background()
	lend := workflow.Command{Name: "lend", Key: "counter-1", Actor: "librarian", By: "librarian/7",
		Data: map[string]string{"copy": "shelf-3/42"}}
	if _, err := engine.Start(ctx, "loan", "first", lend); err != nil {
		panic(err)
	}
	lend.Key = "counter-2"
	_, err = engine.Start(ctx, "loan", "second", lend)
	var refused *workflow.Rejection
	fmt.Println(errors.As(err, &refused), refused.Refusals[0].Message)

	if err := engine.RunUntil(ctx, clock.Now().AddDate(0, 1, 0)); err != nil {
		panic(err)
	}
	out, err := engine.Do(ctx, "first", workflow.Command{Name: "return", Key: "counter-3",
		Actor: "librarian", By: "librarian/7", Data: map[string]string{"copy": "shelf-3/42"}})
	if err != nil {
		panic(err)
	}
	fmt.Println(out.Final, out.At.Format(time.DateOnly))
	// Output:
	// true claim.copy
	// 2026-03-16 mail call-back first/2/0
	// returned 2026-04-02
}

// What can never work is refused when it is loaded, with every reason and its place.
func ExampleCompile() {
	def, err := definition.Read([]byte(`name: broken
revision: 1
commands:
  begin: {actors: [clerk]}
states:
  open: {}
  lost: {waits: "for ever"}
  done: {final: done}
start:
  - {on: begin, to: open, guards: [mood]}
`))
	if err != nil {
		panic(err)
	}
	_, err = workflow.Compile(def, workflow.Vocabulary{Actors: []string{"clerk"}})
	fmt.Println(err)
	// Output:
	// workflow: definition "broken" cannot work
	// 	line 10, column 36: start[0].guards[0]: unknown guard "mood"
}
