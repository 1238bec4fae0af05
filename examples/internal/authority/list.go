package authority

import (
	"net/http"
	"sync"
	"time"

	"github.com/rubrica/rubrica/certificate"
)

const (
	listAge  = time.Minute    // a served list is at most this old
	listLife = 24 * time.Hour // until nextUpdate
)

// listHandler serves the list of an authority.
type listHandler struct {
	authority *certificate.Authority
	clock     func() time.Time

	mu   sync.Mutex
	list []byte
	made time.Time
}

// ServeHTTP implements http.Handler.
func (h *listHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if now := h.clock(); h.list == nil || now.Sub(h.made) >= listAge || now.Before(h.made) {
		list, err := h.authority.RevocationList(r.Context(), listLife)
		if err != nil {
			http.Error(w, "the list cannot be made now", http.StatusServiceUnavailable)
			return
		}
		h.list, h.made = list, now
	}
	w.Header().Set("Content-Type", "application/pkix-crl")
	_, _ = w.Write(h.list)
}
