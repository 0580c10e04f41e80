package cli

import (
	"cmp"
	"fmt"
	"slices"

	"tacstream/ingest"
)

// An other is what serves for nothing: one object, or several of a folder for
// one cause.
type other struct {
	Object ingest.Token  `json:"object,omitempty"` // where it is one, and of a site
	Folder ingest.Token  `json:"folder,omitempty"` // else
	Site   ingest.Site   `json:"site,omitempty"`
	Count  int           `json:"count"`
	Reason ingest.Reason `json:"reason"`
}

// othersOf returns groups by their tokens, in order of these.
func othersOf(sites ingest.Sites, groups []ingest.Group) []other {
	list := make([]other, len(groups))
	for i, g := range groups {
		o := other{Site: g.Site, Count: g.Count, Reason: g.Reason()}
		if g.Count == 1 {
			o.Object = g.First
		}
		if o.Object == "" {
			o.Folder, _ = sites.FolderToken(g.Site, g.Bucket, g.Folder)
		}
		list[i] = o
	}
	slices.SortStableFunc(list, func(a, b other) int { return cmp.Compare(a.token(), b.token()) })
	return list
}

func (o other) token() ingest.Token { return cmp.Or(o.Object, o.Folder) }

func (o other) noun() string {
	if o.Count == 1 {
		return "object"
	}
	return "objects"
}

// why returns the reason and how many objects it is that of.
func (o other) why() string {
	if o.Count == 1 {
		return o.Reason.String()
	}
	return fmt.Sprintf("%s (%d objects)", o.Reason, o.Count)
}
