package ingest

import "strings"

// A Site is the label of a facility in subjects: lower-case letters, digits
// and hyphens.
type Site string

// A Mapping says which site the objects under a bucket and key prefix belong
// to, and with which key its tokens are made.
type Mapping struct {
	Bucket string
	Prefix string // "" maps the whole bucket
	Site   Site
	Key    Key
}

// Sites maps objects to sites. The longest prefix wins.
type Sites []Mapping

// Of returns the mapping of an object; ok is false where none is configured,
// which is never guessed.
func (s Sites) Of(bucket, key string) (m Mapping, ok bool) {
	for _, c := range s {
		if c.Bucket == bucket && strings.HasPrefix(key, c.Prefix) && (!ok || len(c.Prefix) > len(m.Prefix)) {
			m, ok = c, true
		}
	}
	return m, ok
}

// KeyOf returns the key with which a site's tokens are made, nil for a site
// that is not configured.
func (s Sites) KeyOf(site Site) Key {
	for _, c := range s {
		if c.Site == site {
			return c.Key
		}
	}
	return nil
}
