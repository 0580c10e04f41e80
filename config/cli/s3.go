package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"

	"tacstream/config/line"
	"tacstream/ingest"
	"tacstream/ingest/jetstream"
	"tacstream/ingest/s3"
)

type s3Cmd struct {
	Dir     string   `help:"Folder that holds the buckets, each a plain folder." required:"" placeholder:"DIR"`
	Listen  string   `help:"Address to listen on." default:"127.0.0.1:9000" placeholder:"ADDR"`
	Inbox   []string `help:"Buckets whose objects are announced." default:"inbox" placeholder:"NAME,..."`
	Site    []string `help:"Which site uploads under which bucket and prefix, so that each site has notices of its own; may be repeated. Default: one site for all." sep:"none" placeholder:"BUCKET/PREFIX=SITE"`
	Results string   `help:"Bucket for results, which is not announced." default:"results" placeholder:"NAME"`
	NATS    string   `name:"nats" help:"NATS server to announce on." default:"nats://127.0.0.1:4222" placeholder:"URL"`
	TLSCert string   `name:"tls-cert" help:"Certificate; needed to listen beyond loopback." placeholder:"FILE"`
	TLSKey  string   `name:"tls-key" help:"Its private key." placeholder:"FILE"`
	Private bool     `name:"private-network" help:"Listen beyond loopback without TLS: for a network that only your own containers share."`
	Child   bool     `hidden:"" help:"End when standard input ends; for the parent process only."`
}

// Help shows examples.
func (s3Cmd) Help() string {
	return `Reads the keys from the environment: TACSTREAM_S3_ACCESS_KEY, TACSTREAM_S3_SECRET_KEY, TACSTREAM_NATS_USER and
TACSTREAM_NATS_PASSWORD. PutObject, CompleteMultipartUpload, CopyObject and deletions sync the object and publish an
acknowledged notice before they return.

Example:
  tacstream s3 --dir /srv/buckets --nats nats://nats:4222`
}

func (c s3Cmd) Run(e *env) error {
	if host, _, err := net.SplitHostPort(c.Listen); err != nil || (c.TLSCert == "" && !c.Private && !isLoopback(host)) {
		return fmt.Errorf("--listen %s is not on loopback: give --tls-cert and --tls-key, or --private-network", c.Listen)
	}
	access, secret := os.Getenv(line.EnvS3Access), os.Getenv(line.EnvS3Secret)
	if access == "" || secret == "" {
		return fmt.Errorf("set %s and %s in the environment", line.EnvS3Access, line.EnvS3Secret)
	}
	log := slog.New(slog.NewTextHandler(e.stderr, nil))
	ctx := e.ctx
	if c.Child {
		// A signal from the terminal, or to the whole service, reaches the parent
		// too, which still needs the store to finish.
		ctx = context.WithoutCancel(ctx)
	}
	ctx, refuse := context.WithCancelCause(ctx)
	defer refuse(nil)
	ready := func(addr string) { fmt.Fprintf(e.stdout, "tacstream s3 is ready at %s\n", addr) }
	if c.Child {
		untilEOF, cancel := s3.UntilEOF(ctx, e.stdin)
		defer cancel()
		ctx, ready = untilEOF, s3.PrintReady(e.stdout)
	}
	a, err := c.announce(ctx, log, refuse)
	if err != nil {
		return err
	}
	defer a.conn.Close()
	err = s3.Serve(ctx, s3.ServerOptions{
		Dir: c.Dir, Listen: c.Listen, AccessKey: access, SecretKey: secret, CertFile: c.TLSCert, KeyFile: c.TLSKey,
		Buckets: append(append([]string{}, c.Inbox...), c.Results), NotifyBuckets: c.Inbox,
		Notifier: a, Owed: func(string) { a.owed.Store(true) }, Ready: ready, Log: log,
	})
	if cause := context.Cause(ctx); errors.Is(cause, jetstream.ErrOldServer) {
		return cause
	}
	return err
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// An announcer publishes the store's notices. What NATS did not take is owed:
// once NATS takes messages again a listing is asked for.
type announcer struct {
	conn  *nats.Conn
	sites ingest.Sites
	owed  atomic.Bool
}

// announce connects to NATS. Refuse is called where a server that is too old
// answers later.
func (c s3Cmd) announce(ctx context.Context, log *slog.Logger, refuse func(error)) (*announcer, error) {
	sites, err := sitesOf(c.Site)
	if err != nil {
		return nil, err
	}
	links := line.StoreLinks(c.NATS, os.Getenv(line.EnvNATSUser), os.Getenv(line.EnvNATSPassword), c.TLSCert)
	links.Refuse = refuse
	conn, err := links.Connect(log)
	if err != nil {
		return nil, err
	}
	a := &announcer{conn: conn, sites: sites}
	go a.settleDebts(ctx)
	return a, nil
}

// noticeWait is how long a write waits for its notice to be taken.
const noticeWait = 10 * time.Second

// Notify publishes one notice and waits until JetStream has it.
func (a *announcer) Notify(ctx context.Context, payload []byte) error {
	ctx, cancel := context.WithTimeout(ctx, noticeWait)
	defer cancel()
	return jetstream.Announce(ctx, a.conn, a.source(payload), payload)
}

// source returns the source of a notice: that of the site to which its object
// belongs.
func (a *announcer) source(payload []byte) string {
	notices, err := s3.ParseNotice(payload, s3.DialectTacstream)
	if err != nil || len(notices) != 1 {
		return jetstream.SourceStore
	}
	m, ok := a.sites.Of(notices[0].Bucket, notices[0].Key)
	if !ok {
		return jetstream.SourceStore
	}
	return jetstream.SourceOf(m.Site)
}

// sitesOf reads mappings of the form bucket/prefix=site.
func sitesOf(flags []string) (ingest.Sites, error) {
	var sites ingest.Sites
	for _, flag := range flags {
		at := strings.LastIndexByte(flag, '=')
		bucket, prefix, ok := strings.Cut(flag[:max(at, 0)], "/")
		if at < 0 || !ok || bucket == "" || at == len(flag)-1 {
			return nil, fmt.Errorf("--site %s: must be bucket/prefix=site, such as inbox/north/=north", flag)
		}
		sites = append(sites, ingest.Mapping{Bucket: bucket, Prefix: prefix, Site: ingest.Site(flag[at+1:])})
	}
	return sites, nil
}

// settleDebts asks for a listing whenever notices were lost, until ctx ends.
func (a *announcer) settleDebts(ctx context.Context) {
	for rest(ctx, time.Second) == nil {
		if !a.owed.Load() {
			continue
		}
		asking, cancel := context.WithTimeout(ctx, noticeWait)
		a.owed.Store(false)
		if err := jetstream.Announce(asking, a.conn, "list", nil); err != nil && !errors.Is(err, context.Canceled) {
			a.owed.Store(true)
		}
		cancel()
	}
}
