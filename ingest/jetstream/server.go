package jetstream

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// # Accounts
//
// Whoever may send a request to a NATS server may name any subject of the
// account as the place of the answer, and whoever may make a consumer may
// name any subject as the place of delivery. No permission stops either, so
// facilities and consumers live in accounts of their own and only what is
// exported passes between them:
//
//	TAC         the streams and tacstream itself
//	FACILITIES  senders of notices; _tac.notice.* passes to TAC
//	PUBLIC      subscribers; pet.v1.> passes from TAC, and TAC_EVENTS is here
//	            a mirror of the stream of that name in TAC
const (
	accountTac        = "TAC"
	accountFacilities = "FACILITIES"
	accountPublic     = "PUBLIC"
)

// InboxPrefix is where tacstream's own clients take answers, set by
// nats.CustomInboxPrefix. No other user may listen there.
const InboxPrefix = "_tacin"

// PublicSubjects is what subscribers may listen to.
const PublicSubjects = "pet.v1.>"

// Bounds on what subscribers may make together.
const (
	maxPublicConsumers = 1024
	maxPublicMemory    = 64 << 20 // bytes
)

// A Role says what a user may do.
type Role string

// The roles.
const (
	RoleTacstream Role = "tacstream" // everything in TAC
	RoleMirror    Role = "mirror"    // keeps the mirror of the events, see EnsureMirror
	RoleConsumer  Role = "consumer"  // see ConsumerPermissions
	RoleFacility  Role = "facility"  // see FacilityPermissions
)

// A User may enter the server.
type User struct {
	Name     string // letters, digits, - and _; a facility's is also the end of its subject
	Password string
	Role     Role
}

// ServerOptions say how the server in this process runs.
type ServerOptions struct {
	StoreDir   string // never a default: that would be a temporary folder
	Listen     string // host:port, port 0 takes a free one; "" serves this process alone
	CertFile   string // PEM; with KeyFile, connections from outside need TLS
	KeyFile    string
	SyncAlways bool  // flush to disk before acknowledging
	MaxStore   int64 // bytes on disk; 0 sets no bound but the disk's
	Users      []User

	MirrorEvery time.Duration // how often the mirror of the events is looked at; default DefaultMirrorEvery
	Log         *slog.Logger  // says when the mirror had to be mended; default: silent
}

var userName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// Check reports everything that is wrong with the options.
func (o ServerOptions) Check() error {
	var errs []error
	if o.StoreDir == "" {
		errs = append(errs, errors.New("store_dir: no folder for the streams"))
	}
	if _, _, err := o.hostPort(); err != nil {
		errs = append(errs, errors.New("listen: not of the form host:port"))
	}
	if (o.CertFile == "") != (o.KeyFile == "") {
		errs = append(errs, errors.New("tls: certificate and key are both needed"))
	}
	seen := map[string]bool{}
	for _, u := range o.Users {
		switch {
		case !userName.MatchString(u.Name):
			errs = append(errs, fmt.Errorf("user %q: letters, digits, - and _ only", u.Name))
		case seen[u.variable()]:
			errs = append(errs, fmt.Errorf("user %s: there are two", u.Name))
		case u.Role.account() == "":
			errs = append(errs, fmt.Errorf("user %s: no role is called %q", u.Name, u.Role))
		}
		seen[u.variable()] = true
	}
	return errors.Join(errs...)
}

func (o ServerOptions) hostPort() (host string, port int, err error) {
	if o.Listen == "" {
		return "", 0, nil
	}
	host, text, err := net.SplitHostPort(o.Listen)
	if err != nil {
		return "", 0, err
	}
	n, err := strconv.ParseUint(text, 10, 16)
	return host, int(n), err
}

func (r Role) account() string {
	switch r {
	case RoleTacstream:
		return accountTac
	case RoleConsumer, RoleMirror:
		return accountPublic
	case RoleFacility:
		return accountFacilities
	}
	return ""
}

// permissions returns nil where everything in the account is allowed.
func (u User) permissions() *server.Permissions {
	switch u.Role {
	case RoleConsumer:
		return ConsumerPermissions(StreamEvents, PublicSubjects)
	case RoleFacility:
		return FacilityPermissions(u.Name)
	case RoleMirror:
		return mirrorPermissions(StreamEvents)
	}
	return nil
}

// ConsumerPermissions lets a user of the account PUBLIC subscribe to the
// subjects and read the stream as any client of NATS does: by consumers of
// every kind and by message. It may not make or change streams.
func ConsumerPermissions(stream, subjects string) *server.Permissions {
	publish := []string{
		"$JS.API.INFO", "$JS.API.STREAM.NAMES", "$JS.API.STREAM.LIST",
		"$JS.ACK." + stream + ".>", "$JS.FC." + stream + ".>",
		"$JS.API.DIRECT.GET." + stream + ".>",
	}
	for _, verb := range []string{"STREAM.INFO", "STREAM.MSG.GET", "DIRECT.GET", "CONSUMER.CREATE", "CONSUMER.NAMES", "CONSUMER.LIST"} {
		publish = append(publish, "$JS.API."+verb+"."+stream)
	}
	for _, verb := range []string{"CREATE", "DURABLE.CREATE", "INFO", "MSG.NEXT", "DELETE"} {
		publish = append(publish, "$JS.API.CONSUMER."+verb+"."+stream+".>")
	}
	return permit(publish, []string{subjects, "_INBOX.>"})
}

// FacilityPermissions lets a user of the account FACILITIES send notices
// under its own name and read nothing but the answers.
func FacilityPermissions(name string) *server.Permissions {
	return permit([]string{"_tac.notice." + name}, []string{"_INBOX.>"})
}

func mirrorPermissions(stream string) *server.Permissions {
	return permit([]string{
		"$JS.API.STREAM.CREATE." + stream, "$JS.API.STREAM.UPDATE." + stream, "$JS.API.STREAM.INFO." + stream,
		"$JS.API.STREAM.DELETE." + stream, // to make it anew where it was altered for good
	}, []string{InboxPrefix + ".>"})
}

func permit(publish, subscribe []string) *server.Permissions {
	return &server.Permissions{
		Publish:   &server.SubjectPermission{Allow: publish},
		Subscribe: &server.SubjectPermission{Allow: subscribe},
	}
}

// variable is the name of the variable that holds the user's password.
func (u User) variable() string {
	return "NATS_PASSWORD_" + strings.ToUpper(strings.ReplaceAll(u.Name, "-", "_"))
}

// ServerConfig returns the options as the text of a nats-server configuration
// file. Passwords are not in it: each stands as a variable, such as
// $NATS_PASSWORD_READER, that nats-server takes from its environment. There a
// password must begin with a letter and hold letters and digits only.
func ServerConfig(o ServerOptions) (string, error) {
	if err := o.Check(); err != nil {
		return "", err
	}
	var b strings.Builder
	if o.Listen != "" {
		fmt.Fprintf(&b, "listen: %q\n", o.Listen)
	}
	if o.CertFile != "" {
		fmt.Fprintf(&b, "tls { cert_file: %q, key_file: %q }\n", o.CertFile, o.KeyFile)
	}
	// Strict is the server's default and stands here because it matters: the
	// answer to one request, led to where requests are taken, must not pass
	// for another request.
	fmt.Fprintf(&b, "jetstream {\n  store_dir: %q\n  strict: true\n", o.StoreDir)
	if o.MaxStore > 0 {
		fmt.Fprintf(&b, "  max_file_store: %d\n", o.MaxStore)
	}
	if o.SyncAlways {
		b.WriteString("  sync_interval: always\n")
	}
	b.WriteString("}\naccounts {\n")
	for _, name := range []string{accountTac, accountFacilities, accountPublic} {
		fmt.Fprintf(&b, "  %s {\n%s    users: [\n%s    ]\n  }\n", name, traffic(name), o.users(name))
	}
	b.WriteString("}\n")
	return b.String(), nil
}

// traffic returns what an account stores, exports and imports.
func traffic(account string) string {
	const create = "$JS.API.CONSUMER.CREATE." + StreamEvents
	const askFor = mirrorAPI + ".CONSUMER.CREATE." + StreamEvents
	switch account {
	case accountTac:
		return fmt.Sprintf(`    jetstream: enabled
    exports: [
      { service: "_tac.notice.*", accounts: [%[1]s] }
      { stream: %[3]q, accounts: [%[2]s] }
      { stream: "%[4]s.>", accounts: [%[2]s] }
      { service: %[5]q, accounts: [%[2]s] }
      { service: "$JS.FC.%[6]s.>", accounts: [%[2]s] }
    ]
`, accountFacilities, accountPublic, PublicSubjects, mirrorDeliver, create, StreamEvents)
	case accountFacilities:
		return fmt.Sprintf("    imports: [ { service: { account: %s, subject: \"_tac.notice.*\" } } ]\n", accountTac)
	default:
		return fmt.Sprintf(`    jetstream: { max_streams: 1, max_consumers: %[1]d, max_memory: %[2]d }
    imports: [
      { stream: { account: %[3]s, subject: %[4]q } }
      { stream: { account: %[3]s, subject: "%[5]s.>" } }
      { service: { account: %[3]s, subject: %[6]q }, to: %[7]q }
      { service: { account: %[3]s, subject: "$JS.FC.%[8]s.>" } }
    ]
`, maxPublicConsumers, maxPublicMemory, accountTac, PublicSubjects, mirrorDeliver, create, askFor, StreamEvents)
	}
}

// users returns the lines of the users of an account.
func (o ServerOptions) users(account string) string {
	var b strings.Builder
	for _, u := range o.Users {
		if u.Role.account() != account {
			continue
		}
		fmt.Fprintf(&b, "      { user: %q, password: $%s", u.Name, u.variable())
		if p := u.permissions(); p != nil {
			fmt.Fprintf(&b, ", permissions: { publish: [%s], subscribe: [%s] }", quoted(p.Publish.Allow), quoted(p.Subscribe.Allow))
		}
		b.WriteString(" }\n")
	}
	return b.String()
}

func quoted(subjects []string) string {
	q := make([]string, len(subjects))
	for i, s := range subjects {
		q[i] = strconv.Quote(s)
	}
	return strings.Join(q, ", ")
}

// A Server is a NATS server in this process.
type Server struct {
	nats *server.Server
	own  User // by whom this process enters

	keeping sync.WaitGroup // of the mirror
	stop    context.CancelFunc
}

// startWithin bounds how long the server may take until it answers; it reads
// its whole store first.
const startWithin = 2 * time.Minute

// StartServer starts a server and returns when it answers. Besides the users
// of the options there are two of its own, with passwords that nobody else
// knows: one by which InProcess enters and one that keeps the mirror.
func StartServer(o ServerOptions) (*Server, error) {
	own := User{Name: "_own", Password: rand.Text(), Role: RoleTacstream}
	mirror := User{Name: "_mirror", Password: rand.Text(), Role: RoleMirror}
	o.Users = append([]User{own, mirror}, o.Users...)
	opts, err := o.native()
	if err != nil {
		return nil, fmt.Errorf("nats server: %w", err)
	}
	n, err := server.NewServer(opts)
	if err != nil {
		return nil, fmt.Errorf("nats server: %w", err)
	}
	s := &Server{nats: n, own: own, stop: func() {}}
	n.Start()
	if !n.ReadyForConnections(startWithin) || !n.JetStreamEnabled() {
		s.Shutdown()
		return nil, errors.New("nats server: it does not start; is the address taken or the store damaged?")
	}
	if err := s.mirror(mirror, o); err != nil {
		s.Shutdown()
		return nil, err
	}
	return s, nil
}

// native returns the options as the server itself reads them from the text
// that ServerConfig makes, so that both say the same.
func (o ServerOptions) native() (*server.Options, error) {
	text, err := ServerConfig(o)
	if err != nil {
		return nil, err
	}
	passwords := map[string]string{}
	var b strings.Builder
	for _, u := range o.Users {
		if u.Password == "" {
			return nil, fmt.Errorf("user %s: no password", u.Name)
		}
		passwords[u.Name] = u.Password
		fmt.Fprintf(&b, "%s: \"unset\"\n", u.variable())
	}
	opts := &server.Options{NoSigs: true, NoLog: true, DontListen: o.Listen == ""}
	if err := opts.ProcessConfigString(b.String() + text); err != nil {
		return nil, err
	}
	for _, u := range opts.Users {
		u.Password = passwords[u.Username]
	}
	if _, port, _ := o.hostPort(); o.Listen != "" && port == 0 {
		opts.Port = server.RANDOM_PORT
	}
	return opts, nil
}

// mirror makes the mirror of the events and keeps it until Shutdown.
func (s *Server) mirror(u User, o ServerOptions) error {
	conn, err := nats.Connect("", s.enter(u), nats.MaxReconnects(-1))
	if err != nil {
		return fmt.Errorf("nats server: %w", err)
	}
	making, cancel := context.WithTimeout(context.Background(), startWithin)
	defer cancel()
	m, err := EnsureMirror(making, conn, DefaultEventAge, nil)
	if err != nil {
		conn.Close()
		return err
	}
	log := o.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	s.keeping.Go(func() {
		defer conn.Close()
		_ = m.Keep(ctx, o.MirrorEvery, log) // it ends with ctx only
	})
	return nil
}

// ClientURL returns the address for clients of other processes, which is of
// use only if the server listens.
func (s *Server) ClientURL() string { return s.nats.ClientURL() }

// InProcess returns the option by which a client of this process connects,
// with every right in TAC and with InboxPrefix.
func (s *Server) InProcess() nats.Option { return s.enter(s.own) }

func (s *Server) enter(u User) nats.Option {
	return func(o *nats.Options) error {
		return errors.Join(nats.InProcessServer(s.nats)(o), nats.UserInfo(u.Name, u.Password)(o), nats.CustomInboxPrefix(InboxPrefix)(o))
	}
}

// Shutdown stops the server and returns when everything is on disk.
func (s *Server) Shutdown() {
	s.stop()
	s.keeping.Wait()
	s.nats.Shutdown()
	s.nats.WaitForShutdown()
}
