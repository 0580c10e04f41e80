package cli

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"tacstream/config/rig"
	"tacstream/fit"
	"tacstream/ingest"
	"tacstream/ingest/phantom"
	"tacstream/publish"
)

// splitAfter makes two series of one: the frames up to one, and those behind
// it, each with regions only where the whole has them.
func splitAfter(t *testing.T, s phantom.Series, frames int) (early, late []phantom.File) {
	t.Helper()
	uid := []byte(s.SeriesInstanceUID())
	other := bytes.Clone(uid)
	other[len(other)-1] = '0' + (other[len(other)-1]-'0'+1)%10
	for _, f := range rig.FilesOf(s) {
		switch {
		case f.Slot.Frame == 0:
			early = append(early, f)
		case f.Slot.Frame <= frames:
			f.Data = numberOfTimeSlices(t, f.Data, frames)
			early = append(early, f)
		default:
			f.Data = bytes.ReplaceAll(numberOfTimeSlices(t, f.Data, scanFrames-frames), uid, other)
			late = append(late, f)
		}
	}
	return early, late
}

// numberOfTimeSlices returns an object with another (0054,0101).
func numberOfTimeSlices(t *testing.T, data []byte, n int) []byte {
	t.Helper()
	at := bytes.Index(data, []byte("\x54\x00\x01\x01US\x02\x00"))
	if at < 0 {
		t.Fatal("no NumberOfTimeSlices")
	}
	data = bytes.Clone(data)
	data[at+8], data[at+9] = byte(n), 0
	return data
}

// bindingOf reads the last event that states a result.
func bindingOf(r *rig.Rig) *publish.Binding {
	r.T.Helper()
	events := r.Events("pet.v1.*.binding.*.*")
	e, err := publish.Decode(events[len(events)-1].Body)
	if err != nil {
		r.T.Fatal(err)
	}
	b, ok := e.Data.(*publish.Binding)
	if !ok {
		r.T.Fatalf("the last result is %s", events[len(events)-1].Body)
	}
	return b
}

// potentials returns BPND by model and region.
func potentials(b *publish.Binding) map[string]float64 {
	all := map[string]float64{}
	for _, m := range b.Models {
		for _, e := range m.Estimates {
			all[fmt.Sprint(m.Name, " ", e.Region)] = e.Values[fit.BPND]
		}
	}
	return all
}

// stateOf returns the state of the series that is, or is not, joined to
// another one.
func stateOf(r *rig.Rig, joined bool) (state ingest.State) {
	r.T.Helper()
	err := r.Connect().Ledger.States(r.T.Context(), func(s ingest.State) error {
		if (s.Lead != "") == joined {
			state = s
		}
		return nil
	})
	if err != nil {
		r.T.Fatal(err)
	}
	return state
}

// awaitJoined waits until the second part is joined to the first, and that is done.
func awaitJoined(r *rig.Rig) {
	r.T.Helper()
	r.Eventually(time.Minute, func() bool {
		late, early := stateOf(r, true), stateOf(r, false)
		return late.Condition == ingest.Joined && late.Lead == early.Series && slices.Equal(early.Parts, []ingest.Token{late.Series}) &&
			early.Done == early.Revision && early.Result == ingest.Estimated
	}, "the parts are not joined")
}

// One acquisition that a scanner exports as two series gives the estimates of
// the whole, in whatever order they come and under whatever keys.
func TestAnAcquisitionInTwoSeriesIsFittedAsOne(t *testing.T) {
	t.Parallel()
	scan := rig.SmallScan(1, scanFrames)
	whole := rig.New(t)
	whole.Serve("nats,s3,ingest,work")
	whole.Upload("", rig.FilesOf(scan))
	whole.Settle(1)
	want := potentials(bindingOf(whole))
	whole.Stop()

	early, late := splitAfter(t, scan, 7)
	for name, order := range map[string][][]phantom.File{
		"first the first": {early, late}, "first the second": {late, early}, "at once": {shuffled(slices.Concat(early, late), 5)},
	} {
		t.Run(name, func(t *testing.T) {
			r := rig.New(t)
			r.Serve("nats,s3,ingest,work")
			for _, files := range order {
				r.Upload("", files)
				r.AwaitDrained()
			}
			awaitJoined(r)
			b := bindingOf(r)
			got := potentials(b)
			if len(got) != len(want) {
				t.Errorf("%d estimates, want %d", len(got), len(want))
			}
			for key, v := range want {
				if !(math.Abs(got[key]-v) <= 1e-6*(1+math.Abs(v))) {
					t.Errorf("%s: %g, want %g", key, got[key], v)
				}
			}
			if !slices.ContainsFunc(b.Warnings, func(w publish.Warning) bool { return w.Code == ingest.CodeJoined && *w.Value == 2 }) {
				t.Errorf("nothing says that two series were joined: %v", b.Warnings)
			}
			// What the second part had by itself holds no more.
			for key, body := range r.Snapshot() {
				if strings.HasPrefix(key, string(stateOf(r, true).Series)) && !strings.Contains(body, "withdrawn") {
					t.Errorf("%s still says %s", key, body)
				}
			}
		})
	}
}

// The part that goes takes its frames with it, and coming back it brings them.
func TestAPartThatLosesASliceIsTakenOutAgain(t *testing.T) {
	t.Parallel()
	early, late := splitAfter(t, rig.SmallScan(1, scanFrames), 7)
	r := rig.NewQuiet(t, 2*time.Second)
	r.Serve("nats,s3,ingest,work")
	r.Upload("", slices.Concat(early, late))
	awaitJoined(r)
	before := potentials(bindingOf(r))
	if err := r.Connect().Store.Delete(t.Context(), "inbox", late[0].Name); err != nil {
		t.Fatal(err)
	}
	r.Eventually(time.Minute, func() bool {
		conditions := map[ingest.Condition]bool{}
		alone := true
		err := r.Connect().Ledger.States(t.Context(), func(s ingest.State) error {
			conditions[s.Condition] = true
			alone = alone && len(s.Parts) == 0 && (s.Condition != ingest.Ready || s.Done == s.Revision)
			return nil
		})
		return err == nil && alone && conditions[ingest.Ready] && conditions[ingest.Incomplete]
	}, "the first part does not stand alone")
	if after := potentials(bindingOf(r)); fmt.Sprint(after) == fmt.Sprint(before) {
		t.Error("the estimates are those of both parts")
	}
	r.Put(late[0].Name, late[0].Data)
	awaitJoined(r)
	if again := potentials(bindingOf(r)); fmt.Sprint(again) != fmt.Sprint(before) {
		t.Errorf("back again: %v, want %v", again, before)
	}
}

// Two reconstructions of one acquisition have a result each, and name each
// other.
func TestReconstructionsNameEachOther(t *testing.T) {
	t.Parallel()
	scan := rig.SmallScan(1, scanFrames)
	uid := []byte(scan.SeriesInstanceUID())
	other := bytes.Clone(uid)
	other[len(other)-1] = '0' + (other[len(other)-1]-'0'+1)%10
	var files []phantom.File
	for _, f := range rig.FilesOf(scan) {
		files = append(files, f)
		if f.Slot.Frame > 0 {
			f.Name, f.Data = strings.Replace(f.Name, "/pet/", "/fbp/", 1), bytes.ReplaceAll(f.Data, uid, other)
			files = append(files, f)
		}
	}
	r := rig.New(t)
	r.Serve("nats,s3,ingest,work")
	r.Upload("", files)
	r.Settle(2)
	r.Eventually(30*time.Second, func() bool {
		last := map[string]string{}
		for _, e := range r.Events("pet.v1.*.series.*") {
			last[e.Subject] = string(e.Body)
		}
		named := 0
		for subject, body := range last {
			for other := range last {
				token := other[strings.LastIndex(other, ".")+1:]
				if other != subject && strings.Contains(body, "series.ready") && strings.Contains(body, `"twins":["`+token+`"]`) {
					named++
				}
			}
		}
		return len(last) == 2 && named == 2
	}, "they do not name each other")
	if n := len(r.Events("pet.v1.*.binding.*.*")); n != 2 {
		t.Errorf("%d results, want one for each", n)
	}
}
