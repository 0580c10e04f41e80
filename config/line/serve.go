package line

import (
	"context"
	"errors"
	"net"
	"time"

	"golang.org/x/sync/errgroup"

	"tacstream/config"
	"tacstream/ingest"
	"tacstream/ingest/dicom"
	"tacstream/ingest/jetstream"
	"tacstream/ingest/s3"
	"tacstream/ingest/watch"
)

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

// run plays the roles until ctx ends or one of them fails.
func (l *Line) run(stopped context.Context, o ServeOptions, links Links) error {
	var listener net.Listener // whoever is told that the process is ready may ask it for its metrics
	if l.Config.HTTP != "" {
		var err error
		if listener, err = net.Listen("tcp", l.Config.HTTP); err != nil {
			return err
		}
		defer listener.Close()
	}
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
			Door:  &watch.Door{Store: l.Store, Ledger: l.Ledger, Classify: dicom.Options{}, Sites: l.Sites, Limits: doorLimits(l.Config)},
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
	if listener != nil {
		g.Go(func() error { return l.serveHTTP(ctx, listener) })
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
	s := Started{NATS: l.NATSURL, S3: l.s3.Endpoint, Buckets: o.Config.Inboxes()}
	for _, role := range []string{RoleNATS, RoleS3, RoleIngest, RoleWork} {
		if o.has(role) {
			s.Roles = append(s.Roles, role)
		}
	}
	if o.Config.NATS.URL == "" || o.Config.S3.Endpoint == "" {
		s.Secrets = config.SecretsFile(o.Data)
	}
	return s
}

func (l *Line) worker(at func(string)) *Worker {
	p := &Pipeline{Line: l, At: at}
	return &Worker{
		Broker: l.Broker, Ledger: l.Ledger, Pipeline: p, Log: l.Log, At: at,
		Attempts: l.Config.Limits.Attempts, Crashes: l.Config.Limits.Crashes, Retry: time.Duration(l.Config.Timing.Retry),
		ResultsVersion: l.resultsVersion,
	}
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

// doorLimits returns what the configuration says of the size of objects.
func doorLimits(c config.Config) watch.Limits {
	return watch.Limits{ObjectBytes: c.Limits.ObjectMB << 20, RegionsBytes: c.Limits.RegionsMB << 20}
}
