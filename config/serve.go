package config

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"golang.org/x/sync/errgroup"

	"tacstream/ingest"
	"tacstream/ingest/dicom"
	"tacstream/ingest/jetstream"
	"tacstream/ingest/s3"
	"tacstream/ingest/watch"
	outbox "tacstream/publish/jetstream"
)

// Roles are what a process can do; without a choice it does all of them.
const (
	RoleNATS   = "nats"   // the embedded NATS
	RoleS3     = "s3"     // the embedded store, in a child process
	RoleIngest = "ingest" // take notices, list the inbox, judge series
	RoleWork   = "work"   // take jobs
)

// The users of the embedded NATS.
const (
	UserTacstream = "tacstream" // the line itself
	UserConsumer  = "consumer"  // reads events
	UserFacility  = "facility"  // a foreign store that sends notices, to _tac.notice.facility
	UserMirror    = "_mirror"   // keeps the mirror of the events; the embedded NATS has its own
)

// ServeOptions say how to run the line.
type ServeOptions struct {
	Config     Config
	Data       string   // directory of the embedded servers and of the secrets
	Only       []string // roles; none means all
	NATSListen string   // address of the embedded NATS
	S3Listen   string   // address of the embedded store
	TLSCert    string   // of the embedded servers; needed beyond loopback
	TLSKey     string
	Log        *slog.Logger
	Ready      func(Started)      // called once everything runs; may be nil
	At         func(point string) // see Worker.At
	// ResultsVersion is the release that the process pretends to be, for tests;
	// "" means ResultsVersion.
	ResultsVersion string

	MirrorEvery time.Duration // how often the mirror of the events is looked at; default jetstream.DefaultMirrorEvery
}

// Started says what runs and where.
type Started struct {
	Roles   []string
	NATS    string // URL
	S3      string // URL
	Secrets string // file; empty where nothing is embedded
	Buckets []string
}

// Check reports everything that keeps Serve from starting.
func (o ServeOptions) Check() error {
	var errs []error
	for _, a := range []struct {
		name, addr string
		used       bool
	}{{"--nats-listen", o.NATSListen, o.has(RoleNATS)}, {"--s3-listen", o.S3Listen, o.has(RoleS3)}} {
		if a.used && o.TLSCert == "" && !loopback(a.addr) {
			errs = append(errs, fmt.Errorf("%s %s is not on loopback: give --tls-cert and --tls-key, so that credentials and scans do not cross the network in the clear", a.name, a.addr))
		}
	}
	if (o.TLSCert == "") != (o.TLSKey == "") {
		errs = append(errs, errors.New("--tls-cert and --tls-key are needed together"))
	}
	return errors.Join(errs...)
}

// loopback reports whether an address can be reached from this machine only.
func loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	ip := net.ParseIP(host)
	return err == nil && (host == "localhost" || ip != nil && ip.IsLoopback())
}

// has reports whether the process plays a role. An embedded server's role is
// empty where the configuration names a server of your own.
func (o ServeOptions) has(role string) bool {
	if role == RoleNATS && o.Config.NATS.URL != "" || role == RoleS3 && o.Config.S3.Endpoint != "" {
		return false
	}
	return len(o.Only) == 0 || slices.Contains(o.Only, role)
}

// Serve runs the line until ctx ends; then it stops pulling, finishes or hands
// back what is in hand, and returns nil. It does the same, and returns why,
// where its connection comes to a server of NATS that is too old.
func Serve(ctx context.Context, opts ServeOptions) error {
	if err := opts.Check(); err != nil {
		return err
	}
	links, err := opts.Links()
	if err != nil {
		return err
	}
	ctx, refuse := context.WithCancelCause(ctx)
	defer refuse(nil)
	links.Refuse = refuse
	err = opts.serve(ctx, links)
	if cause := context.Cause(ctx); errors.Is(cause, jetstream.ErrOldServer) {
		return cause
	}
	return err
}

// serve runs the line until ctx ends.
func (o ServeOptions) serve(ctx context.Context, links Links) error {
	release, err := o.claim()
	if err != nil {
		return err
	}
	defer release()
	// The servers outlive the roles, which need them to hand back their jobs,
	// and NATS outlives the store, which announces to it.
	natsServer, err := o.startNATS(links)
	if err != nil {
		return err
	}
	if natsServer != nil {
		defer natsServer.Shutdown()
	}
	defer context.AfterFunc(ctx, func() { o.Log.Info("stopping: what is in hand is finished or handed back") })()
	servers, stop := context.WithCancel(context.WithoutCancel(ctx))
	var serving errgroup.Group
	defer func() { stop(); serving.Wait() }()
	if o.has(RoleS3) {
		ready := make(chan error, 1)
		serving.Go(func() error { return o.runS3(servers, links, ready) })
		if err := <-ready; err != nil {
			return err
		}
	}
	line, err := o.open(ctx, links)
	if err != nil {
		return err
	}
	defer line.Close()
	if err := line.WaitForStore(ctx); err != nil {
		return err
	}
	return line.run(ctx, o, links)
}

// startNATS starts the embedded NATS if it is this process' role.
func (o ServeOptions) startNATS(l Links) (*jetstream.Server, error) {
	if !o.has(RoleNATS) {
		return nil, nil
	}
	return jetstream.StartServer(jetstream.ServerOptions{
		StoreDir: filepath.Join(o.Data, "nats"), Listen: o.NATSListen, CertFile: o.TLSCert, KeyFile: o.TLSKey, SyncAlways: true,
		MirrorEvery: o.MirrorEvery, Log: o.Log,
		Users: []jetstream.User{
			{Name: UserTacstream, Password: l.secrets.NATSPassword, Role: jetstream.RoleTacstream},
			{Name: UserConsumer, Password: l.secrets.ConsumerPass, Role: jetstream.RoleConsumer},
			{Name: UserFacility, Password: l.secrets.FacilityPass, Role: jetstream.RoleFacility},
		},
	})
}

// runS3 runs the embedded store in a child process. What it says first goes
// to ready.
func (o ServeOptions) runS3(ctx context.Context, l Links, ready chan<- error) error {
	first := true
	err := s3.RunChild(ctx, s3.Child{
		Listen: o.S3Listen, Log: o.Log, Stderr: os.Stderr,
		Args: func(listen string) []string {
			args := []string{"s3", "--child", "--dir", filepath.Join(o.Data, "s3"), "--listen", listen, "--nats", l.NATSURL, "--results", o.Config.S3.Results}
			for _, b := range o.Config.inboxes() {
				args = append(args, "--inbox", b)
			}
			for _, s := range o.Config.Sites {
				args = append(args, "--site", s.Bucket+"/"+s.Prefix+"="+s.Site)
			}
			if o.TLSCert != "" {
				args = append(args, "--tls-cert", o.TLSCert, "--tls-key", o.TLSKey)
			}
			return args
		},
		Env: []string{
			EnvS3Access + "=" + l.s3.AccessKey, EnvS3Secret + "=" + l.s3.SecretKey,
			EnvNATSUser + "=" + l.natsUser, EnvNATSPassword + "=" + l.natsPassword,
		},
		Ready: func(string) {
			if first {
				ready <- nil
			}
			first = false
		},
	})
	if first {
		ready <- err
	}
	return err
}

// The environment of a store that runs as a process of its own.
const (
	EnvS3Access     = "TACSTREAM_S3_ACCESS_KEY"
	EnvS3Secret     = "TACSTREAM_S3_SECRET_KEY"
	EnvNATSUser     = "TACSTREAM_NATS_USER"
	EnvNATSPassword = "TACSTREAM_NATS_PASSWORD"
)

// inboxes returns the buckets that facilities drop into.
func (c Config) inboxes() []string {
	var buckets []string
	for _, s := range c.Sites {
		buckets = append(buckets, s.Bucket)
	}
	slices.Sort(buckets)
	return slices.Compact(buckets)
}

// A Line is everything that the roles of one process share.
type Line struct {
	Config Config
	Conn   *nats.Conn
	Broker *jetstream.Broker
	Ledger *jetstream.Ledger
	Store  *s3.Store
	Sites  ingest.Sites
	Outbox *outbox.Outbox
	Judge  *watch.Judge
	Log    *slog.Logger

	metrics        *metrics
	resultsVersion string
}

// plan returns by what the result of a series would be made today.
func (l *Line) plan(a ingest.Assembly, kept ingest.Plan) ingest.Plan {
	return l.Config.plan(a, kept, l.resultsVersion)
}

// reachWithin is how long a command waits for servers that should be there.
const reachWithin = 5 * time.Second

// OpenLine connects to a line that runs elsewhere. Servers that are not there
// are an error at once.
func OpenLine(ctx context.Context, opts ServeOptions) (*Line, error) {
	links, err := opts.Links()
	if err != nil {
		return nil, err
	}
	links.atOnce = true
	reaching, cancel := context.WithTimeout(ctx, reachWithin)
	defer cancel()
	l, err := opts.open(reaching, links)
	if errors.Is(err, jetstream.ErrOldServer) {
		return nil, err
	}
	if err != nil {
		return nil, fmt.Errorf("NATS at %s: %w; %s", links.NATSURL, err, opts.wayIn(err))
	}
	return l, nil
}

// wayIn says what may help where NATS lets nobody in.
func (o ServeOptions) wayIn(err error) string {
	switch {
	case errors.Is(err, jetstream.ErrOtherKey):
		return "use the configuration, or the --data, of that line"
	case o.Config.NATS.URL == "":
		return "is 'tacstream serve' running, with this --data?"
	case errors.Is(err, nats.ErrAuthorization):
		return "are nats.user and nats.password right?"
	}
	return "is nats.url right, and the server running?"
}

// open connects to the servers and waits until NATS answers.
func (o ServeOptions) open(ctx context.Context, links Links) (*Line, error) {
	l := &Line{Config: o.Config, Log: o.Log, Sites: o.Config.ingestSites(links.siteKey), metrics: newMetrics(), resultsVersion: cmp.Or(o.ResultsVersion, ResultsVersion)}
	var err error
	if l.Conn, err = links.Connect(o.Log); err != nil {
		return nil, err
	}
	broker := o.Config.jetstream()
	broker.Waiting = func(err error) { o.Log.Warn("waiting for NATS", "url", links.NATSURL, "err", err) }
	if l.Broker, err = jetstream.Connect(ctx, l.Conn, broker); err != nil {
		l.Conn.Close()
		return nil, err
	}
	if l.Store, err = links.OpenStore(); err != nil {
		l.Conn.Close()
		return nil, err
	}
	l.Ledger = l.Broker.Ledger()
	if err := l.Ledger.Claim(ctx, links.siteKey.Token("line", "key"), o.has(RoleIngest) || o.has(RoleWork)); err != nil {
		l.Close()
		return nil, err
	}
	l.Outbox = &outbox.Outbox{Broker: l.Broker, Store: l.Store, Bucket: o.Config.S3.Results}
	l.Judge = &watch.Judge{Book: l.Ledger, Sink: l.Outbox, Queue: l.Broker, Plan: l.plan, At: o.At}
	return l, nil
}

// WaitForStore waits until the store answers for every bucket.
func (l *Line) WaitForStore(ctx context.Context) error {
	waiting := time.AfterFunc(reachWithin, func() { l.Log.Warn("waiting for the S3 store", "endpoint", l.Store.Endpoint()) })
	defer waiting.Stop()
	for _, bucket := range append(l.Config.inboxes(), l.Config.S3.Results) {
		if err := l.Store.Wait(ctx, bucket); err != nil {
			return err
		}
	}
	return nil
}

// Close ends the connections.
func (l *Line) Close() {
	l.Conn.Close()
	l.Store.Close()
}

func (c Config) jetstream() jetstream.Options {
	return jetstream.Options{
		Replicas: c.NATS.Replicas, AckWait: time.Duration(c.Timing.AckWait), QuietTime: time.Duration(c.Timing.Quiet),
	}
}

// ingestSites makes the mapping of sites, each with a key of its own.
func (c Config) ingestSites(master ingest.Key) ingest.Sites {
	var sites ingest.Sites
	for _, s := range c.Sites {
		key := ingest.Key(master.Token("site", s.Site))
		sites = append(sites, ingest.Mapping{Bucket: s.Bucket, Prefix: s.Prefix, Site: ingest.Site(s.Site), Key: key})
	}
	return sites
}

// run plays the roles until ctx ends or one of them fails.
func (l *Line) run(stopped context.Context, o ServeOptions, links Links) error {
	g, ctx := errgroup.WithContext(stopped)
	if o.has(RoleIngest) {
		keep, err := l.mirror(ctx, links, o.MirrorEvery)
		if err != nil {
			return err
		}
		g.Go(func() error { return keep(ctx) })
		lister := NewLister(l, time.Duration(l.Config.Timing.List))
		intake := &jetstream.Intake{
			Broker: l.Broker, Ledger: l.Ledger, Judge: l.Judge, Log: l.Log, Parse: l.parseNotice, Relist: lister.Ask, At: o.At,
			Count: func(source, what string, n int) { l.metrics.notices.WithLabelValues(source, what).Add(float64(n)) },
			Door:  &watch.Door{Store: l.Store, Ledger: l.Ledger, Classify: dicom.Options{}, GridOf: gridOf, Sites: l.Sites, Limits: l.Config.ingestLimits()},
		}
		g.Go(func() error { return intake.Run(ctx) })
		g.Go(func() error { return lister.Run(ctx) })
		g.Go(func() error {
			return (&Sweeper{Line: l, Every: min(time.Duration(l.Config.Timing.AckWait), sweepAtMost)}).Run(ctx)
		})
		if l.Config.Status {
			g.Go(func() error { return l.Broker.Facts(ctx, l.Log, l.tell) })
		}
	}
	if o.has(RoleWork) {
		for range l.Config.Limits.Workers {
			g.Go(func() error { return l.worker(o.At).Run(ctx) })
		}
	}
	if l.Config.HTTP != "" {
		g.Go(func() error { return l.serveHTTP(ctx) })
	}
	if o.Ready != nil {
		o.Ready(o.started(links))
	}
	g.Go(func() error { <-ctx.Done(); return nil })
	err := g.Wait()
	if stopped.Err() != nil && errors.Is(err, context.Canceled) {
		return nil // a role was stopped before it had well begun
	}
	return err
}

// mirror makes sure that a separate NATS has the mirror of the events that
// consumers read, and returns what keeps it until its ctx ends. The embedded
// one does so by itself.
func (l *Line) mirror(ctx context.Context, links Links, every time.Duration) (keep func(context.Context) error, err error) {
	if l.Config.NATS.URL == "" || l.Config.NATS.Mirror == "" {
		return func(context.Context) error { return nil }, nil
	}
	links.natsUser, links.natsPassword, links.natsCreds = UserMirror, l.Config.NATS.Mirror, ""
	conn, err := links.Connect(l.Log)
	if err != nil {
		return nil, err
	}
	m, err := jetstream.EnsureMirror(ctx, conn, jetstream.DefaultEventAge, func(err error) {
		l.Log.Warn("waiting for NATS to make the mirror of the events", "url", links.NATSURL, "err", err)
	})
	if err != nil {
		conn.Close()
		return nil, err
	}
	return func(ctx context.Context) error {
		defer conn.Close()
		return m.Keep(ctx, every, l.Log)
	}, nil
}

func (o ServeOptions) started(l Links) Started {
	s := Started{NATS: l.NATSURL, S3: l.s3.Endpoint, Buckets: o.Config.inboxes()}
	for _, role := range []string{RoleNATS, RoleS3, RoleIngest, RoleWork} {
		if o.has(role) {
			s.Roles = append(s.Roles, role)
		}
	}
	if o.Config.NATS.URL == "" || o.Config.S3.Endpoint == "" {
		s.Secrets = SecretsFile(o.Data)
	}
	return s
}

func (c Config) ingestLimits() watch.Limits {
	return watch.Limits{ObjectBytes: c.Limits.ObjectMB << 20, RegionsBytes: c.Limits.RegionsMB << 20}
}

func (l *Line) worker(at func(string)) *Worker {
	p := &Pipeline{Line: l, At: at}
	return &Worker{
		Broker: l.Broker, Ledger: l.Ledger, Pipeline: p, Log: l.Log, At: at,
		Attempts: l.Config.Limits.Attempts, Crashes: l.Config.Limits.Crashes, Retry: time.Duration(l.Config.Timing.Retry),
		ResultsVersion: l.resultsVersion,
	}
}

// SeriesOf returns the token of the series that a file is part of, once it
// lies under that bucket and key; "" where it is part of none.
func (l *Line) SeriesOf(bucket, key string, data []byte) ingest.Token {
	found, _ := dicom.Options{}.Classify(data, int64(len(data)))
	site, ok := l.Sites.Of(bucket, key)
	if !ok || !found.PET || found.Header.Strict.SeriesInstanceUID == "" {
		return ""
	}
	return site.Key.SeriesToken(found.Header.Strict.SeriesInstanceUID)
}

// parseNotice reads what a store or the lister sent under a source's name.
func (l *Line) parseNotice(source string, body []byte) ([]ingest.Notice, error) {
	dialect := s3.DialectAuto
	for _, s := range l.Config.Sites {
		if s.Site == source && s.Source != "auto" {
			dialect = s3.Dialect(s.Source)
		}
	}
	return s3.ParseNotice(body, dialect)
}
