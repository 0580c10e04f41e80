package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tacstream/config/figures"
	"tacstream/config/rig"
	"tacstream/fit"
	"tacstream/ingest"
	"tacstream/ingest/dicom"
	"tacstream/ingest/phantom"
	"tacstream/publish"
)

// A badCase is a variant of a good series and what is to become of it.
type badCase struct {
	Name   string
	Expect struct {
		Outcome string
		Either  []string
		Values  bool `json:"value_check"`
	}
}

// A verdict is what became of a series.
type verdict struct {
	state ingest.State
	bpnd  map[string]float64 // by SRTM; empty where there is no estimate
}

// Every broken or hostile variant of a series, all dropped at once beside the
// good one, ends as their author says, and the good one is not harmed.
func TestEveryBadCaseEndsAsItsManifestSays(t *testing.T) {
	t.Parallel()
	row := figures.Accuracy(t, "hostile folders beside a good series, as their manifest says", 1)
	dir := sharedData(t, "bad")
	body, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	var manifest struct {
		Base      string
		Tolerance float64 `json:"value_tolerance"`
		Cases     []badCase
	}
	if err := json.Unmarshal(body, &manifest); err != nil {
		t.Fatal(err)
	}
	r := rig.NewQuiet(t, 5*time.Second)
	r.Serve("nats,s3,ingest,work")
	dropCase(r, dir, manifest.Base, 0)
	for i, c := range manifest.Cases {
		dropCase(r, dir, c.Name, i+1)
	}
	verdicts := verdictsOn(r, len(manifest.Cases)+2) // two-series holds one more
	row.AtLeast("#").Add(float64(len(manifest.Cases)))
	good := verdicts[manifest.Base]
	if len(good) != 1 || len(good[0].bpnd) == 0 {
		t.Fatalf("the good series came to %+v", good)
	}
	for _, c := range manifest.Cases {
		t.Run(c.Name, func(t *testing.T) { c.judge(t, verdicts[c.Name], good[0].bpnd, manifest.Tolerance) })
	}
}

// dropCase uploads a case under a prefix of its own. All cases are variants of one
// series, so each gets UIDs of its own, of the same length. Regions come first,
// so that a series that waits for them waits for good.
func dropCase(r *rig.Rig, dir, name string, n int) {
	r.T.Helper()
	uids := baseUIDs(r.T, dir)
	for _, pattern := range []string{"regions/*", "pet/*"} {
		files, err := filepath.Glob(filepath.Join(dir, name, pattern))
		if err != nil {
			r.T.Fatal(err)
		}
		if name == "_base" && pattern == "regions/*" { // which has them in every way
			files = []string{filepath.Join(dir, name, "regions", "space-pet_dseg.nii.gz"), filepath.Join(dir, name, "regions", "dseg.tsv")}
		}
		var put []phantom.File
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				r.T.Fatal(err)
			}
			for _, uid := range uids {
				own := slices.Concat(uid[:len(uid)-3], fmt.Appendf(nil, "%03d", n))
				data = bytes.ReplaceAll(data, uid, own)
			}
			key := filepath.ToSlash(filepath.Join(name, filepath.Base(filepath.Dir(file)), filepath.Base(file)))
			put = append(put, phantom.File{Name: key, Data: data})
		}
		r.Upload("", put)
	}
}

// baseUIDs returns the SeriesInstanceUID and the FrameOfReferenceUID that the
// cases share.
func baseUIDs(t testing.TB, dir string) [][]byte {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "_base", "pet", "*"))
	if err != nil || len(files) == 0 {
		t.Fatal("no base series", err)
	}
	data, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	s := dicom.Options{}.ReadHeader(data, int64(len(data))).Header.Strict
	return [][]byte{[]byte(s.SeriesInstanceUID), []byte(s.FrameOfReferenceUID)}
}

// verdictsOn waits until so many series have come to an end and returns them by
// the folder in which they lie.
func verdictsOn(r *rig.Rig, series int) map[string][]verdict {
	r.T.Helper()
	line := r.Connect()
	var states []ingest.State
	r.Eventually(3*time.Minute, func() bool {
		states = states[:0]
		settled := 0
		err := line.Ledger.States(r.T.Context(), func(s ingest.State) error {
			states = append(states, s)
			if s.Condition != ingest.Receiving && (s.Look == "" || s.Done == s.Revision) {
				settled++
			}
			return nil
		})
		return err == nil && settled == series && len(states) == series
	}, fmt.Sprintf("%d series did not come to their end", series))
	bpnd := map[ingest.Token]map[string]float64{}
	for _, e := range r.Events("pet.v1.>") {
		event, err := publish.Decode(e.Body)
		if err != nil {
			r.T.Fatal(err)
		}
		switch d := event.Data.(type) {
		case *publish.Binding:
			bpnd[d.Cause.Series] = bpndBySRTM(d)
		case *publish.Withdrawn: // what contradicts it came later than the rest
			delete(bpnd, d.Cause.Series)
		}
	}
	all := map[string][]verdict{}
	for _, s := range states {
		records, err := line.Ledger.Load(r.T.Context(), s.Series)
		if err != nil || len(records) == 0 {
			r.T.Fatalf("series %s has no records: %v", s.Series, err)
		}
		folder, _, _ := strings.Cut(records[0].Key, "/")
		all[folder] = append(all[folder], verdict{s, bpnd[s.Series]})
	}
	return all
}

// bpndBySRTM returns the BPND of each region by SRTM.
func bpndBySRTM(b *publish.Binding) map[string]float64 {
	found := map[string]float64{}
	for _, m := range b.Models {
		for _, e := range m.Estimates {
			if _, known := e.Values[fit.BPND]; known && m.Name == "srtm" {
				found[string(e.Region)] = e.Values[fit.BPND]
			}
		}
	}
	return found
}

// judge compares what became of a case with what its manifest allows.
func (c badCase) judge(t *testing.T, got []verdict, good map[string]float64, tolerance float64) {
	if len(got) == 0 {
		t.Fatal("the series was not seen")
	}
	want := 1
	if c.Name == "two-series" {
		want = 2
	}
	if len(got) != want {
		t.Errorf("%d series, want %d", len(got), want)
	}
	allowed := append([]string{c.Expect.Outcome}, c.Expect.Either...)
	for _, v := range got {
		if outcome := v.outcome(); !slices.ContainsFunc(allowed, func(a string) bool { return slices.Contains(outcome, a) }) {
			t.Errorf("ended as %s %s (%v), want one of %v", v.state.Condition, v.state.Result, v.state.Reason, allowed)
		}
		if !c.Expect.Values {
			continue
		}
		for region, want := range good {
			if math.Abs(v.bpnd[region]-want) > tolerance*math.Abs(want) {
				t.Errorf("%s: BPND %g, want %g as in the good series", region, v.bpnd[region], want)
			}
		}
	}
}

// outcome returns the manifest's words for what became of a series.
func (v verdict) outcome() []string {
	s := v.state
	why := s.Reason
	if s.Result == ingest.Failed {
		why = s.Why
	}
	switch {
	case s.Condition == ingest.Incomplete:
		return []string{"incomplete"}
	case s.Condition == ingest.Waiting, strings.HasPrefix(string(why.Code), "REGIONS_"), why.Code == ingest.CodeReferenceAbsent:
		return []string{"reject_regions"}
	case len(v.bpnd) > 0:
		return []string{"accept", "accept_warn", "skip_object", "split"}
	case why.Code != "":
		return []string{"reject_series"}
	}
	return nil
}
