package ingest

// A Sender is who sent a notice. The zero value may name the objects of every
// site.
type Sender struct {
	Site Site // the only site whose objects it may name; "" names no single one
	// Own means tacstream's own store or lister. It may name as well what an
	// inbox holds for no site: that becomes visible.
	Own bool
}

// A Refusal says why a notice is not followed; "" is none.
type Refusal string

// The refusals. They are words for counters and logs.
const (
	RefusedBucket   Refusal = "no-inbox"   // the bucket belongs to no site
	RefusedUnmapped Refusal = "no-site"    // the key belongs to no site
	RefusedForeign  Refusal = "other-site" // the key belongs to another site than the sender
)

// Admit decides by its names alone whether a notice may be followed, before
// anything is read. Of a key that can be read in two ways the readings that may
// be followed are left.
func (s Sites) Admit(from Sender, n Notice) (Notice, Refusal) {
	why := s.refuses(from, n.Bucket, n.Key)
	if n.AltKey == "" {
		return n, why
	}
	other := s.refuses(from, n.Bucket, n.AltKey)
	switch {
	case why != "" && other == "":
		n.Key, n.AltKey, why = n.AltKey, "", ""
	case other != "":
		n.AltKey = ""
	}
	return n, why
}

func (s Sites) refuses(from Sender, bucket, key string) Refusal {
	m, mapped := s.Of(bucket, key)
	switch {
	case !s.inbox(bucket):
		return RefusedBucket
	case !mapped && !from.Own:
		return RefusedUnmapped
	case from.Site != "" && m.Site != from.Site:
		return RefusedForeign
	}
	return ""
}

// inbox reports whether a bucket belongs to any site.
func (s Sites) inbox(bucket string) bool {
	for _, m := range s {
		if m.Bucket == bucket {
			return true
		}
	}
	return false
}

// A Place is a part of a bucket: every object whose key begins with Prefix.
type Place struct{ Bucket, Prefix string }

// PlaceOf returns the place around an object that belongs to a site: its folder,
// or all of the mapping where the folder reaches beyond it.
func (s Sites) PlaceOf(o Object) Place {
	m, _ := s.Of(o.Bucket, o.Key)
	p := Place{Bucket: o.Bucket, Prefix: m.Prefix}
	if folder := o.Folder() + "/"; len(folder) > len(m.Prefix) && folder != "/" {
		p.Prefix = folder
	}
	return p
}

// PlacesOf returns where the objects are that a sender may name.
func (s Sites) PlacesOf(from Sender) []Place {
	var list []Place
	for _, m := range s {
		if from.Site == "" || m.Site == from.Site {
			list = append(list, Place{Bucket: m.Bucket, Prefix: m.Prefix})
		}
	}
	return list
}
