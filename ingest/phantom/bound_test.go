package phantom_test

import (
	"math"
	"testing"

	"tacstream/ingest/phantom"
)

// The bound against figures from a separate calculation, for BPND by SRTM with
// k2′ free and the study's own noise, in the mean animal.
func TestBound(t *testing.T) {
	for _, c := range []struct {
		tracer phantom.Tracer
		region string
		want   float64 // of BPND
	}{
		{phantom.DASB, "Nucleus-Accumbens", 0.099}, {phantom.DASB, "Ventral-Pallidum", 0.105},
		{phantom.AZ10419369, "Nucleus-Accumbens", 0.039}, {phantom.AZ10419369, "Ventral-Pallidum", 0.034},
	} {
		s := phantom.Series{Tracer: c.tracer}
		for _, k := range s.Merged() {
			if k.Region != c.region {
				continue
			}
			// A tenth: those figures counted the reference as free of noise.
			if got := s.BPNDBound(k) / k.BPND; math.Abs(got-c.want) > 0.1*c.want {
				t.Errorf("%s %s: %.4f of BPND, want %.3f", c.tracer, c.region, got, c.want)
			}
		}
	}
}
