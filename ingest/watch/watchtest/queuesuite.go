package watchtest

import (
	"cmp"
	"reflect"
	"slices"
	"testing"

	"tacstream/ingest"
	"tacstream/ingest/watch"
)

// TestQueue reports, as errors of t, what a queue does otherwise than package
// watch relies on. Open returns an empty one each time, and what takes every job
// out of it that waits.
func TestQueue(t *testing.T, open func(t *testing.T) (q watch.Queue, take func() []ingest.Job)) {
	one := ingest.Job{Series: "one", Site: "site", Revision: 1, Settings: "s", Version: "v", Protocol: []byte(`{}`)}
	newer, two, redriven := one, one, one
	newer.Revision, two.Series, redriven.Redrive = 2, "two", 1
	for name, c := range map[string]struct{ queued, want []ingest.Job }{
		"nothing":                   {nil, nil},
		"a job":                     {[]ingest.Job{one}, []ingest.Job{one}},
		"the same job is held once": {[]ingest.Job{one, one}, []ingest.Job{one}},
		"another job of the series takes its place": {[]ingest.Job{one, newer}, []ingest.Job{newer}},
		"a job that is asked for again":             {[]ingest.Job{one, redriven}, []ingest.Job{redriven}},
		"every series has its own":                  {[]ingest.Job{one, two, newer}, []ingest.Job{newer, two}},
	} {
		t.Run(name, func(t *testing.T) {
			q, take := open(t)
			for _, j := range c.queued {
				if err := q.Enqueue(t.Context(), j); err != nil {
					t.Fatal(err)
				}
			}
			got := take()
			slices.SortFunc(got, func(a, b ingest.Job) int { return cmp.Compare(a.Series, b.Series) })
			if !slices.EqualFunc(got, c.want, func(a, b ingest.Job) bool { return reflect.DeepEqual(a, b) }) {
				t.Errorf("took %+v, want %+v", got, c.want)
			}
			if left := take(); len(left) > 0 {
				t.Errorf("%+v are left", left)
			}
			for _, j := range c.want { // a job that was taken can come again
				if err := q.Enqueue(t.Context(), j); err != nil {
					t.Fatal(err)
				}
			}
			if again := take(); len(again) != len(c.want) {
				t.Errorf("took %+v again, want %+v", again, c.want)
			}
			if err := q.Arm(t.Context(), "one"); err != nil {
				t.Errorf("Arm: %v", err)
			}
		})
	}
}
