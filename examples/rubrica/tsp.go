package main

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/signing/tsp"
)

// tspJSON is the answer of tsp verify. Names are a contract.
type tspJSON struct {
	File    string       `json:"file"`
	Valid   bool         `json:"valid"`
	Code    signing.Code `json:"code"`
	Message string       `json:"message"`
	Time    string       `json:"time"`
	Policy  string       `json:"policy"`
	Signer  string       `json:"signer"`
}

// verifyTSP judges a time-stamp token or the response around it.
func verifyTSP(ctx context.Context, c *call) int {
	o := c.evidence()
	detached := c.flags.String("detached", "", "what was stamped")
	require := c.requireRevocation()
	if err := c.parse(1, 1); err != nil {
		return c.badUsage(err)
	}
	e, err := o.read(c.now)
	if err != nil {
		return c.badUsage(err)
	}
	answer := tspJSON{File: c.files[0]}
	raw, err := readFile(c.files[0], maxEvidenceFile)
	if err != nil {
		answer.Code, answer.Message = signing.CodeUnreadable, err.Error()
		return c.answerTSP(answer, exitUnusable)
	}
	token, err := tsp.Open(raw)
	if err != nil {
		answer.Code, answer.Message = signing.CodeOf(err), err.Error()
		return c.answerTSP(answer, exitUnusable)
	}
	q := tsp.Query{Token: token, Kind: signing.TimestampContent}
	if *detached != "" {
		q.Imprint = func(h crypto.Hash) ([]byte, error) { return digestFile(*detached, h) }
	}
	v := e.validation(nil)
	v.RequireRevocation = *require
	verdict, err := tsp.Verify(ctx, q, v)
	if err != nil {
		return c.badUsage(err)
	}
	return c.judgedTSP(answer, verdict)
}

func (c *call) judgedTSP(answer tspJSON, v *tsp.Verdict) int {
	answer.Valid, answer.Time = v.Good(), timeText(v.Time)
	if v.Token != nil {
		answer.Policy = v.Token.Info.Policy.String()
	}
	if v.Signer != nil {
		answer.Signer = v.Signer.Subject.String()
	}
	if answer.Valid {
		return c.answerTSP(answer, exitDone)
	}
	answer.Code, answer.Message = signing.Code(v.SubIndication), string(v.SubIndication)
	for _, f := range v.Findings {
		if f.Severity != signing.SeverityInfo {
			answer.Message = f.Message
			break
		}
	}
	return c.answerTSP(answer, exitRefused)
}

func (c *call) answerTSP(a tspJSON, exit int) int {
	switch {
	case c.json:
		c.printJSON(a)
	case exit != exitDone:
		return c.fail(a.File, a.Code, errors.New(a.Message), exit)
	default:
		fmt.Fprintf(c.out, "%s: valid, %s by %s, policy %s\n", a.File, a.Time, a.Signer, a.Policy)
	}
	return exit
}

// digestFile hashes a file that may be larger than memory.
func digestFile(name string, h crypto.Hash) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	sum := h.New()
	if _, err := io.Copy(sum, f); err != nil {
		return nil, err
	}
	return sum.Sum(nil), nil
}

// serveTSA runs a time-stamping authority until it is interrupted.
func serveTSA(ctx context.Context, c *call) int {
	p12 := c.flags.String("p12", "", "the PKCS#12 file of the authority; required")
	password := c.passwords("password")
	listen := c.flags.String("listen", "127.0.0.1:0", "the address to listen on")
	if err := c.parse(0, 0); err != nil {
		return c.badUsage(err)
	}
	if *p12 == "" {
		return c.badUsage(errors.New("--p12 is required"))
	}
	secret, err := c.secret("password", password)
	if err != nil {
		return c.badUsage(err)
	}
	signer, err := openSigner(*p12, secret)
	secret.Destroy()
	if err != nil {
		return c.refuse(*p12, err)
	}
	server, err := tsp.NewServer(tsp.ServerConfig{Signer: signer, Policy: demoTSAPolicy, Clock: c.now,
		Accuracy: time.Second})
	if err != nil {
		return c.refuse(*p12, err)
	}
	return c.serve(ctx, *listen, server)
}

// serve listens, says where, and serves until the context ends.
func (c *call) serve(ctx context.Context, address string, handler http.Handler) int {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return c.fail("", "unavailable", err, exitUnusable)
	}
	at := "http://" + listener.Addr().String()
	if c.json {
		c.printJSON(map[string]string{"listening": at})
	} else {
		fmt.Fprintln(c.out, "listening on", at)
	}
	server := &http.Server{Handler: handler, ReadTimeout: networkTimeout, WriteTimeout: networkTimeout,
		ReadHeaderTimeout: networkTimeout}
	go func() {
		<-ctx.Done()
		closing, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = server.Shutdown(closing)
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return c.fail("", "unavailable", err, exitUnusable)
	}
	return exitDone
}
