package line

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"

	"tacstream/config"
	"tacstream/ingest"
	"tacstream/ingest/dicom"
	"tacstream/ingest/jetstream"
	"tacstream/ingest/s3"
	"tacstream/ingest/watch"
	"tacstream/publish/outbox"
)

// A Line is everything that the roles of one process share.
type Line struct {
	Config config.Config
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
	return l.Config.Plan(a, kept, l.resultsVersion)
}

// keyed returns what stands for a digest in public: what is made of a file must
// not find the file's owner. Kind tells digests of different things apart.
func (l *Line) keyed(site ingest.Site, kind, digest string) string {
	if digest == "" {
		return ""
	}
	return string(l.Sites.KeyOf(site).Token("digest of "+kind, digest))
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
	l := &Line{Config: o.Config, Log: o.Log, Sites: o.Config.IngestSites(links.siteKey), metrics: newMetrics(), resultsVersion: cmp.Or(o.ResultsVersion, config.ResultsVersion)}
	var err error
	if l.Conn, err = links.Connect(o.Log); err != nil {
		return nil, err
	}
	broker := brokerOptions(o.Config)
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
	for _, bucket := range append(l.Config.Inboxes(), l.Config.S3.Results) {
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

// brokerOptions returns what the configuration says of JetStream.
func brokerOptions(c config.Config) jetstream.Options {
	return jetstream.Options{
		Replicas: c.NATS.Replicas, AckWait: time.Duration(c.Timing.AckWait), QuietTime: time.Duration(c.Timing.Quiet),
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
