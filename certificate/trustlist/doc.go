// Package trustlist holds who is trusted as data: the accredited certification entities of a
// territory with their roots, subordinate authorities, status services and policy identifiers.
//
// A list is JSON, signed as a JSON Web Signature (RFC 7515, flattened serialisation) by whoever
// keeps it, and opened with keys that the host pins. A [Store] takes newer lists while it is in
// use and refuses older ones. [Build] makes a list from certificates.
package trustlist
