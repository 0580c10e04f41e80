package line

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"time"

	"github.com/nats-io/nats.go"

	"tacstream/config"
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
	secrets      config.Secrets
	atOnce       bool // a server that is away when connecting is an error

	// Refuse is called where a connection comes to a server that is too old
	// later than Connect returned, with an error that wraps
	// jetstream.ErrOldServer. Whoever sets it ends what uses the connection;
	// where it is nil, the connection is closed.
	Refuse func(error)
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
		l.secrets, err = config.OpenSecrets(o.Data)
	} else {
		l.secrets, err = config.ReadSecrets(o.Data)
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
// comes back. One that is too old is refused, with an error that wraps
// jetstream.ErrOldServer, also where it comes later, see Refuse.
func (l Links) Connect(log *slog.Logger) (*nats.Conn, error) {
	opts := []nats.Option{
		nats.Name("tacstream"), nats.MaxReconnects(-1), nats.RetryOnFailedConnect(!l.atOnce), nats.ReconnectBufSize(-1),
		nats.ReconnectWait(500 * time.Millisecond), nats.CustomInboxPrefix(jetstream.InboxPrefix),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				log.Warn("NATS is away, waiting for it", "err", err)
			}
		}),
		nats.ReconnectHandler(func(c *nats.Conn) { log.Info("NATS is back"); l.recheck(c, log) }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { log.Warn("NATS", "err", err) }),
	}
	if !l.atOnce {
		opts = append(opts, nats.ConnectHandler(func(c *nats.Conn) { l.recheck(c, log) }))
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
	conn, err := nats.Connect(l.NATSURL, opts...)
	if err != nil {
		return nil, err
	}
	if err := refused(conn); err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

// recheck refuses the server that a connection has come to, if it is too old: a
// cluster may have been rolled back, or another member have answered.
func (l Links) recheck(conn *nats.Conn, log *slog.Logger) {
	err := refused(conn)
	if err == nil {
		return
	}
	log.Error("the NATS that answers now is refused", "err", err)
	if l.Refuse == nil {
		conn.Close()
		return
	}
	l.Refuse(err)
}

// refused returns an error only where there is a server, and it is too old.
func refused(conn *nats.Conn) error {
	if err := jetstream.CheckServer(conn); errors.Is(err, jetstream.ErrOldServer) {
		return fmt.Errorf("NATS at %s: %w", conn.ConnectedUrlRedacted(), err)
	}
	return nil
}

// OpenStore returns a client of the S3 store.
func (l Links) OpenStore() (*s3.Store, error) { return s3.Open(l.s3) }

// StoreLinks says how a store that runs as a process of its own reaches NATS.
func StoreLinks(url, user, password, ca string) Links {
	return Links{NATSURL: url, natsUser: user, natsPassword: password, natsCA: ca}
}
