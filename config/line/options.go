package line

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"time"

	"tacstream/config"
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
	Config     config.Config
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

// The environment of a store that runs as a process of its own.
const (
	EnvS3Access     = "TACSTREAM_S3_ACCESS_KEY"
	EnvS3Secret     = "TACSTREAM_S3_SECRET_KEY"
	EnvNATSUser     = "TACSTREAM_NATS_USER"
	EnvNATSPassword = "TACSTREAM_NATS_PASSWORD"
)
