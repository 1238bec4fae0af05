// Package vault keeps what events may only refer to: personal data and secrets, sealed by a key per
// subject. Destroying the key of a subject makes everything that was sealed for it unreadable, in
// every copy and backup, while the events that refer to it stay as they were.
//
// A subject is whatever is to be forgotten at once: a person, or a single secret that is destroyed
// when it has been delivered. Records are sealed with AES-256-GCM under the subject's key, bound to
// their reference, so that a record cannot be put in the place of another. The subject's key is
// sealed by a Keeper, which may be a key of this machine or a service that holds one.
package vault
