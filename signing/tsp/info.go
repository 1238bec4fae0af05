package tsp

import (
	"crypto"
	"encoding/asn1"
	"fmt"
	"math/big"
	"strings"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/rubrica/rubrica/signing/internal/algorithm"
	"github.com/rubrica/rubrica/signing/internal/ber"
	"github.com/rubrica/rubrica/signing/internal/cms"
)

// Imprint is MessageImprint (RFC 3161, 2.4.1): what is stamped.
type Imprint struct {
	Hash   crypto.Hash // 0 when it is not supported; then Err of the token says which
	Digest []byte
}

// Info is TSTInfo (RFC 3161, 2.4.2): what a token says.
type Info struct {
	Policy    asn1.ObjectIdentifier
	Imprint   Imprint
	Serial    *big.Int
	Time      time.Time // genTime, UTC
	Accuracy  time.Duration
	Ordering  bool
	Nonce     *big.Int // nil when absent
	Authority []byte   // GeneralName in DER; nil when absent

	hashErr error // an imprint hash that is not supported
}

// maxFraction is how many digits of a second are read; more would be cut.
const maxFraction = 9

func malformed(off int64, what string) error { return &MalformedError{Offset: off, What: what} }

// parseInfo reads TSTInfo.
func parseInfo(raw []byte, off int64) (*Info, error) {
	der, err := ber.ToDER(raw, off)
	if err != nil {
		return nil, err
	}
	in := cryptobyte.String(der)
	var seq cryptobyte.String
	i := &Info{}
	if !in.ReadASN1(&seq, cbasn1.SEQUENCE) || !in.Empty() {
		return nil, malformed(off, "malformed TSTInfo")
	}
	version := 0
	if !seq.ReadASN1Integer(&version) || version != 1 {
		return nil, malformed(off, "TSTInfo of a version other than 1")
	}
	if !seq.ReadASN1ObjectIdentifier(&i.Policy) {
		return nil, malformed(off, "malformed policy")
	}
	if i.Imprint, i.hashErr, err = parseImprint(&seq, off); err != nil {
		return nil, err
	}
	i.Serial = new(big.Int)
	if !seq.ReadASN1Integer(i.Serial) {
		return nil, malformed(off, "malformed serial number")
	}
	if err := i.parseTime(&seq, off); err != nil {
		return nil, err
	}
	return i, i.parseOptional(&seq, off)
}

// parseImprint reads MessageImprint; unknown is a hash that is not supported.
func parseImprint(in *cryptobyte.String, off int64) (i Imprint, unknown, err error) {
	var seq, alg, digest cryptobyte.String
	if !in.ReadASN1(&seq, cbasn1.SEQUENCE) || !seq.ReadASN1Element(&alg, cbasn1.SEQUENCE) ||
		!seq.ReadASN1(&digest, cbasn1.OCTET_STRING) || !seq.Empty() {
		return i, nil, malformed(off, "malformed messageImprint")
	}
	i.Digest = digest
	i.Hash, unknown = algorithm.ParseHash(alg)
	if unknown == nil && len(digest) != i.Hash.Size() {
		return i, nil, malformed(off, "messageImprint of another length than its hash")
	}
	return i, unknown, nil
}

// parseTime reads genTime (RFC 3161, 2.4.2): GeneralizedTime in UTC, perhaps with a fraction.
func (i *Info) parseTime(in *cryptobyte.String, off int64) error {
	var value cryptobyte.String
	if !in.ReadASN1(&value, cbasn1.GeneralizedTime) {
		return malformed(off, "malformed genTime")
	}
	s, ok := strings.CutSuffix(string(value), "Z")
	whole, fraction, dotted := strings.Cut(s, ".")
	digits := strings.Trim(fraction, "0123456789") == ""
	if !ok || len(whole) != len("20060102150405") || dotted && (fraction == "" || !digits) {
		return malformed(off, "malformed genTime")
	}
	t, err := time.Parse("20060102150405", whole)
	if err != nil {
		return malformed(off, "malformed genTime")
	}
	nanos := 0
	for n := range maxFraction {
		nanos *= 10
		if n < len(fraction) {
			nanos += int(fraction[n] - '0')
		}
	}
	i.Time = t.Add(time.Duration(nanos))
	return nil
}

func (i *Info) parseOptional(in *cryptobyte.String, off int64) error {
	if in.PeekASN1Tag(cbasn1.SEQUENCE) {
		if err := i.parseAccuracy(in, off); err != nil {
			return err
		}
	}
	if in.PeekASN1Tag(cbasn1.BOOLEAN) && !in.ReadASN1Boolean(&i.Ordering) {
		return malformed(off, "malformed ordering")
	}
	if in.PeekASN1Tag(cbasn1.INTEGER) {
		i.Nonce = new(big.Int)
		if !in.ReadASN1Integer(i.Nonce) {
			return malformed(off, "malformed nonce")
		}
	}
	var tsa, extensions cryptobyte.String
	var hasTSA, hasExtensions bool
	if !in.ReadOptionalASN1(&tsa, &hasTSA, contextTag(0)) ||
		!in.ReadOptionalASN1(&extensions, &hasExtensions, contextTag(1)) || !in.Empty() {
		return malformed(off, "malformed TSTInfo")
	}
	if hasTSA {
		i.Authority = tsa
	}
	if hasExtensions {
		return refuseCritical(extensions, off)
	}
	return nil
}

// refuseCritical refuses extensions that must be understood, none of which is here.
func refuseCritical(extensions cryptobyte.String, off int64) error {
	for !extensions.Empty() {
		var one, value cryptobyte.String
		var oid asn1.ObjectIdentifier
		critical := false
		if !extensions.ReadASN1(&one, cbasn1.SEQUENCE) || !one.ReadASN1ObjectIdentifier(&oid) ||
			one.PeekASN1Tag(cbasn1.BOOLEAN) && !one.ReadASN1Boolean(&critical) ||
			!one.ReadASN1(&value, cbasn1.OCTET_STRING) || !one.Empty() {
			return malformed(off, "malformed extensions")
		}
		if critical {
			return malformed(off, "critical extension "+oid.String())
		}
	}
	return nil
}

func contextTag(n cbasn1.Tag) cbasn1.Tag { return n.Constructed().ContextSpecific() }

func (i *Info) parseAccuracy(in *cryptobyte.String, off int64) error {
	var seq cryptobyte.String
	bad := malformed(off, "malformed accuracy")
	if !in.ReadASN1(&seq, cbasn1.SEQUENCE) {
		return bad
	}
	var seconds, millis, micros int64
	if seq.PeekASN1Tag(cbasn1.INTEGER) && !seq.ReadASN1Integer(&seconds) {
		return bad
	}
	for n, into := range []*int64{&millis, &micros} {
		tag := cbasn1.Tag(n).ContextSpecific()
		if seq.PeekASN1Tag(tag) && (!seq.ReadASN1Int64WithTag(into, tag) || *into < 1 ||
			*into > 999) {
			return bad
		}
	}
	if !seq.Empty() || seconds < 0 || seconds > 1<<32 {
		return bad
	}
	i.Accuracy = time.Duration(seconds)*time.Second + time.Duration(millis)*time.Millisecond +
		time.Duration(micros)*time.Microsecond
	return nil
}

// marshal writes TSTInfo in DER.
func (i *Info) marshal() ([]byte, error) {
	imprint, err := i.Imprint.marshal()
	if err != nil {
		return nil, err
	}
	parts := [][]byte{integer(1), cms.OID(i.Policy), imprint, bigInteger(i.Serial),
		generalizedTime(i.Time)}
	if a := marshalAccuracy(i.Accuracy); a != nil {
		parts = append(parts, a)
	}
	if i.Ordering {
		parts = append(parts, boolean(true))
	}
	if i.Nonce != nil {
		parts = append(parts, bigInteger(i.Nonce))
	}
	if i.Authority != nil {
		parts = append(parts, ber.Tagged(0, i.Authority))
	}
	return ber.Sequence(parts...), nil
}

func (i Imprint) marshal() ([]byte, error) {
	alg, err := algorithm.HashIdentifier(i.Hash)
	if err != nil {
		return nil, err
	}
	if len(i.Digest) != i.Hash.Size() {
		return nil, fmt.Errorf("digest of %d octets for %s", len(i.Digest),
			algorithm.HashName(i.Hash))
	}
	return ber.Sequence(alg, ber.Octet(i.Digest)), nil
}

// generalizedTime writes genTime: no trailing zeros in the fraction, which is of microseconds.
func generalizedTime(t time.Time) []byte {
	t = t.UTC()
	s := t.Format("20060102150405")
	if micros := t.Nanosecond() / 1000; micros != 0 {
		s += strings.TrimRight(fmt.Sprintf(".%06d", micros), "0")
	}
	return ber.Wrap(ber.Universal, 24, false, []byte(s+"Z"))
}

func marshalAccuracy(a time.Duration) []byte {
	if a <= 0 {
		return nil
	}
	var parts [][]byte
	if s := int64(a / time.Second); s > 0 {
		parts = append(parts, bigInteger(big.NewInt(s)))
	}
	for n, v := range []time.Duration{a / time.Millisecond % 1000, a / time.Microsecond % 1000} {
		if v > 0 {
			parts = append(parts, tagged(bigInteger(big.NewInt(int64(v))), byte(0x80+n)))
		}
	}
	return ber.Sequence(parts...)
}

func tagged(element []byte, id byte) []byte { return ber.Retag(element, id) }

func integer(n int64) []byte { return bigInteger(big.NewInt(n)) }

func bigInteger(n *big.Int) []byte {
	var b cryptobyte.Builder
	b.AddASN1BigInt(n)
	return b.BytesOrPanic() // any number can be written
}

func boolean(v bool) []byte {
	if v {
		return []byte{1, 1, 0xff}
	}
	return []byte{1, 1, 0}
}
