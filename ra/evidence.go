package ra

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Requirement says what one document must be. It comes from the process definition; the zero
// value of a limit does not ask for anything, but MaxBytes and Types are required.
type Requirement struct {
	Kind      string      `json:"kind"`                 // "cedula": the document's name in the process
	MaxBytes  int64       `json:"max-bytes"`            // inclusive
	Types     []MediaType `json:"types"`                // by content, not by name
	MinWidth  int         `json:"min-width,omitempty"`  // pixels, images only
	MinHeight int         `json:"min-height,omitempty"` // pixels, images only
	AnyTurn   bool        `json:"any-turn,omitempty"`   // a picture may also be turned by a quarter
	// MaxAge is how many days may lie between the date on the document and its reception.
	MaxAge int `json:"max-age-days,omitempty"`
}

// Check says whether the requirement can be met at all; it is the definition's mistake otherwise.
func (r Requirement) Check() error {
	switch {
	case r.Kind == "" || r.MaxBytes <= 0 || r.MaxBytes > maxSubmission:
		return errors.New("ra: a requirement needs kind and max-bytes, up to 32 MB")
	case len(r.Types) == 0 || r.MinWidth < 0 || r.MinHeight < 0 || r.MaxAge < 0:
		return errors.New("ra: a requirement needs types, and no negative limits")
	}
	for _, t := range r.Types {
		if t.Name() == "" {
			return errors.New("ra: a requirement names a media type that is not recognised")
		}
	}
	return nil
}

// Submission is a document as it arrives.
type Submission struct {
	Name    string    // the sender's file name: shown, never trusted
	Dated   Day       // the date on the document, "" when it has none
	Content io.Reader // read once, at most one octet beyond the limit
}

// Evidence is a document that satisfied its Requirement.
type Evidence struct {
	Kind   string    `json:"kind"`
	Type   MediaType `json:"type"`
	Size   int64     `json:"size"`
	Width  int       `json:"width,omitempty"`  // pixels, images only
	Height int       `json:"height,omitempty"` // pixels, images only
	Dated  Day       `json:"dated,omitempty"`
	Digest string    `json:"digest"` // of the octets as they arrived
}

// MediaType is what a document's content says it is.
type MediaType string

// The media types that are recognised. Everything else is typeUnknown.
const (
	TypePDF     MediaType = "application/pdf"
	TypeJPEG    MediaType = "image/jpeg"
	TypePNG     MediaType = "image/png"
	typeGIF     MediaType = "image/gif"
	typeTIFF    MediaType = "image/tiff"
	typeZIP     MediaType = "application/zip" // also office documents
	typeHTML    MediaType = "text/html"
	typeXML     MediaType = "application/xml"
	typeUnknown MediaType = "application/octet-stream"
)

var signatures = []struct {
	magic string
	kind  MediaType
}{
	{"%PDF-", TypePDF},             // ISO 32000-2, 7.5.2
	{"\xff\xd8\xff", TypeJPEG},     // ITU-T T.81, B.1.1.3: SOI and the next marker
	{"\x89PNG\r\n\x1a\n", TypePNG}, // ISO/IEC 15948, 5.2
	{"GIF87a", typeGIF},
	{"GIF89a", typeGIF},
	{"II*\x00", typeTIFF}, // TIFF 6.0, section 2
	{"MM\x00*", typeTIFF},
	{"PK\x03\x04", typeZIP},
	{"<?xml", typeXML},
	{"<!DOCTYPE html", typeHTML},
	{"<!doctype html", typeHTML},
	{"<html", typeHTML},
	{"\xef\xbb\xbf<?xml", typeXML},
	{"\xef\xbb\xbf<html", typeHTML},
}

// recogniseType says what the first octets of a document are, whatever its name claims.
// Sixteen octets are enough.
func recogniseType(head []byte) MediaType {
	for _, s := range signatures {
		if bytes.HasPrefix(head, []byte(s.magic)) {
			return s.kind
		}
	}
	return typeUnknown
}

// maxSubmission bounds what is ever held of one document, whatever a definition says.
const maxSubmission = 32 << 20 // no process asks for more than 2 MB

// Inspect reads a submission and judges it by its requirement at reception. It reads at most one
// octet beyond the limit, so that a large upload is refused before it is read whole. The error is
// a *Refusal when the document is at fault; otherwise reading failed.
func Inspect(s Submission, r Requirement, received time.Time) (Evidence, []byte, error) {
	content, err := readBounded(s.Content, r)
	if err != nil {
		return Evidence{}, nil, err
	}
	e := Evidence{Kind: r.Kind, Type: recogniseType(content), Size: int64(len(content)),
		Dated: s.Dated, Digest: DigestOf(content).String()}
	if err := checkType(e.Type, s.Name, r); err != nil {
		return Evidence{}, nil, err
	}
	if err := checkWhole(e.Type, content, r); err != nil {
		return Evidence{}, nil, err
	}
	if e.Type == TypeJPEG || e.Type == TypePNG {
		if e.Width, e.Height, err = measure(e.Type, content, r); err != nil {
			return Evidence{}, nil, err
		}
	}
	if err := e.Judge(r, received); err != nil {
		return Evidence{}, nil, err
	}
	return e, content, nil
}

// Judge says whether what was measured satisfies a requirement, without the octets: the same
// question that Inspect asked, for a decision that is taken later. The error is a *Refusal.
func (e Evidence) Judge(r Requirement, received time.Time) error {
	if e.Size > r.MaxBytes {
		return refuse("document-too-large", r.Kind, "limit", sizeText(r.MaxBytes))
	}
	if err := checkType(e.Type, "", r); err != nil {
		return err
	}
	if e.Type == TypeJPEG || e.Type == TypePNG {
		if err := checkDimensions(e.Width, e.Height, r); err != nil {
			return err
		}
	}
	return checkAge(e.Dated, r, received)
}

func readBounded(from io.Reader, r Requirement) ([]byte, error) {
	limit := min(r.MaxBytes, maxSubmission)
	var b bytes.Buffer
	n, err := io.Copy(&b, io.LimitReader(from, limit+1))
	switch {
	case errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("ra: reading document %s: %w", r.Kind, err)
	case n > limit:
		return nil, refuse("document-too-large", r.Kind, "limit", sizeText(limit))
	case n == 0:
		return nil, refuse("document-empty", r.Kind)
	}
	return b.Bytes(), nil
}

// sizeText writes a limit as people say it: 2 MB, of 1,048,576 octets each.
func sizeText(n int64) string {
	if n%(1<<20) == 0 {
		return strconv.FormatInt(n>>20, 10) + " MB"
	}
	return strconv.FormatInt((n+1023)>>10, 10) + " KB"
}

func checkType(found MediaType, name string, r Requirement) error {
	if slices.Contains(r.Types, found) {
		return nil
	}
	wanted := make([]string, len(r.Types))
	for i, t := range r.Types {
		wanted[i] = t.Name()
	}
	list := strings.Join(wanted, ", ")
	ext := extension(name)
	switch {
	case found == typeUnknown:
		return refuse("document-unknown-type", r.Kind, "wanted", list)
	case ext != "" && !strings.EqualFold(strings.Replace(ext, "jpeg", "jpg", 1), found.Name()):
		return refuse("document-disguised", r.Kind, "found", found.Name(), "wanted", list,
			"extension", ext)
	default:
		return refuse("document-wrong-type", r.Kind, "found", found.Name(), "wanted", list)
	}
}

// extension is what the sender's file name claims, if it is short and plain enough to repeat.
func extension(name string) string {
	ext := strings.ToLower(strings.TrimPrefix(path.Ext(name), "."))
	if len(ext) > 5 || strings.ContainsFunc(ext, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < '0' || c > '9')
	}) {
		return ""
	}
	return ext
}

// Name is the short name that people use: PDF, JPG, PNG; "" for what is not recognised.
func (t MediaType) Name() string {
	switch t {
	case TypePDF:
		return "PDF"
	case TypeJPEG:
		return "JPG"
	case TypePNG, typeGIF, typeTIFF:
		return strings.ToUpper(strings.TrimPrefix(string(t), "image/"))
	case typeZIP:
		return "ZIP"
	case typeHTML:
		return "HTML"
	case typeXML:
		return "XML"
	default:
		return ""
	}
}

func checkAge(dated Day, r Requirement, received time.Time) error {
	if dated == "" && r.MaxAge == 0 {
		return nil
	}
	if !dated.Valid() {
		return refuse("document-undated", r.Kind)
	}
	day := dated.Start(received.Location())
	if day.After(received) {
		return refuse("document-future", r.Kind, "date", string(dated))
	}
	if last := day.AddDate(0, 0, r.MaxAge+1); r.MaxAge > 0 && !received.Before(last) {
		return refuse("document-too-old", r.Kind, "date", string(dated), "days", itoa(r.MaxAge))
	}
	return nil
}
