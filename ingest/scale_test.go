package ingest_test

import (
	"math"
	"testing"
	"time"

	"tacstream/ingest"
)

// 370 MBq of C-11 into 74 kg, 20.361 min, one half-life, before the scan: an
// uptake value of 1 g/mL is 5000 Bq/mL then and 2500 at the start of the scan.
func TestUptakeValuesBecomeActivity(t *testing.T) {
	half := carbon
	tests := []struct {
		name   string
		change func(*ingest.Header)
		want   float64
	}{
		{"START", func(h *ingest.Header) {}, 2500},
		{"ADMIN", func(h *ingest.Header) { h.Strict.DecayCorrection = "ADMIN" }, 5000},
		{"Philips' factor", func(h *ingest.Header) { h.Soft.SUVPerUnit = 0.02 }, 50},
		{"a factor to Bq/mL goes first", func(h *ingest.Header) { h.Soft.BqPerMLPerUnit = 1.5 }, 1.5},
		{"no dose", func(h *ingest.Header) { h.Soft.DoseBq = 0 }, 0},
		{"a dose in MBq", func(h *ingest.Header) { h.Soft.DoseBq = 370 }, 0},
		{"no weight", func(h *ingest.Header) { h.Soft.WeightKg = 0 }, 0},
		{"no injection time", func(h *ingest.Header) { h.Soft.Injection = time.Time{} }, 0},
		{"not corrected for decay", func(h *ingest.Header) { h.Strict.DecayCorrection = "NONE" }, 0},
		{"no uptake values", func(h *ingest.Header) { h.Soft.SUVPerUnit = 0 }, 0},
	}
	for _, test := range tests {
		records := scanned(func(f int, fr ingest.Frame, h *ingest.Header, in *ingest.Instance) {
			h.Soft.DoseBq, h.Soft.WeightKg, h.Soft.SUVPerUnit = 370e6, 74, 1
			h.Soft.Injection = scanStart.Add(-half)
			test.change(h)
		})
		a, out := ingest.Assess("tok", records, true)
		timing, err := a.Timing()
		if err != nil || out.Condition != ingest.Ready {
			t.Fatalf("%s: %v, %v", test.name, err, out)
		}
		got, warnings := a.BqPerMLPerUnit(timing)
		if math.Abs(got-test.want) > 1e-9*test.want || (len(warnings) == 1) != (got > 0 && a.Header.Soft.BqPerMLPerUnit == 0) {
			t.Errorf("%s: %g with %v, want %g", test.name, got, warnings, test.want)
		}
	}
}

func TestCorrectionsThatAreMissing(t *testing.T) {
	tests := []struct {
		listed []string
		want   ingest.Level
	}{
		{[]string{"DECY", "ATTN", "SCAT", "RAN", "NORM"}, ""},
		{[]string{"decy", "attn", "scat", "dtim", "ransm", "dcal"}, ""},
		{[]string{"DECY", "SCAT", "RAN", "NORM"}, ingest.LevelDoubt},
		{[]string{"NORM"}, ingest.LevelDoubt},
		{[]string{"ATTN", "RAN", "NORM"}, ingest.LevelWarn},
		{[]string{"ATTN", "SCAT", "RAN"}, ingest.LevelNotice},
		{[]string{"NORM", "DTIM", "ATTN", "SCAT", "RADL", "DECY"}, ""}, // Siemens
		{nil, ingest.LevelNotice},
		{[]string{""}, ingest.LevelNotice},
	}
	for _, test := range tests {
		var got ingest.Level
		for _, w := range (ingest.Header{Soft: ingest.Soft{CorrectedImage: test.listed}}).Corrections() {
			got = w.Level
		}
		if got != test.want {
			t.Errorf("%q: %q, want %q", test.listed, got, test.want)
		}
	}
}
