// Command rubrica tries the library, serves scripts, and is what strangers' test suites are run
// against. Its JSON output, codes and exit statuses are a contract; its human output is not.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	std := streams{in: os.Stdin, out: os.Stdout, err: os.Stderr, now: time.Now}
	os.Exit(run(ctx, std, os.Args[1:]))
}

// streams is the world outside the command.
type streams struct {
	in       io.Reader
	out, err io.Writer
	now      func() time.Time
}

// The exit statuses.
const (
	exitDone          = 0 // done, or every signature valid
	exitRefused       = 1 // refused, or a signature invalid
	exitIndeterminate = 2 // verify alone: indeterminate and none invalid
	exitUnusable      = 3 // bad usage, or input that cannot be read
)

// A command is one word of the command line and what it does.
type command struct {
	words string // as "verify" or "x509 verify"
	usage string // what follows the words
	does  string
	run   func(ctx context.Context, c *call) int
}

// run finds the command and runs it. It returns the exit status.
func run(ctx context.Context, std streams, args []string) int {
	words, rest := "", args
	for i := range min(2, len(args)) {
		words = joinWords(words, args[i])
		for _, cmd := range commands() {
			if cmd.words == words {
				rest = args[i+1:]
				return cmd.run(ctx, newCall(std, cmd, rest))
			}
		}
	}
	if len(args) == 0 || args[0] == "help" || args[0] == "--help" || args[0] == "-h" {
		printHelp(std.out)
		return exitDone
	}
	unknown := fmt.Errorf("unknown command %q; see rubrica help", args[0])
	return newCall(std, command{words: args[0]}, args).badUsage(unknown)
}

func joinWords(a, b string) string {
	if a == "" {
		return b
	}
	return a + " " + b
}

func printHelp(w io.Writer) {
	fmt.Fprintln(w, "rubrica: electronic signatures and their certificates, for Ecuador and Colombia")
	fmt.Fprintln(w)
	for _, cmd := range commands() {
		fmt.Fprintf(w, "  rubrica %s %s\n        %s\n", cmd.words, cmd.usage, cmd.does)
	}
	fmt.Fprintln(w, "\nEvery command takes --json. rubrica COMMAND --help lists its options.")
}
