package cli

import (
	"slices"
	"strings"

	"tacstream/ingest"
)

// A folderLister keeps the first objects of each cause in the folders whose
// tokens begin so.
type folderLister struct {
	sites ingest.Sites
	token string
	known map[folderOfSite]bool // whether the folder's token begins so
	found []*listedGroup
}

// A folderOfSite is what has a token.
type folderOfSite struct {
	site           ingest.Site
	bucket, folder string
}

// A listedGroup is the objects of a folder with one cause.
type listedGroup struct {
	at    folderOfSite
	code  ingest.Code
	count int
	first []ingest.Record // at most shownOthers, in order of their keys
}

// asked reports whether a record lies in a folder that is looked for.
func (l *folderLister) asked(r ingest.Record) bool {
	at := folderOfSite{r.Site, r.Bucket, r.Folder()}
	asked, known := l.known[at]
	if !known {
		token, _ := l.sites.FolderToken(at.site, at.bucket, at.folder)
		asked = strings.HasPrefix(string(token), l.token)
		l.known[at] = asked
	}
	return asked
}

// add counts a record, and keeps it if it is among the first.
func (l *folderLister) add(r ingest.Record) {
	at := folderOfSite{r.Site, r.Bucket, r.Folder()}
	i := slices.IndexFunc(l.found, func(g *listedGroup) bool { return g.at == at && g.code == r.Fault.Code })
	if i < 0 {
		i = len(l.found)
		l.found = append(l.found, &listedGroup{at: at, code: r.Fault.Code})
	}
	g := l.found[i]
	g.count++
	k, _ := slices.BinarySearchFunc(g.first, r.Key, func(r ingest.Record, key string) int { return strings.Compare(r.Key, key) })
	g.first = slices.Insert(g.first, k, r)
	g.first = g.first[:min(len(g.first), shownOthers)]
}

// shownOthers is how many objects of each cause in a folder are shown.
const shownOthers = 20
