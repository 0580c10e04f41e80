package watchtest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"tacstream/ingest"
)

// near returns the keys of the regions near a folder, sorted.
func near(ctx context.Context, t *testing.T, b Book, folder string) (keys []string) {
	t.Helper()
	records, err := b.RegionsNear(ctx, "inbox", folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		keys = append(keys, r.Key)
	}
	slices.Sort(keys)
	return keys
}

func regionsNear(t *testing.T, b Book) {
	table := regions("s/regions/x_dseg.tsv")
	table.Kind = ingest.KindLUT
	transform := regions("s/to_xfm.txt")
	transform.Kind = ingest.KindTransform
	elsewhere := regions("s/a_dseg.nii")
	elsewhere.Bucket = "outbox"
	add(t, b, regions("top_dseg.nii"), regions("s/a_dseg.nii"), regions("s/regions/x_dseg.nii"), table, transform, regions("s/x/y/deep_dseg.nii"),
		regions("s-other/z_dseg.nii"), other("s/readme.txt"), elsewhere)
	for folder, want := range map[string][]string{
		"":          {"s-other/z_dseg.nii", "s/a_dseg.nii", "s/to_xfm.txt", "top_dseg.nii"},
		"s":         {"s/a_dseg.nii", "s/regions/x_dseg.nii", "s/regions/x_dseg.tsv", "s/to_xfm.txt"},
		"s/regions": {"s/regions/x_dseg.nii", "s/regions/x_dseg.tsv"},
		"s/x":       {"s/x/y/deep_dseg.nii"},
		"t":         nil,
	} {
		if got := near(t.Context(), t, b, folder); !slices.Equal(got, want) {
			t.Errorf("near %q: %v, want %v", folder, got, want)
		}
	}
}

func regionsOfOthers(t *testing.T, b Book) {
	ctx := t.Context()
	add(t, b, regions("a/own_dseg.nii"), slice("one", "a/pet/1"), slice("two", "b/1"), regions("b/own_dseg.nii"), regions("c/free_dseg.nii"))
	if got, want := near(ctx, t, b, ""), []string{"c/free_dseg.nii"}; !slices.Equal(got, want) {
		t.Errorf("at the top: %v, want %v", got, want)
	}
	for folder, want := range map[string]string{"a": "a/own_dseg.nii", "b": "b/own_dseg.nii"} {
		if got := near(ctx, t, b, folder); !slices.Equal(got, []string{want}) {
			t.Errorf("near %s: %v, want %s", folder, got, want)
		}
	}
	gone := slice("two", "b/1")
	gone.Gone = true
	replace(t, b, gone)
	if got, want := near(ctx, t, b, ""), []string{"c/free_dseg.nii"}; !slices.Equal(got, want) {
		t.Errorf("at the top, once a series is gone: %v, want %v: a folder that held a series stays its own", got, want)
	}
}

func regionsGone(t *testing.T, b Book) {
	ctx := t.Context()
	r := regions("s/a_dseg.nii")
	add(t, b, r)
	r.Gone = true
	replace(t, b, r)
	for _, folder := range []string{"s", ""} {
		if got := near(ctx, t, b, folder); len(got) > 0 {
			t.Errorf("near %q: %v", folder, got)
		}
	}
	r.Gone, r.Digest = false, "e"
	replace(t, b, r)
	for _, folder := range []string{"s", ""} {
		if got := near(ctx, t, b, folder); len(got) != 1 {
			t.Errorf("near %q, when they come again: %v", folder, got)
		}
	}
}

// lookers returns the series near a folder, sorted.
func lookers(t *testing.T, b Book, folder string) []ingest.Token {
	t.Helper()
	series, err := b.SeriesNear(t.Context(), "inbox", folder)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(series)
	return series
}

func seriesNear(t *testing.T, b Book) {
	ctx := t.Context()
	add(t, b, slice("one", "s/pet/1"))
	for folder, series := range map[string][]ingest.Token{"s/pet": {"one"}, "s": {"one", "two"}, "": {"three"}} {
		for _, s := range series {
			for range 2 { // a second time changes nothing
				if err := b.Watch(ctx, "inbox", folder, s); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if err := b.Watch(ctx, "outbox", "s", "four"); err != nil {
		t.Fatal(err)
	}
	for folder, want := range map[string][]ingest.Token{
		"s/regions": {"one", "two"}, "s/pet": {"one"}, "s": {"one", "two"}, "t": {"three"}, "t/x": nil, "": {"three"},
	} {
		if got := lookers(t, b, folder); !slices.Equal(got, want) {
			t.Errorf("near %q: %v, want %v", folder, got, want)
		}
	}
	for range 2 {
		if err := b.Unwatch(ctx, "inbox", "s", "one"); err != nil {
			t.Fatal(err)
		}
	}
	if got := lookers(t, b, "s/regions"); !slices.Equal(got, []ingest.Token{"two"}) {
		t.Errorf("once one looks there no more: %v", got)
	}
}

// meetInPassing lets a series look for regions at the moment they come: the
// series notes first and looks then, the regions are noted first and look for
// series then.
func meetInPassing(t *testing.T, b Book) {
	ctx := t.Context()
	for i := range 10 {
		folder := fmt.Sprintf("s%d", i)
		var sawRegions, sawSeries bool
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := b.Watch(ctx, "inbox", folder, "one"); err != nil {
				t.Error(err)
			}
			found, err := b.RegionsNear(ctx, "inbox", folder)
			if err != nil {
				t.Error(err)
			}
			sawRegions = len(found) > 0
		})
		wg.Go(func() {
			if err := b.Append(ctx, regions(folder+"/regions/x_dseg.nii"), 0); err != nil {
				t.Error(err)
			}
			found, err := b.SeriesNear(ctx, "inbox", folder+"/regions")
			if err != nil {
				t.Error(err)
			}
			sawSeries = len(found) > 0
		})
		wg.Wait()
		if !sawRegions && !sawSeries {
			t.Errorf("%s: neither saw the other", folder)
		}
	}
}
