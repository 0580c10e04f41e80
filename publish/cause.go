package publish

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"

	"tacstream/ingest"
)

// A Cause is all that decided an event.
//
// Input, Regions and Settings are keyed digests, made with the site's key, so
// that nobody finds by a file whose it is; events of release 0.1.0 hold plain
// digests in hex. They and Version are "" in events that do not rest on them.
type Cause struct {
	Site   ingest.Site  `json:"site" doc:"Facility that dropped the series."`
	Series ingest.Token `json:"series,omitempty" doc:"Token of the series; left out where an object belongs to no series."`
	// Revision is a number that only grows within one subject.
	Revision int    `json:"revision" doc:"Grows with every event of the series that differs from the one before; of two results the one with the larger number is valid."`
	Input    string `json:"input,omitempty" doc:"Keyed digest of the instances and their content: equal for equal input within a site."`
	Regions  string `json:"regions,omitempty" doc:"Keyed digest of the region source."`
	Settings string `json:"settings,omitempty" doc:"Keyed digest of the protocol and of the decay correction."`
	Version  string `json:"version,omitempty" doc:"Version of the results: raised whenever any byte of a result changes."`
}

// ID returns the id of an event of a kind that has this cause: a digest of all
// of it, so that the same work has the same id however often it is done, and a
// new revision, setting or version makes a new one. More is what else tells
// events of that kind apart.
//
// Id and cause are chosen before the work, so that files can be named by it.
func (c Cause) ID(kind Type, more ...string) string {
	parts := append([]string{
		string(kind), string(c.Site), string(c.Series), strconv.Itoa(c.Revision), c.Input, c.Regions, c.Settings, c.Version,
	}, more...)
	h := sha256.New()
	for _, part := range parts {
		io.WriteString(h, strconv.Itoa(len(part)))
		h.Write([]byte{0}) // lengths, or "a"+"bc" and "ab"+"c" would be one
		io.WriteString(h, part)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// SameWork reports whether both causes ask for the same work on the same
// content. Their revisions may differ: an object that was dropped again
// unchanged makes a new revision, and nothing else.
func (c Cause) SameWork(d Cause) bool {
	d.Revision = c.Revision
	return c == d && c.Input != ""
}

// check returns an error unless the cause may leave. The error names the field
// and not what is in it.
func (c Cause) check() error {
	for _, f := range []struct {
		name string
		ok   bool
	}{
		{"site", isLabel(string(c.Site))},
		{"series", c.Series == "" || isToken(c.Series)},
		{"revision", c.Revision >= 0},
		{"input", isDigest(c.Input)},
		{"regions", isDigest(c.Regions)},
		{"settings", isDigest(c.Settings)},
		{"version", isVersion(c.Version)},
	} {
		if !f.ok {
			return fmt.Errorf("cause of an event: %s: %w", f.name, ErrLabel)
		}
	}
	return nil
}

// isVersion reports whether s may be a version of the code.
func isVersion(s string) bool {
	return len(s) <= 64 && only(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-+_()")
}

// Prefix returns the folder, in the results bucket, of the files that belong
// to an event with this cause: the series, then the id.
func (c Cause) Prefix(kind Type) string {
	return string(c.Series) + "/" + c.ID(kind) + "/"
}
