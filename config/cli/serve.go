package cli

import (
	"fmt"
	"io"
	"log/slog"
	"strings"

	"tacstream/config"
	"tacstream/config/line"
	"tacstream/ingest/regions"
)

type serveCmd struct {
	where
	Only    []string `help:"Run only these roles: nats, s3, ingest, work." enum:"nats,s3,ingest,work" placeholder:"ROLE,..."`
	TLSCert string   `name:"tls-cert" help:"Certificate for the embedded servers; needed to listen beyond loopback." type:"existingfile" placeholder:"FILE"`
	TLSKey  string   `name:"tls-key" help:"Its private key." type:"existingfile" placeholder:"FILE"`
	JSON    bool     `name:"json" help:"Write the log as JSON lines."`
	Verbose bool     `short:"v" help:"Log more."`
}

// Help shows examples.
func (serveCmd) Help() string {
	return `Without a configuration it embeds NATS on 127.0.0.1:4222 and S3 on 127.0.0.1:9000 (buckets inbox and results),
durable in the data directory. On SIGTERM it takes no new work, finishes its jobs or hands them back, and exits with 0.

Examples:
  tacstream serve                                   # everything on this machine
  tacstream serve --config tacstream.yaml           # your own NATS and S3
  tacstream serve --only work                       # one more worker beside it
  tacstream serve --only nats,s3 --data /srv/pet    # the servers alone`
}

func (c serveCmd) Run(e *env) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	c.listens()
	opts := line.ServeOptions{
		Config: cfg, Data: c.Data, Only: c.Only, NATSListen: c.NATSListen, S3Listen: c.S3Listen,
		TLSCert: c.TLSCert, TLSKey: c.TLSKey, Log: c.logger(e.stderr), At: e.at, ResultsVersion: e.release,
		Ready: func(s line.Started) { fmt.Fprint(e.stdout, welcome(s, c.elsewhere())) },
	}
	return line.Serve(e.ctx, opts)
}

func (c serveCmd) logger(w io.Writer) *slog.Logger {
	level := slog.LevelInfo
	if c.Verbose {
		level = slog.LevelDebug
	}
	if c.JSON {
		return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level}))
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level}))
}

// welcome says how to drop a scan and how to subscribe.
func welcome(s line.Started, data string) string {
	var b strings.Builder
	if data != "" {
		data = " --data " + data
	}
	fmt.Fprintf(&b, "tacstream %s is ready (%s)\n", config.Version, strings.Join(s.Roles, ", "))
	if s.Secrets != "" {
		fmt.Fprintf(&b, "  credentials  %s\n", s.Secrets)
	}
	fmt.Fprintf(&b, "  drop a scan  any S3 client at %s, bucket %s, or: tacstream submit DIR%s\n", s.S3, strings.Join(s.Buckets, ", "), data)
	fmt.Fprintf(&b, "  regions      %s\n", regions.Wanted())
	fmt.Fprintf(&b, "  subscribe    NATS at %s, subject pet.v1.>, user consumer (nats_consumer_password), or: tacstream watch%s\n", s.NATS, data)
	fmt.Fprintf(&b, "  see          tacstream list%s\n", data)
	return b.String()
}
