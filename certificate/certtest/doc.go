// Package certtest is for tests, the library's own and its hosts': throw-away certification
// authorities with keys of every kind, revocation lists and answers, and the front end to
// independent validators ("judges") where they are installed. Nothing here is for production.
package certtest
