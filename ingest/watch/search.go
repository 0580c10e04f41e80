package watch

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"

	"tacstream/ingest"
	"tacstream/ingest/regions"
)

// RegionSource is the region source that serves a series.
type RegionSource struct {
	Image ingest.Record // or an object with regions in DICOM
	LUT   ingest.Record // empty where the source itself says what its regions are called
	// More holds the further images of a set of probabilities, of which each is
	// one region by its name.
	More []ingest.Record
	// Transform brings the regions of an atlas into the series' space; empty
	// for regions that are there already.
	Transform ingest.Record
	// Pending means that only an atlas can serve, and not before nothing has
	// come for the quiet time.
	Pending bool
	// Others counts further sources that lie as near. The one that was taken is
	// on the series' own grid or, where several or none are, comes first by its
	// name, as FreeSurfer's do, or has the smallest
	// digest.
	Others int
	// Above is how many folders above the series the source was found: 0 in
	// the series' folder or one below it, 1 in the folder that holds that one
	// or beside it, and so on.
	Above int
	// Elsewhere counts regions in DICOM that lie as near or nearer, but in
	// another frame of reference than the series. They never serve.
	Elsewhere int
}

// Digest returns what identifies the content of the source.
func (r RegionSource) Digest() string {
	digest := r.Image.Digest + "+" + r.LUT.Digest
	if r.LUT.Key == "" && regions.LabelOf(r.Image.Key) != "" { // what regions are called is in the images' own names
		h := sha256.New()
		for _, image := range append([]ingest.Record{r.Image}, r.More...) {
			fmt.Fprintf(h, "%s=%s\n", regions.LabelOf(image.Key), image.Digest)
		}
		digest = hex.EncodeToString(h.Sum(nil))
	}
	if r.Transform.Digest != "" {
		digest += "+" + r.Transform.Digest
	}
	return digest
}

// absent says why there are no regions.
func (r RegionSource) absent() ingest.Reason {
	why := ingest.Reason{Code: ingest.CodeNoRegions, Detail: "there are no regions; these serve: " + regions.Wanted()}
	if r.Pending {
		why.Detail += "; the protocol's atlas and a transform to PET are used if nothing nearer comes within the quiet time"
	}
	if r.Elsewhere > 0 {
		why.Detail += fmt.Sprintf("; %d DICOM objects with regions lie there in another frame of reference", r.Elsewhere)
	}
	return why
}

// A RegionLister finds region sources.
type RegionLister interface {
	// RegionsNear returns the present region sources and look-up tables in a
	// folder and in the folders one level below it that hold no series of
	// their own: the regions of another scan must never serve this one.
	RegionsNear(ctx context.Context, bucket, folder string) ([]ingest.Record, error)
}

// A Need is what decides which regions can serve a series.
type Need struct {
	Space string // FrameOfReferenceUID of the series
	Grid  [3]int // columns, rows and slices of the series
	Atlas string // key of a label image with its table; empty for none
	Quiet bool   // nothing came for the quiet time
}

// FindRegions returns the region source for a series that lies in the given
// folders: the one in the nearest ancestor folder of the series, the folder
// itself being the nearest, or one folder below that ancestor. In one place
// the first of these serves:
//
//  1. a DICOM SEG or RTSTRUCT of the same frame of reference,
//  2. a label image with its look-up table,
//  3. probabilities of regions whose names are known, which serve only where
//     there is nothing of the first two anywhere above,
//  4. a label image of FreeSurfer, by the same rule,
//  5. the atlas that is needed, once it is quiet, if there is a transform; it
//     too only where there is nothing else.
//
// Of several of one kind in one place, one on the series' own grid serves.
//
// Ok is false where there is none; seen is the newest Seq that was looked
// at.
func FindRegions(ctx context.Context, l RegionLister, bucket string, folders []string, need Need) (best RegionSource, ok bool, seen uint64, err error) {
	s := search{lister: l, bucket: bucket, need: need}
	for _, folder := range folders {
		if err := s.climb(ctx, folder); err != nil {
			return RegionSource{}, false, 0, err
		}
	}
	for _, found := range s.nearestFirst() {
		if found != nil {
			found.Elsewhere = s.elsewhereUpTo(found.Above)
			return *found, true, s.seen, nil
		}
	}
	best, ok, err = s.atlas(ctx)
	best.Elsewhere = s.elsewhereUpTo(len(s.elsewhere))
	return best, ok, s.seen, err
}

// A search for regions climbs from the folders of a series to the top.
type search struct {
	lister    RegionLister
	bucket    string
	need      Need
	transform *RegionSource // that holds the nearest transform and how far above it is
	best      [regions.Ranks]*RegionSource
	elsewhere []map[string]bool // objects of another space, by how far above
	seen      uint64
}

// nearestFirst returns the best sources, the one that serves first.
func (s *search) nearestFirst() [regions.Ranks]*RegionSource {
	best := s.best
	if d, l := best[regions.RankDICOM], best[regions.RankLabels]; d != nil && l != nil && l.Above < d.Above {
		best[regions.RankDICOM], best[regions.RankLabels] = l, d
	}
	return best
}

// climb looks into a folder and those above it, up to where it finds what
// serves: the top of a bucket may have thousands of folders.
func (s *search) climb(ctx context.Context, dir string) error {
	for above := 0; ; above++ {
		records, err := s.lister.RegionsNear(ctx, s.bucket, dir)
		if err != nil {
			return err
		}
		s.take(records, above)
		if dir == "" || s.servedBy(above) {
			return nil
		}
		dir = ingest.FolderOf(dir)
	}
}

// servedBy reports whether something that is not a last resort lies so many
// folders above or nearer.
func (s *search) servedBy(above int) bool {
	return slices.ContainsFunc(s.best[:regions.RankProbabilities], func(r *RegionSource) bool { return r != nil && r.Above <= above })
}

// take keeps the best source of each rank.
func (s *search) take(records []ingest.Record, above int) {
	for len(s.elsewhere) <= above {
		s.elsewhere = append(s.elsewhere, map[string]bool{})
	}
	var found [regions.Ranks][]RegionSource
	tables := tablesOf(records)
	for _, r := range records {
		s.seen = max(s.seen, r.Seq)
		switch {
		case r.Kind == ingest.KindTransform:
			s.takeTransform(r, above)
		case r.Kind != ingest.KindRegions || r.Key == s.need.Atlas:
		case r.Space != "" && r.Space != s.need.Space:
			s.elsewhere[above][r.Key] = true
		case r.Space != "":
			found[regions.RankDICOM] = append(found[regions.RankDICOM], RegionSource{Image: r})
		default:
			if rank, pair, ok := named(r, tables); ok {
				found[rank] = append(found[rank], pair)
			}
		}
	}
	found[regions.RankProbabilities] = setsOf(found[regions.RankProbabilities])
	for rank, sources := range found {
		best := s.best[rank]
		if len(sources) == 0 || best != nil && best.Above < above {
			continue
		}
		here := s.choose(sources)
		here.Above = above
		if best == nil || above < best.Above || s.compare(here, *best) < 0 {
			s.best[rank] = &here
		}
	}
}

// takeTransform keeps the nearest transform, of several in one place the one
// with the smallest digest.
func (s *search) takeTransform(r ingest.Record, above int) {
	best := s.transform
	if best == nil || above < best.Above || above == best.Above && r.Digest < best.Transform.Digest {
		s.transform = &RegionSource{Transform: r, Above: above}
	}
}

// atlas returns the atlas that is wanted, if there is a transform for it.
func (s *search) atlas(ctx context.Context) (RegionSource, bool, error) {
	if s.need.Atlas == "" || s.transform == nil {
		return RegionSource{}, false, nil
	}
	records, err := s.lister.RegionsNear(ctx, s.bucket, ingest.FolderOf(s.need.Atlas))
	if err != nil {
		return RegionSource{}, false, err
	}
	tables := tablesOf(records)
	for _, r := range records {
		if r.Key != s.need.Atlas || r.Kind != ingest.KindRegions {
			continue
		}
		_, found, ok := named(r, tables)
		s.seen = max(s.seen, r.Seq, found.LUT.Seq)
		if !ok || !s.need.Quiet {
			return RegionSource{Pending: ok}, false, nil
		}
		found.Transform, found.Above = s.transform.Transform, s.transform.Above
		return found, true, nil
	}
	return RegionSource{}, false, nil
}

// elsewhereUpTo counts the objects of another space up to so many folders
// above.
func (s *search) elsewhereUpTo(above int) int {
	keys := map[string]bool{}
	for _, here := range s.elsewhere[:min(above+1, len(s.elsewhere))] {
		maps.Copy(keys, here)
	}
	return len(keys)
}

// compare orders sources that lie equally near, the one that serves first.
func (s *search) compare(a, b RegionSource) int {
	off := func(r RegionSource) int {
		if onGrid(r.Image, s.need.Grid) {
			return 0
		}
		return 1
	}
	return cmp.Or(cmp.Compare(off(a), off(b)), cmp.Compare(regions.OrderOf(a.Image.Key), regions.OrderOf(b.Image.Key)), cmp.Compare(a.Image.Digest, b.Image.Digest), cmp.Compare(a.LUT.Digest, b.LUT.Digest), cmp.Compare(a.Image.Key, b.Image.Key))
}

// onGrid reports whether regions have as many columns, rows and slices as a
// series. In DICOM empty slices may be left out, and their number says nothing.
func onGrid(r ingest.Record, g [3]int) bool {
	return r.Grid[0] > 0 && r.Grid[0] == g[0] && r.Grid[1] == g[1] && (r.Grid[2] == 0 || r.Grid[2] == g[2])
}

func tablesOf(records []ingest.Record) map[string]ingest.Record {
	tables := map[string]ingest.Record{}
	for _, r := range records {
		if r.Kind == ingest.KindLUT {
			tables[r.Key] = r
		}
	}
	return tables
}

// named pairs an image with its look-up table. An image without one cannot
// serve, since regions are known by name only, unless its own name says which
// region it holds.
func named(r ingest.Record, tables map[string]ingest.Record) (rank regions.Rank, pair RegionSource, ok bool) {
	f, ok := regions.Named(r.Key)
	if !ok {
		return 0, RegionSource{}, false
	}
	if f.Tables == nil {
		return f.Rank, RegionSource{Image: r}, true
	}
	for _, name := range f.Tables(r.Key) {
		if lut, ok := tables[name]; ok {
			return f.Rank, RegionSource{Image: r, LUT: lut}, true
		}
	}
	return f.Rank, RegionSource{Image: r}, f.OwnNames(r.Key) != nil
}

// setsOf puts the images together that hold one region each and differ in
// nothing but its name, the images in order of these. Of two with one name and
// different contents neither is left out: regions.Set refuses them.
func setsOf(sources []RegionSource) []RegionSource {
	var list []RegionSource
	sets := map[string][]ingest.Record{}
	for _, s := range sources {
		if s.LUT.Key != "" {
			list = append(list, s)
			continue
		}
		set := regions.SetName(s.Image.Key)
		sets[set] = append(sets[set], s.Image)
	}
	for _, set := range slices.Sorted(maps.Keys(sets)) {
		images := sets[set]
		slices.SortFunc(images, func(a, b ingest.Record) int {
			return cmp.Or(cmp.Compare(regions.LabelOf(a.Key), regions.LabelOf(b.Key)), cmp.Compare(a.Digest, b.Digest), cmp.Compare(a.Key, b.Key))
		})
		images = slices.CompactFunc(images, func(a, b ingest.Record) bool {
			return regions.LabelOf(a.Key) == regions.LabelOf(b.Key) && a.Digest == b.Digest
		})
		list = append(list, RegionSource{Image: images[0], More: images[1:]})
	}
	return list
}

// choose takes the source that serves first and counts the others.
func (s *search) choose(sources []RegionSource) RegionSource {
	slices.SortFunc(sources, s.compare)
	distinct := slices.CompactFunc(slices.Clone(sources), func(a, b RegionSource) bool { return a.Digest() == b.Digest() })
	sources[0].Others = len(distinct) - 1
	return sources[0]
}
