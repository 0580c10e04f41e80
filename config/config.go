package config

import (
	"fmt"
	"net"
	"net/url"
	"runtime"
	"slices"
	"time"

	"tacstream/extract"
	"tacstream/ingest"
	"tacstream/ingest/jetstream"
)

// A Config is everything that an operator can say. Default returns one that
// works on one machine; Load reads one from a file.
type Config struct {
	Sites     []Site     `yaml:"sites" doc:"Which facility drops where. What is mapped to no site is visible and never guessed."`
	NATS      NATS       `yaml:"nats" doc:"Your own NATS with JetStream, or none: then one is embedded."`
	S3        S3         `yaml:"s3" doc:"Your own S3 store, or none: then one is embedded."`
	Timing    Timing     `yaml:"timing"`
	Limits    Limits     `yaml:"limits" doc:"Bounds on what one input may cost."`
	Decay     string     `yaml:"decay" doc:"To what the published curves are corrected for decay: injection (where it is known, else start), start, or stored."`
	Builtin   bool       `yaml:"builtin" doc:"Whether the protocols that are shipped count as well. One below with the same tracer replaces its own."`
	Protocols []Protocol `yaml:"protocols" doc:"Per tracer: its reference region and its models. The first that matches is taken. A result that stands keeps the protocol by which it was made; 'tacstream refit' applies today's."`
	SiteKey   string     `yaml:"site_key" doc:"The secret behind every token and pseudonym, at least 16 characters. Empty: made at first start and kept in the data directory. All workers need the same."`
	Status    bool       `yaml:"status" doc:"Write status.json into the folder of every series, which says what became of it. The key for S3 must be allowed to write there."`
	HTTP      string     `yaml:"http_listen" doc:"Where /metrics, /healthz and /readyz are served; empty: nowhere."`
}

// A Site maps a bucket and key prefix to a facility.
type Site struct {
	Site   string `yaml:"site" doc:"Label in subjects: lower-case letters, digits and hyphens."`
	Bucket string `yaml:"bucket"`
	Prefix string `yaml:"prefix" doc:"Key prefix; the longest that matches wins."`
	Source string `yaml:"source" doc:"Who sends notices for it: auto, aws, minio, versitygw, rustfs."`
}

// NATS says where the events go.
type NATS struct {
	URL         string `yaml:"url" doc:"Such as nats://nats:4222, of version 2.15.3 or newer; empty: embedded."`
	User        string `yaml:"user"`
	Password    string `yaml:"password" doc:"Write ${NAME} to take it from the environment."`
	Credentials string `yaml:"credentials" doc:"A .creds file instead of user and password."`
	CA          string `yaml:"ca" doc:"A certificate authority's file, for TLS."`
	Replicas    int    `yaml:"replicas" doc:"Of every stream: 3 on a cluster."`
	Mirror      string `yaml:"mirror_password" doc:"Password of the user _mirror, where consumers have an account of their own that holds a mirror of the events, as compose.yaml sets it up. Empty: there is none."`
}

// S3 says where the objects are.
type S3 struct {
	Endpoint  string `yaml:"endpoint" doc:"Such as https://s3.example.org; empty: embedded."`
	Region    string `yaml:"region"`
	AccessKey string `yaml:"access_key" doc:"Write ${NAME} to take it from the environment."`
	SecretKey string `yaml:"secret_key" doc:"Write ${NAME} to take it from the environment."`
	Results   string `yaml:"results" doc:"The bucket for results."`
}

// Timing holds every time that matters.
type Timing struct {
	Quiet   Duration `yaml:"quiet" doc:"After so long without news an unfinished series is called incomplete; at most 168h."`
	List    Duration `yaml:"list" doc:"How often the inbox is listed, for what notices missed."`
	AckWait Duration `yaml:"ack_wait" doc:"After so long without a sign of life a job is given to another worker."`
	Retry   Duration `yaml:"retry" doc:"Pause before the second attempt at a job; it doubles each time."`
}

// Limits bound what one input may cost.
type Limits struct {
	ObjectMB  int64 `yaml:"object_mb" doc:"An object, in MB."`
	RegionsMB int64 `yaml:"regions_mb" doc:"A region source as stored, in MB."`
	Workers   int   `yaml:"workers" doc:"Jobs at once in one process."`
	Readers   int   `yaml:"readers" doc:"Objects that one job reads at once."`
	Attempts  int   `yaml:"attempts" doc:"Errors after which a job is dead."`
	Crashes   int   `yaml:"crashes" doc:"Deaths of a worker after which its job is dead."`
}

// DefaultReaders is how many objects a job reads at once.
const DefaultReaders = 4

// Default returns the configuration that works without a file.
func Default() Config {
	return Config{
		Sites: []Site{{Site: "local", Bucket: "inbox", Source: "auto"}},
		NATS:  NATS{Replicas: 1},
		S3:    S3{Region: "us-east-1", Results: "results"},
		Timing: Timing{
			Quiet: Duration(jetstream.DefaultQuietTime), List: Duration(10 * time.Minute),
			AckWait: Duration(jetstream.DefaultAckWait), Retry: Duration(2 * time.Second),
		},
		Limits: Limits{
			ObjectMB: ingest.DefaultObjectBytes >> 20, RegionsMB: ingest.DefaultRegionsBytes >> 20,
			Workers: max(1, runtime.NumCPU()/2), Readers: DefaultReaders, Attempts: 5, Crashes: 20,
		},
		Decay:     string(extract.ToInjection),
		Builtin:   true,
		Protocols: DefaultProtocols(),
		Status:    true,
	}
}

// Check reports everything that is wrong with c, not just the first thing.
func (c Config) Check() []Fault {
	var faults []Fault
	add := func(bad bool, path, format string, args ...any) {
		if bad {
			faults = append(faults, Fault{Path: path, What: fmt.Sprintf(format, args...)})
		}
	}
	c.checkSites(add)
	c.checkServers(add)
	for _, d := range []struct {
		name string
		d    Duration
	}{{"quiet", c.Timing.Quiet}, {"list", c.Timing.List}, {"ack_wait", c.Timing.AckWait}, {"retry", c.Timing.Retry}} {
		add(d.d <= 0, "timing."+d.name, "must be longer than 0")
	}
	add(time.Duration(c.Timing.Quiet) > jetstream.MaxQuietTime, "timing.quiet", "must be at most %v: an alarm is not kept for much longer", jetstream.MaxQuietTime)
	for _, n := range []struct {
		name string
		n    int64
	}{
		{"object_mb", c.Limits.ObjectMB}, {"regions_mb", c.Limits.RegionsMB}, {"workers", int64(c.Limits.Workers)},
		{"readers", int64(c.Limits.Readers)}, {"attempts", int64(c.Limits.Attempts)}, {"crashes", int64(c.Limits.Crashes)},
	} {
		add(n.n < 1, "limits."+n.name, "must be at least 1")
	}
	add(!slices.Contains([]string{"injection", "start", "stored"}, c.Decay), "decay", "%q is none of injection, start, stored", c.Decay)
	labels := map[string]bool{}
	for i, p := range c.Protocols {
		at := fmt.Sprintf("protocols[%d]", i)
		p.check(at, add)
		add(labels[p.Tracer], at+".tracer", "there is another protocol for %q: one tracer has one protocol; join their expressions with | in match", p.Tracer)
		labels[p.Tracer] = true
	}
	return faults
}

// laidOver returns protocols with those behind them that are shipped for other
// tracers.
func laidOver(own []Protocol) []Protocol {
	list := slices.Clone(own)
	for _, p := range DefaultProtocols() {
		if !slices.ContainsFunc(own, func(o Protocol) bool { return o.Tracer == p.Tracer }) {
			list = append(list, p)
		}
	}
	return list
}

func (c Config) checkSites(add adder) {
	add(len(c.Sites) == 0, "sites", "at least one site is needed")
	seen := map[[2]string]bool{}
	for i, s := range c.Sites {
		at := fmt.Sprintf("sites[%d]", i)
		add(!label.MatchString(s.Site), at+".site", "%q is no label: lower-case letters, digits and hyphens", s.Site)
		add(s.Bucket == "", at+".bucket", "a bucket is needed")
		add(s.Bucket == c.S3.Results, at+".bucket", "an inbox cannot be the results bucket")
		add(seen[[2]string{s.Bucket, s.Prefix}], at, "the same bucket and prefix are mapped twice")
		seen[[2]string{s.Bucket, s.Prefix}] = true
		add(!slices.Contains([]string{"", "auto", "aws", "minio", "versitygw", "rustfs"}, s.Source), at+".source", "%q is none of auto, aws, minio, versitygw, rustfs", s.Source)
	}
}

func (c Config) checkServers(add adder) {
	add(c.S3.Results == "", "s3.results", "a bucket is needed")
	for _, u := range []struct {
		path, url string
		schemes   []string
	}{{"nats.url", c.NATS.URL, []string{"nats", "tls", "ws", "wss"}}, {"s3.endpoint", c.S3.Endpoint, []string{"http", "https"}}} {
		if u.url == "" {
			continue
		}
		parsed, err := url.Parse(u.url)
		add(err != nil || parsed.Host == "" || !slices.Contains(u.schemes, parsed.Scheme), u.path, "%q is no URL with one of %v", u.url, u.schemes)
	}
	add(c.NATS.Replicas < 1 || c.NATS.Replicas > 5, "nats.replicas", "must be from 1 to 5")
	add(c.SiteKey != "" && len(c.SiteKey) < 16, "site_key", "must be at least 16 characters long")
	if c.HTTP != "" {
		_, _, err := net.SplitHostPort(c.HTTP)
		add(err != nil, "http_listen", "%q is no host:port", c.HTTP)
	}
}

// Inboxes returns the buckets that facilities drop into.
func (c Config) Inboxes() []string {
	var buckets []string
	for _, s := range c.Sites {
		buckets = append(buckets, s.Bucket)
	}
	slices.Sort(buckets)
	return slices.Compact(buckets)
}

// IngestSites makes the mapping of sites, each with a key of its own.
func (c Config) IngestSites(master ingest.Key) ingest.Sites {
	var sites ingest.Sites
	for _, s := range c.Sites {
		key := ingest.Key(master.Token("site", s.Site))
		sites = append(sites, ingest.Mapping{Bucket: s.Bucket, Prefix: s.Prefix, Site: ingest.Site(s.Site), Key: key})
	}
	return sites
}
