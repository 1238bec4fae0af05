package workflow

import (
	"context"
	"time"
)

// Direction says which way work goes.
type Direction uint8

const (
	Out Direction = iota // an effect, in the outbox
	In                   // a message, in the inbox
)

// Status is where work stands.
type Status uint8

const (
	AnyStatus Status = iota // in filters alone
	Pending                 // waits until it is due
	Leased                  // somebody is at it
	Done                    // finished
	Parked                  // given up; a person must look at it
)

// Message is something that came in from outside: a mail, a line of a bank statement, a call-back.
// (Source, ID) identifies it: received twice, it counts once. What it says is sealed elsewhere.
type Message struct {
	Source string `json:"source"` // "mail", "bank" …; a reference of 1 to 40 characters
	// ID is the sender's identification, any text of 1 to 1,000 bytes. Only its hash is kept.
	ID string `json:"-"`
	// At is when the message reached us, in whole microseconds UTC. Commands that it leads to are
	// decided at this instant.
	At time.Time `json:"at"`
	// Data holds references to the sealed content.
	Data map[string]string `json:"data,omitempty"`
}

// Work is an effect or a message on its way.
type Work struct {
	// Key identifies it: Effect.Key, or "in/<source>/<hash>" for a message.
	Key       string
	Direction Direction
	Effect    Effect  // if Out
	Message   Message // if In; ID is "" when it comes from a store
	Status    Status
	Due       time.Time
	Attempts  int
	Owner     string    // who holds the lease
	Until     time.Time // when the lease ends
	Note      string    // why it failed last, without personal data
}

// Lease asks for work.
type Lease struct {
	Owner string
	Now   time.Time
	Until time.Time
	Limit int
	// Direction says which kind.
	Direction Direction
}

// Settlement says what became of work.
type Settlement struct {
	Key   string
	Owner string // who has the lease; "" only for parked work
	// Attempt is Work.Attempts as leased: an owner whose lease ran out and who got the work again
	// cannot settle the earlier attempt.
	Attempt int
	Status  Status    // Pending, Done or Parked
	Due     time.Time // when Pending: not to be tried before
	Note    string
}

// Handler does effects. It may be called again for an effect that it has done already (after a
// crash, after a lease ran out), with the same Effect; the second time must change nothing and
// give the same answer.
type Handler interface {
	Handle(ctx context.Context, e Effect) (Answer, error)
}

// Answer is what an effect came to. The definition says which command each word leads to. Where it
// has none for "done", none follows; work with another word that it does not have is parked.
type Answer struct {
	// Word is "" for "done".
	Word string
	// Data is the data of that command.
	Data map[string]string
}

// Router says what a message is for.
type Router interface {
	// Route returns the instance and the command that the message leads to, or an empty instance
	// if it fits none: the message is then parked for a person to look at. The engine fills in
	// Key and At.
	Route(ctx context.Context, m Message) (instance string, c Command, err error)
}

// Refuser is a Router that wants to know of rejections, to tell the sender. If Refused returns nil
// the message is done; without a Refuser it is parked.
type Refuser interface {
	Refused(ctx context.Context, m Message, r *Rejection) error
}

// Failure is an error of a Handler or Router whose Note may be recorded: it holds no personal data
// and no secret. Of other errors only the type is recorded.
type Failure struct {
	Note string
	// Permanent failures are not tried again.
	Permanent bool
	Err       error
}

// Error returns the note and, for engineers alone, the cause.
func (f *Failure) Error() string {
	if f.Err == nil {
		return f.Note
	}
	return f.Note + ": " + f.Err.Error()
}

// Unwrap returns the cause.
func (f *Failure) Unwrap() error { return f.Err }
