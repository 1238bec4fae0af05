package authority

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/rubrica/rubrica/certificate/ec/icert"
	"github.com/rubrica/rubrica/certificate/responder"
)

// Handler serves what the addresses in the certificates promise: /ocsp, /authority.crl, /root.crl,
// /authority.cer and /root.cer. Lists are made when asked for and not older than a minute; the
// responder's certificate is renewed in time. A nil logger hears nothing.
func (f *Folder) Handler(ctx context.Context, logger *slog.Logger) (http.Handler, error) {
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	answers := &ocspHandler{folder: f, logger: logger}
	if err := answers.renew(ctx); err != nil {
		return nil, err
	}
	issuing, err := f.issuing(ctx, icert.File)
	if err != nil {
		return nil, err
	}
	root, err := f.rootAuthority(ctx)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /authority.crl", &listHandler{authority: issuing, clock: f.clock})
	mux.Handle("GET /root.crl", &listHandler{authority: root, clock: f.clock})
	mux.Handle("GET /authority.cer", der(issuing.Certificate().Raw))
	mux.Handle("GET /root.cer", der(root.Certificate().Raw))
	ocsp := http.StripPrefix("/ocsp", answers)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// Not by the mux, which tidies paths: a request in base64 may hold "//".
		rest, ok := strings.CutPrefix(r.URL.Path, "/ocsp")
		if ok && (rest == "" || strings.HasPrefix(rest, "/")) {
			ocsp.ServeHTTP(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	}), nil
}

func der(body []byte) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/pkix-cert")
		_, _ = w.Write(body)
	})
}

// renewAgain is the pause after a renewal that failed.
const renewAgain = time.Minute

// ocspHandler answers with a certificate that is renewed while it runs.
type ocspHandler struct {
	folder *Folder
	logger *slog.Logger

	mu      sync.Mutex
	current http.Handler
	renewal time.Time // when the certificate is to be renewed
}

// ServeHTTP implements http.Handler.
func (h *ocspHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.answering(r.Context()).ServeHTTP(w, r)
}

// answering returns the responder, renewed if it is time. One that could not be renewed goes on
// until its certificate ends.
func (h *ocspHandler) answering(ctx context.Context) http.Handler {
	h.mu.Lock()
	defer h.mu.Unlock()
	if now := h.folder.clock(); !now.Before(h.renewal) {
		// The renewal is for all who ask, not for this one alone.
		if err := h.renew(context.WithoutCancel(ctx)); err != nil {
			h.logger.ErrorContext(ctx, "OCSP certificate not renewed", "error", err)
			h.renewal = now.Add(renewAgain)
		}
	}
	return h.current
}

func (h *ocspHandler) renew(ctx context.Context) error {
	key, err := h.folder.responderKey(ctx)
	if err != nil {
		return err
	}
	if len(key.Chain) < 2 {
		return errors.New("ocsp.p12: the issuer is missing")
	}
	answers, err := responder.New(responder.Config{
		Ledger: h.folder.ledger, Issuer: key.Chain[1], Key: key.Signer, Certificate: key.Leaf(),
		Clock: h.folder.clock, Logger: h.logger,
	})
	if err != nil {
		return err
	}
	h.current, h.renewal = answers, key.Leaf().NotAfter.Add(-renewBefore)
	if daily := h.folder.clock().Add(24 * time.Hour); h.renewal.Before(daily) {
		h.renewal = daily // the authority itself ends soon
	}
	return nil
}
