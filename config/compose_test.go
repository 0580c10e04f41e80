package config_test

import (
	"os"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"tacstream/config"
	"tacstream/config/line"
	"tacstream/ingest/jetstream"
)

// A composition is what the tests look at in compose.yaml.
type composition struct {
	Services map[string]struct {
		Image       string
		Command     []string
		Environment map[string]string
		Volumes     []string
		Ports       []string
		Healthcheck struct{ Test []string }
	}
	Configs map[string]struct{ Content string }
	Volumes map[string]any
}

func compose(t *testing.T) composition {
	t.Helper()
	body, err := os.ReadFile("../compose.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var c composition
	if err := yaml.Unmarshal(body, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// undollar undoes compose's own escape.
func undollar(s string) string { return strings.ReplaceAll(s, "$$", "$") }

func TestComposeConfiguresTheLine(t *testing.T) {
	c := compose(t)
	got, faults := config.Parse([]byte(undollar(c.Configs["line"].Content)), func(name string) (string, bool) {
		_, ok := c.Services["worker"].Environment[name]
		return "a secret of some length", ok
	})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	if got.NATS.URL == "" || got.S3.Endpoint == "" || got.SiteKey == "" || got.HTTP == "" || got.NATS.Mirror == "" {
		t.Errorf("something is left to chance: %+v", got)
	}
}

// The NATS of compose.yaml has the users, permissions and store of the
// embedded one: it is the same text, but for the port of its health check.
func TestComposeConfiguresNATSLikeTheEmbeddedOne(t *testing.T) {
	c := compose(t)
	want, err := jetstream.ServerConfig(jetstream.ServerOptions{StoreDir: "/data", Listen: "0.0.0.0:4222", SyncAlways: true, Users: []jetstream.User{
		{Name: line.UserTacstream, Role: jetstream.RoleTacstream}, {Name: line.UserMirror, Role: jetstream.RoleMirror},
		{Name: line.UserConsumer, Role: jetstream.RoleConsumer}, {Name: line.UserFacility, Role: jetstream.RoleFacility},
	}})
	if err != nil {
		t.Fatal(err)
	}
	want = "http: \"127.0.0.1:8222\"\n" + want
	if got := undollar(c.Configs["nats"].Content); strings.TrimSpace(got) != strings.TrimSpace(want) {
		t.Errorf("compose has\n%s\nwant\n%s", got, want)
	}
	for _, name := range []string{"TACSTREAM", "_MIRROR", "CONSUMER", "FACILITY"} {
		if !strings.HasPrefix(c.Services["nats"].Environment["NATS_PASSWORD_"+name], "${TACSTREAM_") {
			t.Errorf("the password of %s does not come from the environment", name)
		}
	}
}

func TestComposePinsAndWatchesItsServices(t *testing.T) {
	c := compose(t)
	for _, name := range []string{"nats", "s3", "ingest", "worker"} {
		s, ok := c.Services[name]
		if _, tag, found := strings.Cut(s.Image, ":"); !ok || !found || tag == "latest" || len(s.Healthcheck.Test) == 0 {
			t.Errorf("service %s: image %q, health check %v", name, s.Image, s.Healthcheck.Test)
		}
		for _, p := range s.Ports {
			if !strings.HasPrefix(p, "127.0.0.1:") {
				t.Errorf("service %s is open to the network at %s", name, p)
			}
		}
	}
	if len(c.Services["worker"].Ports) > 0 {
		t.Error("a worker with a published port cannot be scaled")
	}
}
