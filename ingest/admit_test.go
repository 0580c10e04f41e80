package ingest_test

import (
	"testing"

	"tacstream/ingest"
)

func TestAdmit(t *testing.T) {
	sites := ingest.Sites{
		{Bucket: "inbox", Prefix: "a/", Site: "a"}, {Bucket: "inbox", Prefix: "a/b/", Site: "b"}, {Bucket: "other", Site: "c"},
	}
	a, b, any, own := ingest.Sender{Site: "a"}, ingest.Sender{Site: "b"}, ingest.Sender{}, ingest.Sender{Own: true}
	tests := map[string]struct {
		from             ingest.Sender
		bucket, key, alt string
		wantKey, wantAlt string
		why              ingest.Refusal
	}{
		"its own":                      {a, "inbox", "a/1", "", "a/1", "", ""},
		"the longest prefix's":         {a, "inbox", "a/b/1", "", "a/b/1", "", ingest.RefusedForeign},
		"a prefix in another's":        {b, "inbox", "a/b/1", "", "a/b/1", "", ""},
		"another's":                    {b, "other", "1", "", "1", "", ingest.RefusedForeign},
		"nobody's":                     {a, "inbox", "1", "", "1", "", ingest.RefusedUnmapped},
		"nobody's, of any":             {any, "inbox", "1", "", "1", "", ingest.RefusedUnmapped},
		"nobody's, of our own":         {own, "inbox", "1", "", "1", "", ""},
		"any site's, of any":           {any, "other", "1", "", "1", "", ""},
		"no inbox":                     {own, "results", "1", "", "1", "", ingest.RefusedBucket},
		"no bucket of anybody's":       {a, "x", "a/1", "", "a/1", "", ingest.RefusedBucket},
		"both readings":                {a, "inbox", "a/1 2", "a/1+2", "a/1 2", "a/1+2", ""},
		"the other reading alone":      {a, "inbox", "a+/1", "a/1", "a/1", "", ""},
		"the first reading alone":      {a, "inbox", "a/1", "a%2F1", "a/1", "", ""},
		"neither reading":              {a, "inbox", "x", "y", "x", "", ingest.RefusedUnmapped},
		"the other reading, foreign's": {a, "inbox", "a/x", "a/b/x", "a/x", "", ""},
	}
	for name, tt := range tests {
		n, why := sites.Admit(tt.from, ingest.Notice{Bucket: tt.bucket, Key: tt.key, AltKey: tt.alt})
		if why != tt.why || n.Key != tt.wantKey || n.AltKey != tt.wantAlt {
			t.Errorf("%s: %+v, %q", name, n, why)
		}
	}
	for key, want := range map[string]string{"a/x/1": "a/x/", "a/1": "a/", "a/b/c/d/1": "a/b/c/d/"} {
		if p := sites.PlaceOf(ingest.Object{Bucket: "inbox", Key: key}); p != (ingest.Place{Bucket: "inbox", Prefix: want}) {
			t.Errorf("%s lies at %+v", key, p)
		}
	}
	// A mapping may end within a name: no more than the mapping is listed.
	loose := ingest.Sites{{Bucket: "inbox", Prefix: "sub-", Site: "a"}}
	if p := loose.PlaceOf(ingest.Object{Bucket: "inbox", Key: "sub-1.dcm"}); p.Prefix != "sub-" {
		t.Errorf("%+v", p)
	}
}
