package ingest

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// A Group is the objects of one folder and site that serve for nothing, for one
// cause.
type Group struct {
	Bucket, Folder string
	Site           Site // "" for objects of no site
	Code           Code
	Count          int
	// Told is how many of them were each stated by an event of their own, as
	// every unusable object once was.
	Told int
	// First is the smallest token among them and Detail what is said of that
	// object: neither depends on the order in which the objects came.
	First  Token
	Detail string
}

// groupKey is what the objects of a Group share.
type groupKey struct {
	bucket, folder string
	site           Site
	code           Code
}

// A Gathering counts objects that serve for nothing by folder, site and cause.
// It takes memory in proportion to these and not to the objects. The zero value
// works.
type Gathering struct {
	groups map[groupKey]*Group
}

// Add counts an object. What is gone or serves for something does not count.
func (g *Gathering) Add(r Record) {
	if r.Gone || r.Kind != KindOther {
		return
	}
	if g.groups == nil {
		g.groups = map[groupKey]*Group{}
	}
	key := groupKey{r.Bucket, r.Folder(), r.Site, r.Fault.Code}
	group := g.groups[key]
	if group == nil {
		group = &Group{Bucket: key.bucket, Folder: key.folder, Site: key.site, Code: key.code}
		g.groups[key] = group
	}
	group.Count++
	if r.Stated {
		group.Told++
	}
	first := cmp.Or(cmp.Compare(r.Token, group.First), cmp.Compare(r.Fault.Detail, group.Detail)) < 0
	if group.Count == 1 || first {
		group.First, group.Detail = r.Token, r.Fault.Detail
	}
}

// Groups returns what was counted, in order of bucket, folder, site and cause.
func (g *Gathering) Groups() []Group {
	list := make([]Group, 0, len(g.groups))
	for group := range maps.Values(g.groups) {
		list = append(list, *group)
	}
	slices.SortFunc(list, func(a, b Group) int {
		return cmp.Or(cmp.Compare(a.Bucket, b.Bucket), cmp.Compare(a.Folder, b.Folder), cmp.Compare(a.Site, b.Site), cmp.Compare(a.Code, b.Code))
	})
	return list
}

// Reason returns the cause in words.
func (g Group) Reason() Reason { return Reason{Code: g.Code, Detail: g.Detail} }

// Byproducts is a statement that objects of a folder serve for nothing, for one
// cause, as the ledger keeps it. A later one of the same folder and cause takes
// its place and names it.
type Byproducts struct {
	Site   Site   `json:"site"`
	Folder Token  `json:"folder"`
	Object Token  `json:"object,omitempty"` // the object, where Count is 1
	Reason Reason `json:"reason"`
	Count  int    `json:"count"`
	// Supersedes is the id of the event that said so before of fewer objects.
	Supersedes string `json:"supersedes,omitempty"`
	// Time is when the ledger was told of this count, in whole seconds, UTC.
	Time time.Time `json:"time"`
	// Event is the id of the event that states this; "" until the event is out.
	Event string `json:"event,omitempty"`

	Seq uint64 `json:"-"`
}

// Next returns what is to be stated of a group after the last statement about
// its folder and cause, of which the Seq is 0 where there is none. Only
// growth is news; objects that were each stated singly count as stated. Ok is
// false where there is nothing to say.
func (b Byproducts) Next(g Group, folder Token, now time.Time) (next Byproducts, ok bool) {
	known := b.Count
	if b.Seq == 0 {
		known = g.Told
	}
	if g.Count <= known || g.Site == "" {
		return b, false
	}
	next = Byproducts{
		Site: g.Site, Folder: folder, Reason: g.Reason(), Count: g.Count,
		Supersedes: b.Event, Time: now.UTC().Truncate(time.Second), Seq: b.Seq,
	}
	if g.Count == 1 {
		next.Object = g.First
	}
	return next, true
}

// FolderToken returns the token of a folder of a site. Ok is false where no
// such site is configured: the token is then none that may leave, and serves to
// find the folder again by.
func (s Sites) FolderToken(site Site, bucket, folder string) (t Token, ok bool) {
	name := bucket + "\x00" + folder
	for _, m := range s {
		if m.Site == site {
			return m.Key.Token("folder", name), true
		}
	}
	var key Key
	if len(s) > 0 {
		key = s[0].Key
	}
	return key.Token("folder of no site", string(site)+"\x00"+name), false
}
