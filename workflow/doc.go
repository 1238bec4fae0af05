// Package workflow carries long-lived processes: applications that wait days for a document, a
// payment or a signature, and must end the same way whether or not the machine was up meanwhile.
// It knows nothing of any domain. What a process may do is data (package definition, usually a YAML
// file); what the words of that data mean is code (a Vocabulary); Compile joins the two into a
// Process or says, with line and column, why they can never work.
//
// # Definitions
//
// A definition in YAML, with every key that there is:
//
//	name: loan
//	revision: 1                      # a changed file is a new revision
//	title: {es: Préstamo, en: Loan}
//	settings: {four-eyes: true}      # switches for if and unless below
//	data:                            # what commands may carry
//	  copy: reference                # or digest, boolean, number, word
//	  due: instant
//	commands:
//	  lend: {title: {en: Lend}, actors: [librarian], with: [copy], may: [due]}
//	  approve: {if: four-eyes, actors: [librarian]}
//	  sent: {actors: [system]}       # the answer of an effect
//	  bring: {actors: [librarian]}
//	states:
//	  asked: {title: {en: Asked for}}
//	  lent: {waits: "nobody is forced to bring back a book"}
//	  returned: {final: returned}    # final: the final word
//	start:                           # transitions from nowhere
//	  - {on: lend, to: asked}
//	transitions:
//	  - on: approve
//	    if: four-eyes                # or unless
//	    from: [asked]
//	    to: lent                     # left out: stays
//	    guards: [open-hours, {use: other-person, with: {than: lend}}]
//	    claims: [{use: copy, with: {}, hold: while, while: [lent]}]  # or life, forever
//	    effects: [{do: mail, with: {template: lent}, answers: {done: sent}}]
//	  - {on: sent, from: lent}
//	  - {on: bring, from: lent, to: returned}
//	timers:
//	  - name: forgotten
//	    while: [asked]               # set on coming in, cancelled on leaving
//	    from: due                    # an instant among the data; left out: the entry
//	    after: {days: 2, clock: business, country: EC, region: quito}
//	    to: returned                 # left out: a reminder
//	    effects: [remind]
//
// A span is hours and days on clock calendar, or days on clock business; before instead of after
// counts back from the instant of from; until: close ends a calendar span with the local day.
//
// # Deciding
//
// Process.Decide is pure: from a State, a Command, Facts and an instant it returns a Decision (one
// event, timers, effects, claims) or a *Rejection that names every guard that refused. It does no
// input or output and reads no clock.
//
// # Recording
//
// A decision is written as one Transition: expected sequence, events, timers set and cancelled,
// outbox entries, claims, idempotency key and outcome. A Store writes it whole or not at all, in
// one round trip. Races are decided by unique indexes of the store, never by locks in the process:
//
//   - events are keyed (instance, sequence), so of two writers that saw the same state one wins;
//   - a claim (scope, key) has one holder: one receipt pays one application;
//   - an idempotency key has one outcome, which answers every repeat.
//
// Events are hash-chained and hold references, never personal data: that lies in records sealed by
// a key per subject (package workflow/vault).
//
// # Doing
//
// An Engine drives processes over a Store: Start and Do for commands, Receive for messages that
// come in, Tasks for work lists, Step and Run for what is due. Effects are recorded first and done
// afterwards, at least once, each with a key that never changes, so that a handler can make the
// repeat harmless. Timers are decided at the instant they were due, however late the machine woke
// up, and before any later command of the same instance.
package workflow
