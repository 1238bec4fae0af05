// Package ec knows Ecuador: the numbers that name people and companies there, and where each of
// its accredited certification entities writes them in a certificate.
package ec
