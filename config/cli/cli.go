package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"tacstream/ingest/regions"
)

// grammar is the whole command line.
type grammar struct {
	Demo    demoCmd    `cmd:"" help:"Make a synthetic study, run it through the whole line and compare with the truth."`
	Serve   serveCmd   `cmd:"" help:"Run the line: watch a bucket, publish binding estimates."`
	Submit  submitCmd  `cmd:"" help:"Upload a folder, wait, and print the result or why there is none."`
	Watch   watchCmd   `cmd:"" help:"Print events as they come."`
	List    listCmd    `cmd:"" help:"Print every series with its state and reason."`
	Show    showCmd    `cmd:"" help:"Print the objects behind a token; only for the operator at the machine."`
	Redrive redriveCmd `cmd:"" help:"Try a dead or failed series again."`
	Refit   refitCmd   `cmd:"" help:"Redo results with today's configuration and release."`
	Extract extractCmd `cmd:"" help:"Make time-activity curves from a folder of DICOM files, without servers."`
	Inspect inspectCmd `cmd:"" help:"Describe what tacstream sees in a file, a folder or a bucket, and what to do about it."`
	Fit     fitCmd     `cmd:"" help:"Fit models to a table of time-activity curves."`
	Config  configCmd  `cmd:"" help:"Print the effective configuration as a commented file to start from."`
	Codes   codesCmd   `cmd:"" help:"Explain the codes of reasons and warnings, and what to do about each."`
	S3      s3Cmd      `cmd:"" name:"s3" help:"Run only the S3 store; it announces every write on NATS before the write returns."`
	Health  healthCmd  `cmd:"" help:"Ask a server over HTTP whether it is ready; for containers without a shell."`
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
		kong.Vars{"data": DefaultData()}, kong.Vars{"region_images": regions.Images()}, fitNames(), durations())
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
		fmt.Fprintf(plain{e.stderr}, "tacstream: %v\nRun 'tacstream %s--help' for help.\n", err, commandOf(err))
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
