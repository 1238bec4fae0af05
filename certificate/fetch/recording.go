package fetch

import (
	"bytes"
	"encoding/json"
	"slices"
	"sync"
)

// Exchange is one request and the body of its answer.
type Exchange struct {
	Method  string `json:"method"`
	URL     string `json:"url"`
	Request []byte `json:"request,omitempty"`
	Answer  []byte `json:"answer"`
}

// Recording is a list of exchanges that a Fetcher made, or is to repeat. The zero value is empty
// and ready. It is safe for concurrent use, and JSON keeps it.
type Recording struct {
	mu        sync.Mutex
	exchanges []Exchange
}

// Exchanges returns what was recorded, in order.
func (r *Recording) Exchanges() []Exchange {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.exchanges)
}

// Add appends an exchange.
func (r *Recording) Add(e Exchange) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.exchanges = append(r.exchanges, e)
}

func (r *Recording) add(q request, answer []byte) {
	r.Add(Exchange{Method: q.method, URL: q.url, Request: q.body, Answer: answer})
}

// find returns the last answer to a request.
func (r *Recording) find(q request, host string) ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := len(r.exchanges) - 1; i >= 0; i-- {
		e := &r.exchanges[i]
		if e.Method == q.method && e.URL == q.url && bytes.Equal(e.Request, q.body) {
			return slices.Clone(e.Answer), nil
		}
	}
	return nil, &RemoteError{Host: host, Reason: "not in the recording"}
}

// MarshalJSON implements json.Marshaler: an array of exchanges.
func (r *Recording) MarshalJSON() ([]byte, error) { return json.Marshal(r.Exchanges()) }

// UnmarshalJSON implements json.Unmarshaler.
func (r *Recording) UnmarshalJSON(data []byte) error {
	var list []Exchange
	if err := json.Unmarshal(data, &list); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.exchanges = list
	return nil
}
