package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"golang.org/x/term"

	"github.com/rubrica/rubrica/signing"
	"github.com/rubrica/rubrica/token"
)

// A call is one run of one command: its options, its arguments and where it answers.
type call struct {
	streams
	command
	flags *flag.FlagSet
	args  []string             // as given
	files []string             // the arguments that are not options, after parse
	lists map[string]*[]string // the values of repeatable options
	json  bool
	lines *bufio.Reader // of in, made at the first prompt
}

func newCall(std streams, cmd command, args []string) *call {
	c := &call{streams: std, command: cmd, args: args}
	c.flags = flag.NewFlagSet(cmd.words, flag.ContinueOnError)
	c.flags.SetOutput(io.Discard)
	c.flags.BoolVar(&c.json, "json", false, "answer in JSON")
	// Known before the options are parsed, so that bad usage is told in the form asked for.
	c.json = slices.Contains(args, "--json") || slices.Contains(args, "-json")
	return c
}

// list adds a repeatable option.
func (c *call) list(name, usage string) *[]string {
	var values []string
	c.flags.Func(name, usage, func(v string) error {
		values = append(values, v)
		return nil
	})
	if c.lists == nil {
		c.lists = map[string]*[]string{}
	}
	c.lists[name] = &values
	return &values
}

var errHelp = errors.New("help asked for")

// parse reads the options, which may stand before, between and after the files, and asks for
// between least and most files (most < 0: any number).
func (c *call) parse(least, most int) error {
	rest := c.args
	for {
		if err := c.flags.Parse(rest); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				c.printUsage()
				return errHelp
			}
			return err
		}
		rest = c.flags.Args()
		if len(rest) == 0 {
			break
		}
		if rest[0] == "--" {
			c.files = append(c.files, rest[1:]...)
			break
		}
		c.files, rest = append(c.files, rest[0]), rest[1:]
	}
	if len(c.files) < least || (most >= 0 && len(c.files) > most) {
		return fmt.Errorf("usage: rubrica %s %s", c.words, c.usage)
	}
	return nil
}

func (c *call) printUsage() {
	fmt.Fprintf(c.out, "usage: rubrica %s %s\n%s\n", c.words, c.usage, c.does)
	c.flags.SetOutput(c.out)
	c.flags.PrintDefaults()
}

// badUsage tells a wrong command line and returns the exit status.
func (c *call) badUsage(err error) int {
	if errors.Is(err, errHelp) {
		return exitDone
	}
	return c.fail("", "bad-usage", err, exitUnusable)
}

// fail tells an error about a file ("" when about none) with its stable word.
func (c *call) fail(file string, code signing.Code, err error, exit int) int {
	if c.json {
		answer := struct {
			File    string       `json:"file,omitempty"`
			Status  string       `json:"status"`
			Code    signing.Code `json:"code"`
			Message string       `json:"message"`
		}{file, "error", code, err.Error()}
		c.printJSON(answer)
		return exit
	}
	if file != "" {
		fmt.Fprintf(c.err, "rubrica: %s: %v (%s)\n", file, err, code)
	} else {
		fmt.Fprintf(c.err, "rubrica: %v (%s)\n", err, code)
	}
	return exit
}

// printJSON writes one value on one line.
func (c *call) printJSON(v any) {
	encoder := json.NewEncoder(c.out)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(v)
}

// passwordOptions are the three ways to give a secret.
type passwordOptions struct{ plain, file, env *string }

// passwords adds --NAME, --NAME-file and --NAME-env.
func (c *call) passwords(name string) passwordOptions {
	return passwordOptions{
		plain: c.flags.String(name, "", "the secret itself, for tests"),
		file:  c.flags.String(name+"-file", "", "a file that holds the secret on its first line"),
		env:   c.flags.String(name+"-env", "", "an environment variable that holds the secret"),
	}
}

// isSet reports whether an option stands on the command line.
func (c *call) isSet(name string) bool {
	set := false
	c.flags.Visit(func(f *flag.Flag) { set = set || f.Name == name })
	return set
}

// secret reads the secret from where the options say, or from a prompt when they say nothing.
func (c *call) secret(name string, o passwordOptions) (token.Secret, error) {
	switch {
	case c.isSet(name):
		return token.NewSecret([]byte(*o.plain)), nil
	case *o.file != "":
		raw, err := readFile(*o.file, maxSecretFile)
		if err != nil {
			return token.Secret{}, err
		}
		line, _, _ := strings.Cut(string(raw), "\n")
		return token.NewSecret([]byte(strings.TrimSuffix(line, "\r"))), nil
	case *o.env != "":
		value, ok := os.LookupEnv(*o.env)
		if !ok {
			return token.Secret{}, fmt.Errorf("the environment variable of --%s-env is not set", name)
		}
		return token.NewSecret([]byte(value)), nil
	}
	fmt.Fprintf(c.err, "%s: ", name)
	if typed, ok := c.in.(*os.File); ok && term.IsTerminal(int(typed.Fd())) {
		line, err := term.ReadPassword(int(typed.Fd())) // without echo
		fmt.Fprintln(c.err)
		return token.NewSecret(line), err
	}
	if c.lines == nil { // one for all prompts: it reads ahead
		c.lines = bufio.NewReader(c.in)
	}
	line, err := c.lines.ReadString('\n')
	if err != nil && line == "" {
		return token.Secret{}, fmt.Errorf("no %s given: use --%[1]s-file or --%[1]s-env", name)
	}
	return token.NewSecret([]byte(strings.TrimRight(line, "\r\n"))), nil
}

// requireRevocation and fetching are the options of those names.
func (c *call) requireRevocation() *bool {
	return c.flags.Bool("require-revocation", false, "without revocation evidence nothing is valid")
}

func (c *call) fetching() *bool {
	return c.flags.Bool("fetch", false, "fetch certificates and status that the certificates name")
}

// maxSecretFile bounds a file that holds a secret on its first line.
const maxSecretFile = 64 << 10

// hasSecret reports whether an option gives the secret, so that no prompt is needed.
func (c *call) hasSecret(name string, o passwordOptions) bool {
	return c.isSet(name) || *o.file != "" || *o.env != ""
}
