package cli

import (
	"cmp"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"tacstream/config"
	"tacstream/config/line"
)

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

// open connects a command to the line.
func (w where) open(e *env) (*line.Line, error) {
	cfg, err := w.load()
	if err != nil {
		return nil, err
	}
	w.listens()
	return line.OpenLine(e.ctx, line.ServeOptions{
		Config: cfg, Data: w.Data, Only: []string{"none"}, NATSListen: w.NATSListen, S3Listen: w.S3Listen, Log: quietLog(e.stderr),
	})
}

// quietLog says only what goes wrong.
func quietLog(w io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// storeWithin is how long the store may take to answer.
const storeWithin = 10 * time.Second
