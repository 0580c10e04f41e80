package config

import (
	"testing"

	"tacstream/ingest"
)

// of returns a whole series of a tracer.
func of(tracer string) ingest.Assembly {
	return ingest.Assembly{Header: ingest.Header{Soft: ingest.Soft{TracerTexts: []string{tracer}}}}
}

func TestAPlanHoldsWhatDecidesAResult(t *testing.T) {
	c := Default()
	plan := func() ingest.Plan { return c.Plan(of("[11C]DASB"), ingest.Plan{}, "1") }
	before := plan()
	c.HTTP, c.Limits.Workers, c.NATS.URL, c.SiteKey = "127.0.0.1:1", 9, "nats://x:1", "another key of this site"
	c.Protocols = append(c.Protocols, Protocol{Tracer: "raclopride", Match: "raclopride", Reference: "x", Models: []string{"srtm"}})
	if plan().Settings != before.Settings {
		t.Error("addresses, limits, keys or the protocol of another tracer change the settings")
	}
	c.Decay = "start"
	if plan().Settings == before.Settings || plan().Decay != "start" {
		t.Error("the decay correction does not change the settings")
	}
	c.Decay = "injection"
	c.Protocols[1].Models = []string{"srtm"}
	if plan().Settings == before.Settings {
		t.Error("the protocol does not change the settings")
	}
	if p, ok := DecodeProtocol(plan().Protocol); !ok || p.Tracer != "dasb" || len(p.Models) != 1 {
		t.Errorf("the protocol comes back as %+v", p)
	}
}

func TestAProtocolThatIsMissingIsTakenFromTheLastRevision(t *testing.T) {
	c := Default()
	kept := c.Plan(of("[11C]DASB"), ingest.Plan{}, "1")
	c.Protocols = nil
	if got := c.Plan(of("[11C]DASB"), kept, "1"); got.Settings != kept.Settings {
		t.Errorf("the plan is %+v", got)
	}
	if got := c.Plan(of("[11C]raclopride"), kept, "1"); len(got.Protocol) > 0 {
		t.Errorf("a series of another tracer gets %s", got.Protocol)
	}
}
