package config

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"time"

	"github.com/nats-io/nats.go"

	"tacstream/ingest"
	"tacstream/ingest/jetstream"
	"tacstream/ingest/s3"
)

// Links says how to reach the servers, embedded or not.
type Links struct {
	NATSURL      string
	natsUser     string
	natsPassword string
	natsCreds    string
	natsCA       string
	s3           s3.Options
	siteKey      ingest.Key
	secrets      Secrets
	atOnce       bool // a server that is away when connecting is an error
}

// Links works out how to reach the servers. The secrets of embedded ones are
// made where a server's role is this process', and read otherwise.
func (o ServeOptions) Links() (Links, error) {
	c := o.Config
	l := Links{
		NATSURL: c.NATS.URL, natsUser: c.NATS.User, natsPassword: c.NATS.Password, natsCreds: c.NATS.Credentials, natsCA: c.NATS.CA,
		s3:      s3.Options{Endpoint: c.S3.Endpoint, Region: c.S3.Region, AccessKey: c.S3.AccessKey, SecretKey: c.S3.SecretKey, MaxBytes: c.Limits.ObjectMB << 20},
		siteKey: ingest.Key(c.SiteKey),
	}
	if c.NATS.URL != "" && c.S3.Endpoint != "" && c.SiteKey != "" {
		return l, nil
	}
	var err error
	if o.has(RoleNATS) || o.has(RoleS3) || c.NATS.URL != "" && c.S3.Endpoint != "" {
		l.secrets, err = OpenSecrets(o.Data)
	} else {
		l.secrets, err = ReadSecrets(o.Data)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return l, fmt.Errorf("nothing was started in %s yet: run 'tacstream serve' first, or name its directory with --data", o.Data)
	}
	if err != nil {
		return l, err
	}
	l.embed(o)
	return l, nil
}

// embed fills in what belongs to embedded servers.
func (l *Links) embed(o ServeOptions) {
	scheme, web := "nats", "http"
	if o.TLSCert != "" {
		scheme, web = "tls", "https"
		l.natsCA, l.s3.CAFile = o.TLSCert, o.TLSCert
	}
	if l.NATSURL == "" {
		l.NATSURL = scheme + "://" + reachable(o.NATSListen)
		l.natsUser, l.natsPassword = UserTacstream, l.secrets.NATSPassword
	}
	if l.s3.Endpoint == "" {
		l.s3.Endpoint = web + "://" + reachable(o.S3Listen)
		l.s3.AccessKey, l.s3.SecretKey = l.secrets.S3Access, l.secrets.S3Secret
	}
	if len(l.siteKey) == 0 {
		l.siteKey = ingest.Key(l.secrets.SiteKey)
	}
}

// reachable turns a listen address into one to connect to.
func reachable(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if err == nil && (host == "" || net.ParseIP(host).IsUnspecified()) {
		return net.JoinHostPort("127.0.0.1", port)
	}
	return addr
}

// Connect connects to NATS and stays connected for ever: a server that is away
// comes back.
func (l Links) Connect(log *slog.Logger) (*nats.Conn, error) {
	opts := []nats.Option{
		nats.Name("tacstream"), nats.MaxReconnects(-1), nats.RetryOnFailedConnect(!l.atOnce), nats.ReconnectBufSize(-1),
		nats.ReconnectWait(500 * time.Millisecond), nats.CustomInboxPrefix(jetstream.InboxPrefix),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				log.Warn("NATS is away, waiting for it", "err", err)
			}
		}),
		nats.ReconnectHandler(func(*nats.Conn) { log.Info("NATS is back") }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { log.Warn("NATS", "err", err) }),
	}
	if l.natsUser != "" {
		opts = append(opts, nats.UserInfo(l.natsUser, l.natsPassword))
	}
	if l.natsCreds != "" {
		opts = append(opts, nats.UserCredentials(l.natsCreds))
	}
	if l.natsCA != "" {
		opts = append(opts, nats.RootCAs(l.natsCA))
	}
	return nats.Connect(l.NATSURL, opts...)
}

// OpenStore returns a client of the S3 store.
func (l Links) OpenStore() (*s3.Store, error) { return s3.Open(l.s3) }

// StoreLinks says how a store that runs as a process of its own reaches NATS.
func StoreLinks(url, user, password, ca string) Links {
	return Links{NATSURL: url, natsUser: user, natsPassword: password, natsCA: ca}
}
