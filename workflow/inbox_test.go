package workflow_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/workflow"
)

// post routes messages by what their data say.
type post struct {
	fail    error
	refused []*workflow.Rejection
}

func (p *post) Route(_ context.Context, m workflow.Message) (string, workflow.Command, error) {
	if p.fail != nil {
		return "", workflow.Command{}, p.fail
	}
	return m.Data["instance"], workflow.Command{Name: "sign", Actor: "applicant", By: "applicant/1",
		Data: map[string]string{"signed": m.Data["record"]}}, nil
}

type refuser struct{ *post }

func (r refuser) Refused(_ context.Context, _ workflow.Message, why *workflow.Rejection) error {
	r.refused = append(r.refused, why)
	return nil
}

func mail(id, instance string, at time.Time) workflow.Message {
	m := workflow.Message{Source: "mail", ID: id, At: at,
		Data: map[string]string{"record": "v/mail/1"}}
	if instance != "" {
		m.Data["instance"] = instance
	}
	return m
}

// A contract that reached the mailbox in time counts, although nobody was there to read it until
// hours after the deadline; received again, it changes nothing.
func TestInboxInTime(t *testing.T) {
	t.Parallel()
	w := newTown(t, "icert-natural.yaml")
	w.cfg.Router = &post{}
	w.boot()
	one := toContract(w)
	deadline := noon.Add(120 * time.Hour)
	w.clock.Set(deadline.Add(5 * time.Hour))
	for _, want := range []bool{true, false} {
		fresh, err := w.engine.Receive(t.Context(), mail("<1@x>", one, deadline))
		require.NoError(t, err)
		require.Equal(t, want, fresh)
	}
	require.NoError(t, w.engine.Drain(t.Context()))
	require.Equal(t, "signed-by-applicant", w.at(one))
	events, err := w.engine.History(t.Context(), one)
	require.NoError(t, err)
	last := events[len(events)-1]
	require.Equal(t, deadline, last.At)
	require.Equal(t, "~"+mail("<1@x>", one, deadline).Key(), last.Key)
	require.Equal(t, "contract-reminder", events[len(events)-2].Timer, "what was due before was decided before")

	fresh, err := w.engine.Receive(t.Context(), mail("<1@x>", one, deadline))
	require.NoError(t, err)
	require.False(t, fresh)
}

// A command that comes first after the night, and would make the timer fire, does not overtake the
// message that came in time.
func TestInboxBeforeCommand(t *testing.T) {
	t.Parallel()
	w := newTown(t, "icert-natural.yaml")
	w.cfg.Router = &post{}
	w.boot()
	one := toContract(w)
	w.clock.Set(noon.Add(120 * time.Hour))
	_, err := w.engine.Receive(t.Context(), mail("<1@x>", one, noon.Add(120*time.Hour)))
	require.NoError(t, err)
	w.clock.Advance(5 * time.Hour)
	_, err = w.engine.Do(t.Context(), one, w.command("countersign", "director", map[string]string{"signed": "k/3"}))
	require.NoError(t, err)
	require.Equal(t, "archived", w.at(one))
}

func TestInboxTooLate(t *testing.T) {
	t.Parallel()
	w := newTown(t, "icert-natural.yaml")
	p := refuser{&post{}}
	w.cfg.Router = p
	w.boot()
	one := toContract(w)
	late := noon.Add(120*time.Hour + time.Second)
	w.clock.Set(late.Add(time.Hour))
	_, err := w.engine.Receive(t.Context(), mail("<1@x>", one, late))
	require.NoError(t, err)
	require.NoError(t, w.engine.Drain(t.Context()))
	require.Equal(t, "revoked", w.at(one))
	require.Len(t, p.refused, 1, "its sender is told")
	require.Equal(t, "revoking", p.refused[0].State)
	parked, err := w.engine.Parked(t.Context(), "")
	require.NoError(t, err)
	require.Empty(t, parked)
}

func TestInboxParks(t *testing.T) {
	t.Parallel()
	w := newTown(t, "icert-natural.yaml")
	p := &post{}
	w.cfg.Router = p
	w.boot()
	one := w.start("apply", application)
	receive := func(m workflow.Message) workflow.Work {
		_, err := w.engine.Receive(t.Context(), m)
		require.NoError(t, err)
		require.NoError(t, w.engine.Drain(t.Context()))
		parked, err := w.engine.Parked(t.Context(), "")
		require.NoError(t, err)
		require.Len(t, parked, 1)
		require.NoError(t, w.engine.Dismiss(t.Context(), parked[0].Key, "seen"))
		return parked[0]
	}
	require.Equal(t, "fits no instance", receive(mail("<1@x>", "", noon)).Note)
	require.Equal(t, workflow.ErrNotFound.Error(), receive(mail("<5@x>", "nobody", noon)).Note)
	require.Equal(t, "refused: not-now", receive(mail("<2@x>", one, noon)).Note)
	p.fail = &workflow.Failure{Note: "unreadable", Permanent: true}
	require.Equal(t, "unreadable", receive(mail("<3@x>", one, noon)).Note)

	p.fail = errors.New("away")
	_, err := w.engine.Receive(t.Context(), mail("<4@x>", one, noon))
	require.NoError(t, err)
	require.NoError(t, w.engine.Drain(t.Context()))
	next, ok, err := w.engine.Next(t.Context())
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, noon.Add(10*time.Second), next)

	for _, bad := range []workflow.Message{{ID: "x"}, {Source: "mail"}, {Source: "a b", ID: "x"}} {
		_, err := w.engine.Receive(t.Context(), bad)
		require.ErrorIs(t, err, workflow.ErrCommand)
	}
}
