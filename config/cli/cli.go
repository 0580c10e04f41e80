package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/alecthomas/kong"

	"tacstream/config"
	"tacstream/config/line"
)

// An env is what a command runs in.
type env struct {
	ctx    context.Context
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
	// See config.ServeOptions; both are zero but in tests.
	at      func(point string)
	release string
}

// grammar is the whole command line.
type grammar struct {
	Demo    demoCmd    `cmd:"" help:"Make a synthetic study, run it through the whole line and compare with the truth."`
	Serve   serveCmd   `cmd:"" help:"Run the line: watch a bucket, publish binding estimates."`
	Submit  submitCmd  `cmd:"" help:"Upload a folder, wait, and print the result or why there is none."`
	Watch   watchCmd   `cmd:"" help:"Print events as they come."`
	List    listCmd    `cmd:"" help:"Print every series with its state and reason."`
	Show    showCmd    `cmd:"" help:"Print what is behind a token: for the operator at the machine only."`
	Redrive redriveCmd `cmd:"" help:"Try a dead or failed series again."`
	Refit   refitCmd   `cmd:"" help:"Replace results by those of today's configuration and release."`
	Extract extractCmd `cmd:"" help:"Make time-activity curves from a folder of DICOM files, without broker or bucket."`
	Inspect inspectCmd `cmd:"" help:"Say what tacstream sees in a file, a folder or a bucket, and what to do about it."`
	Fit     fitCmd     `cmd:"" help:"Fit models to a table of time-activity curves."`
	Config  configCmd  `cmd:"" help:"Print the effective configuration as a commented file to start from."`
	S3      s3Cmd      `cmd:"" name:"s3" help:"Run the S3 store alone; every write is announced on NATS before it returns."`
	Health  healthCmd  `cmd:"" help:"Ask a server over HTTP whether it is well: for containers without a shell."`
	Version versionCmd `cmd:"" help:"Print the version."`
}

// Main runs the command line and returns the exit status: 0 for success, 1
// for an error, 2 for a wrong command line.
func Main(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	return runIn(args, env{stdin: stdin, stdout: stdout, stderr: stderr})
}

// runIn is Main in an environment whose context is yet to be made.
func runIn(args []string, e env) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var g grammar
	exit := -1
	parser, err := kong.New(&g, kong.Name("tacstream"), kong.Writers(e.stdout, e.stderr),
		kong.Description("From a PET series dropped in a bucket to a receptor-binding event. Not a medical device."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}), kong.Exit(func(code int) { exit = code }),
		kong.Vars{"data": DefaultData()})
	if err != nil {
		panic(err) // the grammar is ours
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	command, err := parser.Parse(args)
	if exit >= 0 {
		return exit
	}
	if err != nil {
		fmt.Fprintf(plain{e.stderr}, "tacstream: %v\nRun 'tacstream %s--help' to see what there is.\n", err, commandOf(err))
		return 2
	}
	e.ctx = ctx
	err = command.Run(&e)
	if err != nil && !errors.Is(err, errSilent) {
		fmt.Fprintf(plain{e.stderr}, "tacstream: %v\n", err)
	}
	if err != nil {
		return 1
	}
	return 0
}

// commandOf returns the command of a wrong command line and a space, or nothing
// where it has none.
func commandOf(err error) string {
	var wrong *kong.ParseError
	if errors.As(err, &wrong) && wrong.Context != nil && wrong.Context.Selected() != nil {
		return wrong.Context.Selected().Name + " "
	}
	return ""
}

// errSilent fails a command that has already said why.
var errSilent = errors.New("failed")

// DefaultData returns where a single machine keeps everything.
func DefaultData() string {
	if dir := os.Getenv("XDG_DATA_HOME"); dir != "" {
		return filepath.Join(dir, "tacstream")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		home = "."
	}
	return filepath.Join(home, ".local", "share", "tacstream")
}

type versionCmd struct{}

func (versionCmd) Run(e *env) error {
	_, err := fmt.Fprintln(e.stdout, "tacstream "+config.Version)
	return err
}

// where says which line a command talks to.
type where struct {
	Config     string `help:"Configuration file; without one, everything is embedded." type:"existingfile" placeholder:"FILE"`
	Data       string `help:"Data directory of the embedded servers and their credentials; default: ${data}." default:"${data}" placeholder:"DIR"`
	NATSListen string `name:"nats-listen" help:"Address of the embedded NATS; default: 127.0.0.1:4222, or where the data directory's servers listened last." placeholder:"ADDR"`
	S3Listen   string `name:"s3-listen" help:"Address of the embedded S3 store; default: 127.0.0.1:9000, or where the data directory's servers listened last." placeholder:"ADDR"`
}

// The addresses of embedded servers without a choice.
const (
	defaultNATS = "127.0.0.1:4222"
	defaultS3   = "127.0.0.1:9000"
)

// listens fills in the addresses that were not given.
func (w *where) listens() {
	known := line.ReadAddresses(w.Data)
	w.NATSListen = cmp.Or(w.NATSListen, known.NATS, defaultNATS)
	w.S3Listen = cmp.Or(w.S3Listen, known.S3, defaultS3)
}

// elsewhere returns the data directory where it is not the default, so that the
// other commands must be told of it.
func (w where) elsewhere() string {
	if w.Data == DefaultData() {
		return ""
	}
	return w.Data
}

// load returns the configuration: the file's, or the default.
func (w where) load() (config.Config, error) {
	if w.Config == "" {
		return config.Default(), nil
	}
	return config.Load(w.Config)
}

type configCmd struct {
	Config string `help:"Print this file's effective configuration instead of the default." type:"existingfile" placeholder:"FILE"`
}

// Help shows examples.
func (configCmd) Help() string {
	return `Examples:
  tacstream config > tacstream.yaml          # a file to start from
  tacstream config --config tacstream.yaml   # is it right, and what does it mean?`
}

func (c configCmd) Run(e *env) error {
	cfg, err := where{Config: c.Config}.load()
	if err != nil {
		return err
	}
	return cfg.Write(e.stdout)
}
