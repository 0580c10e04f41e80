package s3

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"time"
)

// A Child is a child process of the same binary that runs Serve.
type Child struct {
	// Args returns the arguments of the program, given the address to listen
	// on: Listen at first, and for each restart the address that the child
	// had before, so that clients find it again. Secrets do not belong here,
	// where every user of the machine can read them.
	Args func(listen string) []string
	// Env is added to the environment; secrets belong here.
	Env    []string
	Listen string // host:port; port 0 takes a free one

	Ready  func(addr string) // called whenever the child is ready, also after a restart
	Stderr io.Writer         // where the child's standard error goes; nil discards it
	Log    *slog.Logger      // default: silent
}

const (
	readyWord    = "ready"
	readyWithin  = time.Minute
	stopWithin   = 10 * time.Second
	firstBackoff = 200 * time.Millisecond
	maxBackoff   = 30 * time.Second
	// soundAfter is how long a child must have run for the next back-off to
	// start small again.
	soundAfter = time.Minute
)

// PrintReady returns a Ready function for Serve that tells RunChild, through
// the child's standard output, where the child listens.
func PrintReady(w io.Writer) func(addr string) {
	return func(addr string) { fmt.Fprintln(w, readyWord, addr) }
}

// RunChild runs the child until ctx ends, and starts it again, after a
// growing pause, whenever it dies. It returns when the child has ended. The
// child learns of its parent's end, whatever ends it, by the end of its
// standard input, see UntilEOF. An error is returned only if the child never
// became ready at all.
func RunChild(ctx context.Context, c Child) error {
	exe, err := os.Executable()
	if err != nil {
		return fmt.Errorf("s3 child: %w", err)
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	backoff, wasReady := firstBackoff, false
	for {
		began := time.Now()
		addr, err := c.once(ctx, exe)
		if ctx.Err() != nil {
			return nil
		}
		if addr != "" {
			wasReady, c.Listen = true, addr
		}
		if !wasReady {
			return fmt.Errorf("s3 child: %w", err)
		}
		if time.Since(began) > soundAfter {
			backoff = firstBackoff
		}
		c.Log.Error("the object store died and is started again", "err", err, "in", backoff)
		if pause(ctx, backoff) != nil {
			return nil
		}
		backoff = min(2*backoff, maxBackoff)
	}
}

// once runs one child to its end. It returns the address where it listened,
// "" if it never did.
func (c *Child) once(ctx context.Context, exe string) (addr string, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := exec.CommandContext(ctx, exe, c.Args(c.Listen)...)
	cmd.Env = append(os.Environ(), c.Env...)
	cmd.Stderr = c.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return "", err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return "", err
	}
	cmd.Cancel = stdin.Close // the child ends by itself, or is killed after WaitDelay
	cmd.WaitDelay = stopWithin
	if err := cmd.Start(); err != nil {
		return "", err
	}
	slow := time.AfterFunc(readyWithin, cancel)
	addr = readReady(stdout)
	slow.Stop()
	if addr != "" && c.Ready != nil {
		c.Ready(addr)
	}
	if addr == "" {
		cancel()
	}
	_, _ = io.Copy(io.Discard, stdout) // until the child ends
	if err := cmd.Wait(); err != nil {
		return addr, err
	}
	return addr, errors.New("ended by itself")
}

// readReady returns the address of the ready line, "" where none comes.
func readReady(r io.Reader) string {
	line, err := bufio.NewReaderSize(io.LimitReader(r, 4096), 4096).ReadString('\n')
	if err != nil {
		return ""
	}
	word, addr, _ := strings.Cut(strings.TrimSpace(line), " ")
	if word != readyWord {
		return ""
	}
	return addr
}
