package ingest_test

import (
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"tacstream/ingest"
)

// useless returns a record of an object that serves for nothing.
func useless(key string, site ingest.Site, code ingest.Code) ingest.Record {
	r := ingest.Record{Object: ingest.Object{Bucket: "inbox", Key: key}, Kind: ingest.KindOther, Site: site, Fault: ingest.Reason{Code: code, Detail: "about " + key}}
	if site != "" {
		r.Token = ingest.Key("a key").Token("object", key)
	}
	return r
}

func TestObjectsAreCountedByFolderSiteAndCause(t *testing.T) {
	gone := useless("a/gone.json", "s", ingest.CodeNotDICOM)
	gone.Gone = true
	told := useless("a/told.json", "s", ingest.CodeNotDICOM)
	told.Stated = true
	slice := aSeries(1, 1)[0]
	slice.Fault.Code = ingest.CodeTruncated
	records := []ingest.Record{
		useless("a/1.json", "s", ingest.CodeNotDICOM), useless("a/2.json", "s", ingest.CodeNotDICOM), told, gone, slice,
		useless("a/ct.dcm", "s", ingest.CodeNotPET), useless("a/b/3.json", "s", ingest.CodeNotDICOM), useless("4.json", "s", ingest.CodeNotDICOM),
		useless("a/5.json", "other", ingest.CodeNotDICOM), useless("a/6.json", "", ingest.CodeNoSite), useless("a/7.json", "", ingest.CodeNoSite),
	}
	var want []ingest.Group
	for range 20 {
		var g ingest.Gathering
		for _, r := range records {
			g.Add(r)
		}
		got := g.Groups()
		if want == nil {
			want = got
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("in another order %+v, want %+v", got, want)
		}
		rand.Shuffle(len(records), func(i, j int) { records[i], records[j] = records[j], records[i] })
	}
	var text []string
	for _, g := range want {
		text = append(text, strings.Join([]string{g.Folder, string(g.Site), string(g.Code), strings.Repeat("+", g.Count), strings.Repeat("!", g.Told)}, " "))
	}
	if got, want := strings.Join(text, "|"), " s NOT_DICOM + |a  NO_SITE ++ |a other NOT_DICOM + |a s NOT_DICOM +++ !|a s NOT_PET + |a/b s NOT_DICOM + "; got != want {
		t.Errorf("counted %q, want %q", got, want)
	}
}

func TestOnlyGrowthIsStated(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 678, time.FixedZone("", 3600))
	said := func(n int) ingest.Byproducts { return ingest.Byproducts{Count: n, Event: "before", Seq: 7} }
	tests := []struct {
		name       string
		last       ingest.Byproducts
		count      int
		told       int
		site       ingest.Site
		ok         bool
		supersedes string
	}{
		{"the first", ingest.Byproducts{}, 3, 0, "s", true, ""},
		{"the same", said(3), 3, 0, "s", false, ""},
		{"more", said(3), 4, 0, "s", true, "before"},
		{"fewer", said(3), 2, 0, "s", false, ""},
		{"all were stated singly", ingest.Byproducts{}, 3, 3, "s", false, ""},
		{"some were stated singly", ingest.Byproducts{}, 3, 2, "s", true, ""},
		{"singly, and then together", said(3), 3, 2, "s", false, ""},
		{"of no site", ingest.Byproducts{}, 3, 0, "", false, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			g := ingest.Group{Site: test.site, Code: ingest.CodeNotPET, Count: test.count, Told: test.told, First: "first", Detail: "why"}
			next, ok := test.last.Next(g, "folder", now)
			if ok != test.ok {
				t.Fatalf("stated: %v, want %v", ok, test.ok)
			}
			want := ingest.Byproducts{
				Site: test.site, Folder: "folder", Reason: ingest.Reason{Code: ingest.CodeNotPET, Detail: "why"}, Count: test.count,
				Supersedes: test.supersedes, Time: time.Date(2026, 1, 2, 2, 4, 5, 0, time.UTC), Seq: test.last.Seq,
			}
			if ok && next != want {
				t.Errorf("%+v, want %+v", next, want)
			}
		})
	}
	one, _ := ingest.Byproducts{}.Next(ingest.Group{Site: "s", Count: 1, First: "first"}, "folder", now)
	if one.Object != "first" {
		t.Errorf("a single object is not named: %+v", one)
	}
}

func TestAFolderHasATokenOfItsSite(t *testing.T) {
	sites := ingest.Sites{{Bucket: "b", Prefix: "x/", Site: "x", Key: ingest.Key("key of x")}, {Bucket: "b", Site: "y", Key: ingest.Key("key of y")}}
	seen := map[ingest.Token]string{}
	for _, c := range []struct {
		site           ingest.Site
		bucket, folder string
		ok             bool
	}{{"x", "b", "x/a", true}, {"y", "b", "x/a", true}, {"x", "b", "", true}, {"x", "b2", "x/a", true}, {"", "b", "x/a", false}, {"old", "b", "x/a", false}} {
		token, ok := sites.FolderToken(c.site, c.bucket, c.folder)
		if ok != c.ok || len(token) != ingest.TokenLen || seen[token] != "" {
			t.Errorf("%+v: %s (%v), as %s", c, token, ok, seen[token])
		}
		seen[token] = string(c.site) + c.bucket + c.folder
	}
	if _, ok := (ingest.Sites)(nil).FolderToken("", "b", ""); ok {
		t.Error("no site is one")
	}
}
