// Package path builds and validates certification paths: RFC 5280, section 6, with policies, name
// constraints and the status of every certificate by CRL and OCSP.
//
// A verdict is a report. [Validate] answers with a [Result] that names the path, the policies it
// is valid for and the evidence that decided, or the best reason found against it. Evidence that
// is missing is never taken for good evidence.
//
// Nothing is ambient: the caller gives the anchors, the time and, if anything may be fetched at
// all, the fetcher.
package path
