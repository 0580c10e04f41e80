package ingest

import (
	"cmp"
	"context"
	"path"
	"slices"
	"strconv"
	"strings"
)

func itoa(n int) string { return strconv.Itoa(n) }

// Regions is the region source that serves a series.
type Regions struct {
	Image Record
	LUT   Record
	// Others counts further sources that would have served as well; the one
	// with the smallest digest was taken.
	Others int
}

// Digest returns what identifies the content of the source.
func (r Regions) Digest() string { return r.Image.Digest + "+" + r.LUT.Digest }

// A RegionLister finds region sources.
type RegionLister interface {
	// RegionsNear returns the present region sources and look-up tables in a
	// folder and in the folders one level below it that hold no series of
	// their own: the regions of another scan must never serve this one.
	RegionsNear(ctx context.Context, bucket, folder string) ([]Record, error)
}

// FindRegions returns the region source for a series that lies in the given
// folders: the one in the nearest ancestor folder of the series, the folder
// itself being the nearest, or one folder below that ancestor. Ok is false
// where there is none; seen is the newest revision that was looked at.
func FindRegions(ctx context.Context, l RegionLister, bucket string, folders []string) (best Regions, ok bool, seen uint64, err error) {
	nearest := -1
	for _, folder := range folders {
		for up, dir := 0, folder; nearest < 0 || up <= nearest; up++ {
			records, err := l.RegionsNear(ctx, bucket, dir)
			if err != nil {
				return Regions{}, false, 0, err
			}
			for _, r := range records {
				seen = max(seen, r.Revision)
			}
			if found, here := chooseRegions(records); here {
				if up != nearest || compareRegions(found, best) < 0 {
					best, ok, nearest = found, true, up
				}
				break
			}
			if dir == "" {
				break
			}
			dir = folderOf(dir)
		}
	}
	return best, ok, seen, nil
}

func compareRegions(a, b Regions) int {
	return cmp.Or(cmp.Compare(a.Image.Digest, b.Image.Digest), cmp.Compare(a.LUT.Digest, b.LUT.Digest), cmp.Compare(a.Image.Key, b.Image.Key))
}

// chooseRegions pairs label images with their look-up tables and takes the
// pair with the smallest digest. An image without a table cannot serve:
// regions are known by name only.
func chooseRegions(records []Record) (Regions, bool) {
	tables := map[string]Record{}
	for _, r := range records {
		if r.Kind == KindLUT {
			tables[r.Key] = r
		}
	}
	var pairs []Regions
	for _, r := range records {
		if r.Kind != KindRegions {
			continue
		}
		for _, name := range []string{stem(r.Key) + ".tsv", path.Join(r.Folder(), "dseg.tsv")} {
			if lut, ok := tables[name]; ok {
				pairs = append(pairs, Regions{Image: r, LUT: lut})
				break
			}
		}
	}
	if len(pairs) == 0 {
		return Regions{}, false
	}
	slices.SortFunc(pairs, compareRegions)
	distinct := slices.CompactFunc(slices.Clone(pairs), func(a, b Regions) bool { return a.Digest() == b.Digest() })
	pairs[0].Others = len(distinct) - 1
	return pairs[0], true
}

func stem(key string) string {
	return strings.TrimSuffix(strings.TrimSuffix(key, ".gz"), ".nii")
}
