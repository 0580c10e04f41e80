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
)

// A Config is everything that an operator can say. Default returns one that
// works on one machine; Load reads one from a file.
type Config struct {
	Sites     []Site     `yaml:"sites" doc:"Which facility uploads where. Objects of no site are reported and not used."`
	NATS      NATS       `yaml:"nats" doc:"Your own NATS with JetStream. Empty: embedded."`
	S3        S3         `yaml:"s3" doc:"Your own S3 store. Empty: embedded."`
	Timing    Timing     `yaml:"timing"`
	Limits    Limits     `yaml:"limits" doc:"Limits on what one input may cost."`
	Decay     string     `yaml:"decay" doc:"Time to which published curves are corrected for decay: injection (if it is known, else start), start, or stored (as in the series)."`
	Builtin   bool       `yaml:"builtin" doc:"Use the shipped protocols too. A protocol below replaces the shipped one of the same tracer."`
	Protocols []Protocol `yaml:"protocols" doc:"For each tracer, its reference region and models. The first that matches is used. A result keeps the protocol that made it; 'tacstream refit' applies today's."`
	SiteKey   string     `yaml:"site_key" doc:"The secret behind every token and pseudonym, at least 16 characters. Empty: generated at the first start and kept in the data directory. All workers need the same one."`
	Status    bool       `yaml:"status" doc:"Write status.json, which says what became of a series, into the folder of every series. The S3 key must be allowed to write there."`
	HTTP      string     `yaml:"http_listen" doc:"Address for /metrics, /healthz and /readyz. Empty: not served."`
}

// A Site maps a bucket and key prefix to a facility.
type Site struct {
	Site   string `yaml:"site" doc:"Label in subjects: lower-case letters, digits and hyphens."`
	Bucket string `yaml:"bucket"`
	Prefix string `yaml:"prefix" doc:"Key prefix; the longest that matches wins."`
	Source string `yaml:"source" doc:"The kind of store that sends notices: auto, aws, minio, versitygw, rustfs."`
}

// NATS says where the events go.
type NATS struct {
	URL         string `yaml:"url" doc:"Such as nats://nats:4222, of version 2.15.3 or newer; empty: embedded."`
	User        string `yaml:"user"`
	Password    string `yaml:"password" doc:"Write ${NAME} to take it from the environment."`
	Credentials string `yaml:"credentials" doc:"A .creds file, instead of user and password."`
	CA          string `yaml:"ca" doc:"A certificate authority's file, for TLS."`
	Replicas    int    `yaml:"replicas" doc:"Replicas of every stream: 3 on a cluster."`
	Mirror      string `yaml:"mirror_password" doc:"Password of the user _mirror, if consumers have an account of their own with a mirror of the events, as in compose.yaml. Empty: no mirror."`
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
	Quiet   Duration `yaml:"quiet" doc:"Time without new objects after which an unfinished series is called incomplete; at most 168h."`
	List    Duration `yaml:"list" doc:"How often the inbox is listed, to find objects without a notice."`
	AckWait Duration `yaml:"ack_wait" doc:"Time without a sign of life after which a job is given to another worker."`
	Retry   Duration `yaml:"retry" doc:"Pause before the second attempt at a job; it doubles each time."`
}

// Limits bound what one input may cost.
type Limits struct {
	ObjectMB  int64 `yaml:"object_mb" doc:"Largest object, in MB."`
	RegionsMB int64 `yaml:"regions_mb" doc:"Largest region source, in MB as stored."`
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
			Quiet: Duration(ingest.DefaultQuietTime), List: Duration(10 * time.Minute),
			AckWait: Duration(ingest.DefaultAckWait), Retry: Duration(2 * time.Second),
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
		add(d.d <= 0, "timing."+d.name, "must be greater than 0")
	}
	add(time.Duration(c.Timing.Quiet) > ingest.MaxQuietTime, "timing.quiet", "must be at most %v", ingest.MaxQuietTime)
	for _, n := range []struct {
		name string
		n    int64
	}{
		{"object_mb", c.Limits.ObjectMB}, {"regions_mb", c.Limits.RegionsMB}, {"workers", int64(c.Limits.Workers)},
		{"readers", int64(c.Limits.Readers)}, {"attempts", int64(c.Limits.Attempts)}, {"crashes", int64(c.Limits.Crashes)},
	} {
		add(n.n < 1, "limits."+n.name, "must be at least 1")
	}
	add(!slices.Contains([]string{"injection", "start", "stored"}, c.Decay), "decay", "%q must be injection, start or stored", c.Decay)
	labels := map[string]bool{}
	for i, p := range c.Protocols {
		at := fmt.Sprintf("protocols[%d]", i)
		p.check(at, add)
		add(labels[p.Tracer], at+".tracer", "there are two protocols for %q; keep one, and join their expressions with | in match", p.Tracer)
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
	add(len(c.Sites) == 0, "sites", "needs at least one site")
	seen := map[[2]string]bool{}
	for i, s := range c.Sites {
		at := fmt.Sprintf("sites[%d]", i)
		add(!label.MatchString(s.Site), at+".site", "%q is not a label; use lower-case letters, digits and hyphens", s.Site)
		add(s.Bucket == "", at+".bucket", "needs the name of a bucket")
		add(s.Bucket == c.S3.Results, at+".bucket", "must not be the results bucket")
		add(seen[[2]string{s.Bucket, s.Prefix}], at, "another site has the same bucket and prefix")
		seen[[2]string{s.Bucket, s.Prefix}] = true
		add(!slices.Contains([]string{"", "auto", "aws", "minio", "versitygw", "rustfs"}, s.Source), at+".source", "%q must be auto, aws, minio, versitygw or rustfs", s.Source)
	}
}

func (c Config) checkServers(add adder) {
	add(c.S3.Results == "", "s3.results", "needs the name of a bucket")
	for _, u := range []struct {
		path, url string
		schemes   []string
	}{{"nats.url", c.NATS.URL, []string{"nats", "tls", "ws", "wss"}}, {"s3.endpoint", c.S3.Endpoint, []string{"http", "https"}}} {
		if u.url == "" {
			continue
		}
		parsed, err := url.Parse(u.url)
		add(err != nil || parsed.Host == "" || !slices.Contains(u.schemes, parsed.Scheme), u.path, "%q must be a URL that begins with one of %v", u.url, u.schemes)
	}
	add(c.NATS.Replicas < 1 || c.NATS.Replicas > 5, "nats.replicas", "must be from 1 to 5")
	add(c.SiteKey != "" && len(c.SiteKey) < 16, "site_key", "must be at least 16 characters long")
	if c.HTTP != "" {
		_, _, err := net.SplitHostPort(c.HTTP)
		add(err != nil, "http_listen", "%q must be host:port", c.HTTP)
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
