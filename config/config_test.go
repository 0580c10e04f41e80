package config_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tacstream/config"
	"tacstream/ingest"
	"tacstream/ingest/jetstream"
)

func noEnv(string) (string, bool) { return "", false }

func TestTheDefaultIsSound(t *testing.T) {
	if faults := config.Default().Check(); len(faults) > 0 {
		t.Error(faults)
	}
}

func TestWhatIsWrittenReadsBackTheSame(t *testing.T) {
	var b bytes.Buffer
	if err := config.Default().Write(&b); err != nil {
		t.Fatal(err)
	}
	got, faults := config.Parse(b.Bytes(), noEnv)
	if len(faults) > 0 {
		t.Fatalf("%v in\n%s", faults, b.String())
	}
	if diff := cmp.Diff(config.Default(), got); diff != "" {
		t.Errorf("%s in\n%s", diff, b.String())
	}
}

func TestAWrongFileIsRefusedWithEveryFaultAndItsLine(t *testing.T) {
	const file = `sites:
  - site: Local Hospital
    bucket: ""
timing:
  quiet: soon
  ack_wait: 0s
colour: green
decay: never
limits:
  workers: many
protocols:
  - tracer: dasb
    match: "("
    reference: "*"
    models: [srtm, nonsense, 2tcm]
nats:
  password: ${NOT_THERE}
`
	_, faults := config.Parse([]byte(file), noEnv)
	var got []string
	for _, f := range faults {
		got = append(got, f.Error())
	}
	want := []struct{ line, path, what string }{
		{"line 2: ", "sites[0].site", "not a label"},
		{"line 3: ", "sites[0].bucket", "the name of a bucket"},
		{"line 5: ", "timing.quiet", "not a duration"},
		{"line 6: ", "timing.ack_wait", "greater than 0"},
		{"line 7: ", "colour", "unknown setting"},
		{"line 8: ", "decay", "must be injection"},
		{"line 10: ", "limits.workers", "whole number"},
		{"line 13: ", "protocols[0].match", "regular expression"},
		{"line 15: ", "protocols[0].models[1]", "nonsense"},
		{"line 15: ", "protocols[0].models[2]", "arterial blood"},
		{"line 17: ", "nats.password", "environment"},
	}
	if len(got) != len(want) {
		t.Errorf("%d faults, want %d", len(got), len(want))
	}
	for i, w := range want {
		if i >= len(got) || !strings.HasPrefix(got[i], w.line+w.path+": ") || !strings.Contains(got[i], w.what) {
			t.Errorf("fault %d: want %s%s … %s, got %v", i, w.line, w.path, w.what, got)
			break
		}
	}
}

func TestValuesComeFromTheEnvironment(t *testing.T) {
	env := func(name string) (string, bool) { return "se:cret", name == "PASS" }
	c, faults := config.Parse([]byte("nats:\n  url: nats://nats:4222\n  password: ${PASS}\n"), env)
	if len(faults) > 0 || c.NATS.Password != "se:cret" {
		t.Errorf("password %q, faults %v", c.NATS.Password, faults)
	}
}

// tracers returns the labels of the protocols of a file, in order.
func tracers(t *testing.T, text string) string {
	t.Helper()
	c, faults := config.Parse([]byte(text), noEnv)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	var list []string
	for _, p := range c.Protocols {
		list = append(list, p.Tracer+" "+strings.Join(p.Models, "+"))
	}
	return strings.Join(list, ", ")
}

func TestProtocolsOfAFileAreLaidOverTheShippedOnes(t *testing.T) {
	const raclopride = "protocols:\n- {tracer: raclopride, match: raclopride, reference: Cerebellum, models: [srtm]}\n"
	for _, test := range []struct{ name, text, want string }{
		{"no file", "", "az10419369 srtm2+srtm+mrtm+logan-ref, dasb srtm2+srtm+mrtm+logan-ref"},
		{"another tracer", raclopride, "raclopride srtm, az10419369 srtm2+srtm+mrtm+logan-ref, dasb srtm2+srtm+mrtm+logan-ref"},
		{"one of the same tracer", "protocols:\n- {tracer: dasb, match: dasb, reference: Cerebellum, models: [srtm]}\n", "dasb srtm, az10419369 srtm2+srtm+mrtm+logan-ref"},
		{"without the shipped ones", "builtin: false\n" + raclopride, "raclopride srtm"},
		{"an empty list", "protocols: []\n", "az10419369 srtm2+srtm+mrtm+logan-ref, dasb srtm2+srtm+mrtm+logan-ref"},
		{"none at all", "builtin: false\n", ""},
	} {
		if got := tracers(t, test.text); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

func TestTwoProtocolsOfOneTracerAreRefused(t *testing.T) {
	one := "- {tracer: dasb, match: dasb, reference: Cerebellum, models: [srtm]}\n"
	_, faults := config.Parse([]byte("protocols:\n"+one+one), noEnv)
	if len(faults) != 1 || faults[0].Path != "protocols[1].tracer" || faults[0].Line != 3 {
		t.Errorf("faults %v", faults)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("sites:\n  - site: a\n"))
	f.Add([]byte("timing: {quiet: [1]}\n? a\n: b\n"))
	f.Fuzz(func(t *testing.T, body []byte) { config.Parse(body, noEnv) })
}

// An alarm of a series must go off before it is too old to be kept.
func TestTheQuietTimeHasABound(t *testing.T) {
	for quiet, sound := range map[time.Duration]bool{ingest.MaxQuietTime: true, ingest.MaxQuietTime + time.Second: false, jetstream.NoticeAge: false} {
		c := config.Default()
		c.Timing.Quiet = config.Duration(quiet)
		if faults := c.Check(); (len(faults) == 0) != sound || !sound && faults[0].Path != "timing.quiet" {
			t.Errorf("%v: %v", quiet, faults)
		}
	}
}
