package config_test

import (
	"testing"
	"time"

	"tacstream/config"
	"tacstream/extract"
	"tacstream/ingest/phantom"
)

// t_star of a protocol counts from the injection: a scan that began 20 min after it
// reaches t* 20 min earlier on its own axis.
func TestTStarOfAProtocolCountsFromTheInjection(t *testing.T) {
	curves := extract.Curves{HalfLife: 20 * time.Minute, Units: extract.BqPerML}
	for _, f := range phantom.DefaultFrames() {
		if f.Start >= 20*time.Minute {
			curves.Frames = append(curves.Frames, f)
		}
	}
	for _, k := range (phantom.Series{}).Truth()[:2] {
		curves.TACs = append(curves.TACs, extract.TAC{Region: extract.Region(k.Region), Voxels: 50,
			BqPerML: k.FrameMeans(phantom.DASB.Reference(), curves.Frames, curves.HalfLife)})
	}
	for f := range curves.Frames {
		curves.Frames[f].Start -= 20 * time.Minute
	}
	curves.Decay.Injection, curves.Decay.InjectionKnown = -20*time.Minute, true
	p := config.Protocol{Reference: string(curves.TACs[0].Region), Models: []string{"logan-ref-nok2p"}, TStar: config.Duration(40 * time.Minute)}
	_, all, _, err := p.Fit(curves, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := all[0].TStar; got != 20*time.Minute {
		t.Errorf("t* %v after model zero, want 20 min", got)
	}
}
