package responder

import (
	"encoding/base64"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// ServeHTTP answers over HTTP (RFC 6960, appendix A): POST with the request as body, or GET with
// the request in base64 at the end of the path. Mount it so that the path begins where the
// responder's address ends (http.StripPrefix). An OCSP failure is a response like any other, with
// status 200.
func (r *Responder) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	var der []byte
	var err error
	switch q.Method {
	case http.MethodPost:
		if q.Header.Get("Content-Type") != "application/ocsp-request" {
			http.Error(w, "application/ocsp-request expected", http.StatusUnsupportedMediaType)
			return
		}
		der, err = io.ReadAll(http.MaxBytesReader(w, q.Body, MaxRequest))
		if err != nil {
			http.Error(w, "request too long or cut", http.StatusRequestEntityTooLarge)
			return
		}
	case http.MethodGet:
		der = fromPath(q.URL.EscapedPath()) // nil is a malformed request
	default:
		w.Header().Set("Allow", "GET, POST")
		http.Error(w, "GET or POST expected", http.StatusMethodNotAllowed)
		return
	}
	response, err := r.Respond(q.Context(), der)
	if err != nil && r.c.Logger != nil {
		r.c.Logger.WarnContext(q.Context(), "OCSP request not answered", "error", err)
	}
	w.Header().Set("Content-Type", "application/ocsp-response")
	w.Header().Set("Cache-Control", "no-store") // answers are of the moment
	_, _ = w.Write(response)
}

// fromPath decodes the request in a path. Base64 may hold '/', escaped or not, and clients take the
// slashes doubled or not.
func fromPath(escaped string) []byte {
	text, err := url.PathUnescape(strings.TrimPrefix(escaped, "/"))
	if err != nil || len(text) > base64.StdEncoding.EncodedLen(MaxRequest) {
		return nil
	}
	der, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil
	}
	return der
}
