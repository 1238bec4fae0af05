package tsp

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"encoding/asn1"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/internal/algorithm"
	"github.com/rubrica/rubrica/signing/internal/ber"
	"github.com/rubrica/rubrica/signing/internal/cms"
)

// ServerConfig says how an authority stamps. Signer, Policy and Clock are required.
type ServerConfig struct {
	// Signer is the authority: its certificate needs the critical and sole extended key usage
	// timeStamping.
	Signer signing.Signer
	// Policy is the authority's policy. Policies are others that a request may ask for.
	Policy   asn1.ObjectIdentifier
	Policies []asn1.ObjectIdentifier
	// Clock is the source of time. What it says is what is certified.
	Clock func() time.Time
	// Serials hands out serial numbers; nil: 159 random bits each.
	Serials Serials
	// Accuracy is written when it is not zero. It is a promise about Clock.
	Accuracy time.Duration
	// Ordering makes the times of all tokens strictly ascending, in steps of at least a
	// microsecond, and says so in them.
	Ordering bool
	// Hash of the token's own signature; SHA-256 by default, SHA-512 for Ed25519.
	Hash crypto.Hash
	// Hashes accepted in requests; by default all that are supported but SHA-1.
	Hashes []crypto.Hash
	// Refused is told why a request got no token, for the host's log. May be nil.
	Refused func(r *http.Request, err error)
}

// Server is a time-stamping authority over HTTP (RFC 3161, 3.4). It is safe for concurrent use.
type Server struct {
	config ServerConfig
	name   []byte // the tsa field: GeneralName of the certificate's subject
	serial numberer

	mu   sync.Mutex
	last time.Time
}

var _ http.Handler = (*Server)(nil)

// NewServer checks a configuration. Errors: [ErrNotForTimestamping], [signing.ErrKeyMismatch],
// [signing.ErrNoCertificate] and others that say what is missing.
func NewServer(c ServerConfig) (*Server, error) {
	leaf, err := c.Signer.Leaf()
	if err != nil {
		return nil, err
	}
	if err := ForTimestamping(leaf); err != nil {
		return nil, err
	}
	if len(c.Policy) == 0 || c.Clock == nil {
		return nil, errors.New("tsp: a server needs a policy and a clock")
	}
	if c.Hash == 0 {
		c.Hash = crypto.SHA256
		if _, ok := leaf.PublicKey.(ed25519.PublicKey); ok {
			c.Hash = crypto.SHA512
		}
	}
	if c.Hashes == nil {
		for _, h := range algorithm.Hashes() {
			if h != crypto.SHA1 {
				c.Hashes = append(c.Hashes, h)
			}
		}
	}
	return &Server{config: c, serial: numberer{port: c.Serials},
		name: ber.Tagged(4, leaf.RawSubject)}, nil
}

// ServeHTTP answers a POST of a TimeStampReq. Requests that cannot be read get an answer too, as
// RFC 3161 wants; only what is not a time-stamp request at all gets an HTTP error.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "time-stamp requests are sent by POST", http.StatusMethodNotAllowed)
		return
	}
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != QueryType {
		http.Error(w, "a time-stamp request has the type "+QueryType,
			http.StatusUnsupportedMediaType)
		return
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxRequest+1))
	if err != nil {
		http.Error(w, "the request cannot be read", http.StatusBadRequest)
		return
	}
	answer, refused := s.Answer(r.Context(), body)
	if refused != nil && s.config.Refused != nil {
		s.config.Refused(r, refused)
	}
	w.Header().Set("Content-Type", ReplyType)
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(answer)
}

// refusal is why a request gets no token, and what the answer says about it.
type refusal struct {
	failure Failure
	text    string
	cause   error
}

func (r *refusal) Error() string { return fmt.Sprintf("%s: %s", r.failure, r.text) }
func (r *refusal) Unwrap() error { return r.cause }

// Answer makes the TimeStampResp for a TimeStampReq, for transports other than HTTP. There is
// always an answer; refused says why it holds no token.
func (s *Server) Answer(ctx context.Context, request []byte) (answer []byte, refused error) {
	token, err := s.answer(ctx, request)
	if err == nil {
		return marshalResponse(Granted, NoFailure, "", token), nil
	}
	var why *refusal
	if !errors.As(err, &why) {
		why = &refusal{failure: SystemFailure, text: "no time stamp could be made", cause: err}
	}
	return marshalResponse(Rejection, why.failure, why.text, nil), why
}

func (s *Server) answer(ctx context.Context, request []byte) ([]byte, error) {
	r, err := ParseRequest(request)
	if err != nil {
		return nil, &refusal{BadDataFormat, "the request cannot be read", err}
	}
	if r.hashErr != nil || !slices.Contains(s.config.Hashes, r.Imprint.Hash) {
		return nil, &refusal{BadAlg, "this hash is not accepted", r.hashErr}
	}
	return s.stamp(ctx, r)
}

// stamp makes the token for a request that was checked.
func (s *Server) stamp(ctx context.Context, r *Request) ([]byte, error) {
	policy, err := s.policy(r.Policy)
	if err != nil {
		return nil, err
	}
	serial, err := s.serial.serial(ctx)
	if err != nil {
		return nil, err
	}
	at, err := s.now()
	if err != nil {
		return nil, err
	}
	info := Info{Policy: policy, Imprint: r.Imprint, Serial: serial, Time: at, Nonce: r.Nonce,
		Accuracy: s.config.Accuracy, Ordering: s.config.Ordering, Authority: s.name}
	content, err := info.marshal()
	if err != nil {
		return nil, err
	}
	prepared, err := cms.Prepare(cms.Parameters{Chain: s.config.Signer.Chain, Hash: s.config.Hash,
		ContentType: cms.OIDTSTInfo, SigningTime: at, WithoutCertificates: !r.CertReq},
		algorithm.Digest(s.config.Hash, content))
	if err != nil {
		return nil, err
	}
	d, err := prepared.Sign(s.config.Signer.Key)
	if err != nil {
		return nil, err
	}
	return d.MarshalAttached(content)
}

func (s *Server) policy(asked asn1.ObjectIdentifier) (asn1.ObjectIdentifier, error) {
	if len(asked) == 0 || asked.Equal(s.config.Policy) {
		return s.config.Policy, nil
	}
	for _, p := range s.config.Policies {
		if asked.Equal(p) {
			return p, nil
		}
	}
	return nil, &refusal{failure: UnacceptedPolicy, text: "this policy is not offered"}
}

// now reads the clock. With ordering, no two tokens have the same time, and a clock that went
// back by more than the accuracy gives no time stamps until it has caught up.
func (s *Server) now() (time.Time, error) {
	at := s.config.Clock().UTC().Truncate(time.Microsecond)
	if at.IsZero() || at.After(s.config.Signer.Chain[0].NotAfter) ||
		at.Before(s.config.Signer.Chain[0].NotBefore) {
		return at, &refusal{failure: TimeNotAvailable,
			text: "the authority's certificate is not in force"}
	}
	if !s.config.Ordering {
		return at, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if next := s.last.Add(time.Microsecond); !s.last.IsZero() && at.Before(next) {
		if s.last.Sub(at) > max(s.config.Accuracy, time.Second) {
			return at, &refusal{failure: TimeNotAvailable, text: "the clock went back"}
		}
		at = next
	}
	s.last = at
	return at, nil
}

var _ signing.Timestamper = (*Server)(nil)

// Timestamp stamps without a network: an authority and its user in one process.
func (s *Server) Timestamp(ctx context.Context, h crypto.Hash, digest []byte) ([]byte, error) {
	if !slices.Contains(s.config.Hashes, h) {
		return nil, &algorithm.Unsupported{Feature: "time stamp over " + algorithm.HashName(h)}
	}
	return s.stamp(ctx, &Request{Imprint: Imprint{Hash: h, Digest: digest}, CertReq: true})
}
