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

// A refusal is a kind of errors with its stable word.
type refusal struct {
	code signing.Code
	is   func(error) bool
}

// keyRefusals are the errors of a PKCS#12 file.
var keyRefusals = []refusal{
	{signing.CodeWrongPassword, is(pkcs12.ErrWrongPassword)},
	{"not-protected", is(pkcs12.ErrNoMAC)},
	{"no-key", is(pkcs12.ErrNoKey)},
	{"unsupported", isA[*pkcs12.UnsupportedError]},
	{signing.CodeLimitExceeded, isA[*pkcs12.LimitError]},
}

// refusals are the errors that say why nothing was signed.
var refusals = append(keyRefusals[:len(keyRefusals):len(keyRefusals)], []refusal{
	{"no-signing-key", is(token.ErrNoSigningKey)},
	{"key-mismatch", is(signing.ErrKeyMismatch)},
	{"no-certificate", is(signing.ErrNoCertificate)},
	{"voucher", isA[*sri.VoucherError]},
	{"access-key", isA[*sri.AccessKeyError]},
	{"bad-usage", isA[*xades.ProfileError]},
	{"bad-usage", isA[*cades.ProfileError]},
	{"place", isA[*xades.PlaceError]},
	{"would-break", isA[*xades.BreakError]},
	{"refused", isA[*pades.RefusalError]},
	{"time-stamp-unavailable", isA[*tsp.UnavailableError]},
	{"cancelled", is(context.Canceled)},
	{signing.CodeUnreadable, isA[*fs.PathError]},
}...)

func is(target error) func(error) bool {
	return func(err error) bool { return errors.Is(err, target) }
}

func isA[T error](err error) bool {
	_, ok := errors.AsType[T](err)
	return ok
}

// refusalCode is the stable word of an error for which the document is not to blame.
func refusalCode(err error) signing.Code { return codeAmong(refusals, err, "refused") }

// codeAmong is the word of the first of the kinds that an error is of.
func codeAmong(kinds []refusal, err error, otherwise signing.Code) signing.Code {
	for _, r := range kinds {
		if r.is(err) {
			return r.code
		}
	}
	return otherwise
}
