package line

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"

	"tacstream/ingest/jetstream"
	"tacstream/ingest/s3"
)

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
			for _, b := range o.Config.Inboxes() {
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

// claim makes sure that the embedded servers can start: that no other program
// uses their data directory or their addresses. It notes the addresses there, for
// the commands that talk to them.
func (o ServeOptions) claim() (release func(), err error) {
	if !o.has(RoleNATS) && !o.has(RoleS3) {
		return func() {}, nil
	}
	if err := os.MkdirAll(o.Data, 0o700); err != nil {
		return nil, err
	}
	lock := flock.New(filepath.Join(o.Data, "lock"), flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(0o600))
	ours, err := lock.TryLock()
	if err != nil {
		return nil, err
	}
	if !ours {
		return nil, fmt.Errorf("a 'tacstream serve' already runs its servers in %s: stop it, choose another --data, or add a worker to it with --only work", o.Data)
	}
	if err := o.vacant(); err != nil {
		lock.Close()
		return nil, err
	}
	return func() { lock.Close() }, o.noteAddresses()
}

// vacant says which address of the embedded servers another program uses.
func (o ServeOptions) vacant() error {
	for _, a := range []struct {
		flag, addr string
		used       bool
	}{{"--nats-listen", o.NATSListen, o.has(RoleNATS)}, {"--s3-listen", o.S3Listen, o.has(RoleS3)}} {
		if !a.used {
			continue
		}
		l, err := net.Listen("tcp", a.addr)
		if err != nil {
			return fmt.Errorf("%s %s cannot be used: %w; stop the program that uses it, or choose another address", a.flag, a.addr, err)
		}
		l.Close()
	}
	return nil
}

// Addresses says where the servers of a data directory listen.
type Addresses struct {
	NATS string `json:"nats_listen"`
	S3   string `json:"s3_listen"`
}

func addressesFile(data string) string { return filepath.Join(data, "addresses.json") }

func (o ServeOptions) noteAddresses() error {
	body, err := json.Marshal(Addresses{NATS: o.NATSListen, S3: o.S3Listen})
	if err != nil {
		return err
	}
	return os.WriteFile(addressesFile(o.Data), append(body, '\n'), 0o600)
}

// ReadAddresses returns where the servers of a data directory listened last,
// empty where that is not known.
func ReadAddresses(data string) Addresses {
	var a Addresses
	body, err := os.ReadFile(addressesFile(data))
	if err != nil || json.Unmarshal(body, &a) != nil {
		return Addresses{}
	}
	return a
}
