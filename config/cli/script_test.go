package cli

import (
	"context"
	"errors"
	"flag"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"tacstream/config/rig"
	"tacstream/ingest/phantom"
)

// Each script in testdata/script is a session of somebody at a keyboard. Beside
// testscript's own commands and tacstream they may use
//
//	phantom [-seed N] [-frames N] [-minutes N] [-small] [-hole N] DIR
//		writes a synthetic scan with its regions, without its Nth file;
//	status N COMMAND...
//		runs a command that ends with exit status N;
//	until PATTERN COMMAND...
//		runs a command again and again until it ends well and its output matches;
//	shows PATTERN COMMAND...
//		runs a command until its output matches and interrupts it then, after
//		which it ends well;
//	capture NAME PATTERN
//		sets a variable to the first group of the pattern in the last output.
//
// $NATS, $S3 and $HTTP are free addresses.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"),
		Setup: func(e *testscript.Env) error {
			tb := e.T().(testing.TB)
			for _, name := range []string{"NATS", "S3", "HTTP"} {
				e.Setenv(name, rig.FreeAddr(tb))
			}
			e.Setenv("XDG_DATA_HOME", filepath.Join(e.WorkDir, "data"))
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"phantom": scriptPhantom, "status": scriptStatus, "until": scriptUntil, "shows": scriptShows, "capture": scriptCapture,
		},
	})
}

// scriptPatience is how long a script waits for what it waits for: machines are
// shared, and the race detector is slow.
const scriptPatience = 4 * time.Minute

func scriptPhantom(ts *testscript.TestScript, neg bool, args []string) {
	flags := flag.NewFlagSet("phantom", flag.ContinueOnError)
	seed := flags.Uint64("seed", 5, "")
	frames := flags.Int("frames", scanFrames, "")
	minutes := flags.Int("minutes", 90, "")
	small := flags.Bool("small", false, "")
	hole := flags.Int("hole", 0, "")
	ts.Check(flags.Parse(args))
	if neg || flags.NArg() != 1 {
		ts.Fatalf("usage: phantom [-seed N] [-frames N] [-minutes N] [-small] [-hole N] DIR")
	}
	scan := phantom.Series{Name: "scan", Seed: *seed, NoNoise: true, Frames: phantom.EvenFrames(*frames, time.Duration(*minutes)*time.Minute/time.Duration(*frames))}
	if *small {
		scan.Size = [3]int{8, 8, 4}
	}
	n := 0
	for f := range scan.Files() {
		if n++; n == *hole {
			continue
		}
		name := filepath.Join(ts.MkAbs(flags.Arg(0)), filepath.FromSlash(f.Name))
		ts.Check(os.MkdirAll(filepath.Dir(name), 0o700))
		ts.Check(os.WriteFile(name, f.Data, 0o600))
	}
}

func scriptStatus(ts *testscript.TestScript, neg bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	var exit *exec.ExitError
	got := 0
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	ts.Logf("[stdout]\n%s[stderr]\n%s", ts.ReadFile("stdout"), ts.ReadFile("stderr"))
	if neg || got != want {
		ts.Fatalf("the exit status is %d, want %d", got, want)
	}
}

func scriptUntil(ts *testscript.TestScript, neg bool, args []string) {
	pattern := regexp.MustCompile(args[0])
	ctx, cancel := context.WithTimeout(context.Background(), scriptPatience)
	defer cancel()
	for {
		err := ts.Exec(args[1], args[2:]...)
		if out := ts.ReadFile("stdout"); err == nil && pattern.MatchString(out) {
			ts.Logf("[stdout]\n%s", out)
			return
		}
		if neg || rest(ctx, 100*time.Millisecond) != nil {
			ts.Fatalf("%v shows no %s: %v\n%s%s", args[1:], args[0], err, ts.ReadFile("stdout"), ts.ReadFile("stderr"))
		}
	}
}

func scriptShows(ts *testscript.TestScript, neg bool, args []string) {
	pattern := regexp.MustCompile(args[0])
	ctx, cancel := context.WithTimeout(context.Background(), scriptPatience)
	defer cancel()
	cmd := exec.CommandContext(ctx, args[1], args[2:]...)
	cmd.Dir = ts.MkAbs(".")
	cmd.Env = append(os.Environ(), "XDG_DATA_HOME="+ts.Getenv("XDG_DATA_HOME"))
	var out rig.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	ts.Check(cmd.Start())
	for !pattern.MatchString(out.String()) {
		if neg || rest(ctx, 20*time.Millisecond) != nil {
			ts.Fatalf("%v shows no %s: %s", args[1:], args[0], out.String())
		}
	}
	ts.Check(cmd.Process.Signal(syscall.SIGINT))
	ts.Check(cmd.Wait())
	_, err := io.WriteString(ts.Stdout(), out.String())
	ts.Check(err)
}

func scriptCapture(ts *testscript.TestScript, neg bool, args []string) {
	m := regexp.MustCompile(args[1]).FindStringSubmatch(ts.ReadFile("stdout"))
	if neg || len(m) != 2 {
		ts.Fatalf("%s is not in %s", args[1], ts.ReadFile("stdout"))
	}
	ts.Setenv(args[0], m[1])
}
