package main

import (
	"context"
	"errors"
	"io/fs"

	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/cades"
	"github.com/rubrica/rubrica/signing/pades"
	"github.com/rubrica/rubrica/signing/sri"
	"github.com/rubrica/rubrica/signing/tsp"
	"github.com/rubrica/rubrica/signing/xades"
	"github.com/rubrica/rubrica/token"
	"github.com/rubrica/rubrica/token/pkcs12"
)

// refusals are the errors that say why nothing was signed, with their stable words.
var refusals = []struct {
	code signing.Code
	is   func(error) bool
}{
	{signing.CodeWrongPassword, func(err error) bool { return errors.Is(err, pkcs12.ErrWrongPassword) }},
	{"no-signing-key", func(err error) bool { return errors.Is(err, token.ErrNoSigningKey) }},
	{"key-mismatch", func(err error) bool { return errors.Is(err, signing.ErrKeyMismatch) }},
	{"no-certificate", func(err error) bool { return errors.Is(err, signing.ErrNoCertificate) }},
	{"unsupported", isA[*pkcs12.UnsupportedError]},
	{signing.CodeLimitExceeded, isA[*pkcs12.LimitError]},
	{"voucher", isA[*sri.VoucherError]},
	{"access-key", isA[*sri.AccessKeyError]},
	{"bad-usage", isA[*xades.ProfileError]},
	{"bad-usage", isA[*cades.ProfileError]},
	{"place", isA[*xades.PlaceError]},
	{"would-break", isA[*xades.BreakError]},
	{"refused", isA[*pades.RefusalError]},
	{"time-stamp-unavailable", isA[*tsp.UnavailableError]},
	{"cancelled", func(err error) bool { return errors.Is(err, context.Canceled) }},
	{signing.CodeUnreadable, isA[*fs.PathError]},
}

func isA[T error](err error) bool {
	_, ok := errors.AsType[T](err)
	return ok
}

// refusalCode is the stable word of an error for which the document is not to blame.
func refusalCode(err error) signing.Code {
	for _, r := range refusals {
		if r.is(err) {
			return r.code
		}
	}
	return "refused"
}
