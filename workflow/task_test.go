package workflow_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubrica/rubrica/workflow"
	"github.com/rubrica/rubrica/workflow/definition"
)

func TestEngineTasks(t *testing.T) {
	t.Parallel()
	w := newTown(t, "icert-natural.yaml")
	one := w.start("apply", application)
	w.do(one, "pay", "applicant", map[string]string{"receipt": "r/77"})
	w.do(one, "submit", "applicant", map[string]string{"cedula": "c", "votacion": "v", "planilla": "p"})
	for i := range 5 {
		w.start("apply", map[string]string{"form": fmt.Sprint("f", i), "container": "archivo"})
	}
	tasks := func(q workflow.TaskQuery) []workflow.Task {
		out, err := w.engine.Tasks(t.Context(), q)
		require.NoError(t, err)
		return out
	}
	got := tasks(workflow.TaskQuery{Actor: "operator"})
	require.Len(t, got, 6)
	for _, task := range got {
		if task.State.Instance == one {
			require.Equal(t, []string{"agree-hour", "cancel"}, task.Commands)
			require.Equal(t, noon.Add(30*24*time.Hour), task.Deadline)
		} else {
			require.Equal(t, []string{"cancel"}, task.Commands)
			require.True(t, task.Deadline.IsZero())
		}
	}
	page := tasks(workflow.TaskQuery{Actor: "operator", Limit: 4})
	require.Len(t, page, 4)
	require.Len(t, tasks(workflow.TaskQuery{Actor: "operator", After: page[3].State.Instance}), 2)
	require.Empty(t, tasks(workflow.TaskQuery{Actor: "director"}))
	require.Empty(t, tasks(workflow.TaskQuery{Actor: "operator", Process: "vuce"}))
}

// An instance goes on by the definition it was started with, and not at all without it.
func TestEngineVersions(t *testing.T) {
	t.Parallel()
	w := newTown(t, "icert-natural.yaml")
	old := w.start("apply", application)
	def := load(t, "icert-natural.yaml")
	def.Revision = 2
	second := compile(t, def)
	w.cfg.Processes = []*workflow.Process{second, w.process}
	w.boot()
	fresh := w.start("apply", map[string]string{"form": "v/form/2", "container": "archivo"})
	s, err := w.engine.State(t.Context(), fresh)
	require.NoError(t, err)
	require.Equal(t, 2, s.Process.Revision)
	w.do(old, "pay", "applicant", map[string]string{"receipt": "r/1"})
	w.do(old, "submit", "applicant", map[string]string{"cedula": "c", "votacion": "v", "planilla": "p"})
	w.cfg.Processes = []*workflow.Process{second}
	w.boot()
	_, err = w.engine.Do(t.Context(), old, w.command("cancel", "operator", map[string]string{"reason": "x"}))
	require.ErrorIs(t, err, workflow.ErrUnknownProcess)

	// Its timers wait for it, and stop nobody else's.
	w.do(fresh, "pay", "applicant", map[string]string{"receipt": "r/2"})
	w.clock.Advance(time.Hour)
	w.do(fresh, "submit", "applicant", map[string]string{"cedula": "c", "votacion": "v", "planilla": "p"})
	w.clock.Advance(40 * 24 * time.Hour)
	before := len(w.outside.done)
	require.ErrorIs(t, w.engine.Drain(t.Context()), workflow.ErrUnknownProcess)
	require.Equal(t, before+1, len(w.outside.done), "effects are done all the same")
	require.Equal(t, "cancelled", w.at(fresh))
	require.Equal(t, "invoiced", w.at(old))

	def.Title = definition.Text{"es": "otro"}
	_, err = workflow.NewEngine(workflow.Config{Store: w.store, Clock: w.clock,
		Processes: []*workflow.Process{second, compile(t, def)}})
	require.Error(t, err, "two definitions of one revision")
}

// Run wakes up for commands and timers, and survives errors.
func TestEngineRun(t *testing.T) {
	t.Parallel()
	w := newTown(t, "icert-natural.yaml")
	w.cfg.Poll = time.Hour // the clock jumps over it
	w.boot()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- w.engine.Run(ctx) }()
	one := w.start("apply", application)
	_, err := w.engine.Do(ctx, one, w.command("pay", "applicant", map[string]string{"receipt": "r/77"}))
	require.NoError(t, err)
	_, err = w.engine.Do(ctx, one, w.command("submit", "applicant", map[string]string{"cedula": "c", "votacion": "v", "planilla": "p"}))
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		s, err := w.engine.State(t.Context(), one)
		return err == nil && s.Final == "lapsed" // the clock of the tests jumps from timer to timer
	}, 20*time.Second, time.Millisecond)
	cancel()
	require.ErrorIs(t, <-done, context.Canceled)
}
