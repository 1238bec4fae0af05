// Package padestest is for tests: small documents of every shape, and pages compared as pictures.
package padestest
