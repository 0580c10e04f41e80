package rig

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"tacstream/ingest"
)

// A Snapshot is everything that a consumer can see of results: every binding
// event that is stored, and every current.json.
type Snapshot map[string]string

// Settle waits until so many series have come to their end and nothing is
// left to do, and returns what there is.
func (r *Rig) Settle(series int) Snapshot {
	r.T.Helper()
	return r.SettleWithin(2*time.Minute, series)
}

// SettleWithin is Settle with a time of its own.
func (r *Rig) SettleWithin(d time.Duration, series int) Snapshot {
	r.T.Helper()
	line := r.Connect()
	r.Eventually(d, func() bool {
		done := 0
		err := line.Ledger.States(r.T.Context(), func(s ingest.State) error {
			if s.Look != "" && s.Done == s.Revision && s.Result != "" {
				done++
			}
			return nil
		})
		return err == nil && done == series
	}, fmt.Sprintf("%d series did not come to their end", series))
	return r.Snapshot()
}

// Snapshot returns what there is now.
func (r *Rig) Snapshot() Snapshot {
	r.T.Helper()
	line := r.Connect()
	got := Snapshot{}
	for _, e := range r.Events("pet.v1.*.binding.*.*") {
		key := "event " + e.Subject + " " + e.ID
		if _, twice := got[key]; twice {
			r.T.Errorf("%s is stored twice", key)
		}
		got[key] = timeless(string(e.Body))
	}
	for o, err := range line.Store.List(r.T.Context(), line.Config.S3.Results, "") {
		if err != nil {
			r.T.Fatal(err)
		}
		if strings.HasSuffix(o.Key, "/current.json") {
			body, _, err := line.Store.Get(r.T.Context(), o.Bucket, o.Key)
			if err != nil {
				r.T.Fatal(err)
			}
			got[o.Key] = timeless(string(body))
		}
	}
	return got
}

// lineTime is the time of an event, or of what current.json points to.
var lineTime = regexp.MustCompile(`"time": ?"[^"]*"`)

// timeless leaves out what two runs of the same input differ in: the line's own
// clock.
func timeless(body string) string {
	return lineTime.ReplaceAllString(body, `"time":"2000-01-01T00:00:00Z"`)
}

// Same reports the differences of two snapshots.
func (s Snapshot) Same(t *testing.T, want Snapshot) {
	t.Helper()
	for key, body := range want {
		if got, ok := s[key]; !ok {
			t.Errorf("%s is missing", key)
		} else if got != body {
			t.Errorf("%s differs:\n%s\nwant\n%s", key, got, body)
		}
	}
	for key := range s {
		if _, ok := want[key]; !ok {
			t.Errorf("%s should not be there", key)
		}
	}
}
