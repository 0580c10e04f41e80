package publish_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tacstream/ingest"
	"tacstream/publish"
)

func TestCurrent(t *testing.T) {
	all := examples(t)
	estimated, err := publish.NewCurrent(all["binding.estimated"])
	if err != nil {
		t.Fatal(err)
	}
	body, err := estimated.Encode()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "current.txt", body)
	back, err := publish.DecodeCurrent(body)
	if diff := cmp.Diff(estimated, back); err != nil || diff != "" {
		t.Errorf("it comes back changed (%v):\n%s", err, diff)
	}
	withdrawn, err := publish.NewCurrent(all["binding.withdrawn"])
	if err != nil || withdrawn.Result != ingest.Withdrawn || withdrawn.Prefix != "" {
		t.Errorf("%+v (%v)", withdrawn, err)
	}
	for _, c := range []struct {
		name     string
		now, old publish.Current
		want     bool
	}{
		{"the first", estimated, publish.Current{}, true},
		{"the same", estimated, estimated, false},
		{"a newer", withdrawn, estimated, true},
		{"an older", estimated, withdrawn, false},
	} {
		if c.now.Replaces(c.old) != c.want {
			t.Errorf("%s replaces: %t", c.name, !c.want)
		}
	}
	if _, err := publish.NewCurrent(all["series.ready"]); !errors.Is(err, publish.ErrNotEvent) {
		t.Errorf("error %v", err)
	}
}

func TestFilesThatMakeNoSenseAreRefused(t *testing.T) {
	for _, body := range []string{"", "{}", "[", `{"event":7}`, strings.Repeat(" ", 5<<20) + "{}"} {
		if _, err := publish.DecodeCurrent([]byte(body)); !errors.Is(err, publish.ErrFile) {
			t.Errorf("current %.10q: %v", body, err)
		}
	}
	for _, body := range []string{"", "[", `{"series":[{"series":"1.2.3"}]}`, `{"series":[{"series":"` + string(thing) + `"},{"series":"` + string(series) + `"}]}`} {
		if _, err := publish.DecodeStatus([]byte(body)); !errors.Is(err, publish.ErrFile) {
			t.Errorf("status %.10q: %v", body, err)
		}
	}
}

// aState is that of a series which lost a slice after it had been estimated.
func aState() ingest.State {
	return ingest.State{
		Series: series, Site: "local", Revision: 4, Condition: ingest.Incomplete, Have: 5, Want: 6, Frames: 3, Slices: 2,
		Reason:  ingest.Reason{Code: ingest.CodeFrameCount, Detail: "1 slots missing: frame 2 slice 1"},
		Missing: []ingest.Slot{{Frame: 2, Slice: 1}}, Done: 4, Result: ingest.Withdrawn, Event: strings.Repeat("0", 32), Tracer: "dasb",
		Why: ingest.Reason{Code: ingest.CodeFrameCount},
	}
}

func TestStatus(t *testing.T) {
	first := publish.NewSeriesStatus(aState())
	other := publish.NewSeriesStatus(ingest.State{Series: thing, Condition: ingest.Receiving})
	status := publish.Status{}
	for _, one := range []publish.SeriesStatus{other, first} {
		var changed bool
		var err error
		if status, changed, err = status.With(one); err != nil || !changed {
			t.Fatalf("%s changes nothing (%v)", one.Series, err)
		}
	}
	body, err := status.Encode()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "status.txt", body)
	back, err := publish.DecodeStatus(body)
	if diff := cmp.Diff(status, back); err != nil || diff != "" {
		t.Errorf("it comes back changed (%v):\n%s", err, diff)
	}
	if _, changed, _ := back.With(first); changed {
		t.Error("the same again changes it")
	}
	older := first
	older.Revision--
	if _, changed, _ := back.With(older); changed {
		t.Error("an older revision changes it")
	}
}

func TestStatusSaysThatAResultWillFollow(t *testing.T) {
	s := aState()
	s.Look, s.Revision = "a", 5
	if !publish.NewSeriesStatus(s).Pending {
		t.Error("a job is open and the status does not say so")
	}
}

func TestStatusStaysBounded(t *testing.T) {
	status := publish.Status{}
	key := ingest.Key("a secret of the site")
	for i := range 1100 {
		var err error
		if status, _, err = status.With(publish.SeriesStatus{Series: key.SeriesToken(fmt.Sprint(i))}); err != nil {
			t.Fatal(err)
		}
	}
	if len(status.Series) != 1000 || !status.More {
		t.Errorf("%d series, more: %t", len(status.Series), status.More)
	}
}
