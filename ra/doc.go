// Package ra is the registration authority: it carries an application for a certificate from the
// first form to a signed contract, or to the refusal, lapse or revocation that ends it.
//
// The order of the steps, the limits, the deadlines and who does what are values of a process
// definition (ra/icert holds one); package workflow decides them, package certificate issues, and
// this package knows what the steps are: evidence that is checked by content, payments that pay
// one application each, proofing, approvals over a digest of what was reviewed, key files and
// credentials envelopes that travel apart, contracts signed twice.
//
// The world is reached through three ports: Mailer, Payments and Documents. Each has a conformance
// suite (mailtest, paymenttest, documenttest) and an in-memory implementation in package memory.
//
// Personal data lies in records sealed by a key per applicant; history, outbox and errors hold
// references and digests alone.
package ra
