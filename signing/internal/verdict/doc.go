// Package verdict turns what a format found out about one signature (cryptography, binding,
// embedded evidence, proven time) into trust and the words of ETSI EN 319 102-1. XAdES, PAdES,
// CAdES and time stamps all end here, so that one signature gets one verdict whatever carries it.
package verdict
