package watch_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"testing"

	"tacstream/ingest"
	"tacstream/ingest/watch"
	"tacstream/ingest/watch/watchtest"
)

// A shelf is a ledger, a Store and a Classifier in memory. An object that
// begins with "SEG" holds regions, in the space that the rest names.
type shelf struct {
	watchtest.Ledger
	objects map[string][]byte
}

// record returns the last record of an object.
func (s *shelf) record(t *testing.T, key string) ingest.Record {
	t.Helper()
	r, err := s.Find(t.Context(), ingest.Object{Bucket: "inbox", Key: key})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (s *shelf) ReadPrefix(_ context.Context, bucket, key string, n int64) ([]byte, ingest.Object, error) {
	data, ok := s.objects[key]
	if !ok {
		return nil, ingest.Object{}, ingest.ErrGone
	}
	o := ingest.Object{Bucket: bucket, Key: key, ETag: string(data[:min(len(data), 30)]), Size: int64(len(data))}
	return data[:min(n, o.Size)], o, nil
}

func (s *shelf) Classify(prefix []byte, size int64) (found ingest.Found, need int64) {
	found.Fault = ingest.Reason{Code: ingest.CodeNotPET}
	if bytes.HasPrefix(prefix, []byte("SEG")) {
		found.Header.Strict.SOPClassUID = "a segmentation"
	}
	return found, 0
}

func (s *shelf) HoldsRegions(class string) bool { return class == "a segmentation" }

func (s *shelf) SpaceOf(data []byte) (string, error) {
	if len(data) == 3 {
		return "", ingest.Reject(ingest.CodeRegionsUnreadable, "no space")
	}
	return string(bytes.TrimRight(data[3:], " ")), nil
}

func TestTheDoorKnowsRegions(t *testing.T) {
	big := append([]byte("SEGspace"), bytes.Repeat([]byte(" "), 100<<10)...)
	s := &shelf{objects: map[string][]byte{
		"a/seg.dcm": big, "a/broken.dcm": []byte("SEG"), "a/huge.dcm": append(big, big...), "a/ct.dcm": []byte("CT"),
		"a/x_probseg.nii.gz": []byte("p"), "a/x_probseg.tsv": []byte("t"),
		"a/s_from-T1w_to-pet_mode-image_xfm.txt": []byte("x"), "a/s_from-pet_to-T1w_xfm.txt": []byte("x"),
	}}
	d := watch.Door{Store: s, Ledger: s, Classify: s, Sites: ingest.Sites{{Site: "site", Bucket: "inbox"}}, Limits: watch.Limits{RegionsBytes: 150 << 10}}
	tests := []struct {
		key      string
		kind     ingest.Kind
		space    string
		fault    ingest.Code
		regions  bool
		unusable bool
	}{
		{"a/seg.dcm", ingest.KindRegions, "space", "", true, false},
		{"a/broken.dcm", ingest.KindOther, "", ingest.CodeRegionsUnreadable, false, true},
		{"a/huge.dcm", ingest.KindOther, "", ingest.CodeTooLarge, false, true},
		{"a/ct.dcm", ingest.KindOther, "", ingest.CodeNotPET, false, true},
		{"a/x_probseg.nii.gz", ingest.KindRegions, "", "", true, false},
		{"a/x_probseg.tsv", ingest.KindLUT, "", "", true, false},
		{"a/s_from-T1w_to-pet_mode-image_xfm.txt", ingest.KindTransform, "", "", true, false},
		{"a/s_from-pet_to-T1w_xfm.txt", ingest.KindOther, "", ingest.CodeNotPET, false, true},
	}
	for _, test := range tests {
		var first uint64
		for range 2 { // the second look finds nothing new
			change, err := d.Observe(t.Context(), ingest.Notice{Bucket: "inbox", Key: test.key})
			if err != nil {
				t.Fatal(err)
			}
			r := s.record(t, test.key)
			first = cmp.Or(first, r.Seq)
			if r.Kind != test.kind || r.Space != test.space || r.Fault.Code != test.fault || r.Seq != first {
				t.Errorf("%s: recorded %+v", test.key, r)
			}
			if change.RegionsIn != test.regions || change.Unusable != test.unusable || (r.Digest != "") != test.regions {
				t.Errorf("%s: touched %+v", test.key, change)
			}
		}
	}
}

func TestWhatDesktopsLeaveIsNoInput(t *testing.T) {
	for key, ours := range map[string]bool{
		"a/status.json": true, "a/.DS_Store": true, "a/._IM0001.dcm": true, "Thumbs.db": true, "a/desktop.ini": true,
		"a/IM0001.dcm": false, "status.json/IM0001": false, "a/.dcm": false,
	} {
		if ingest.Ours(key) != ours {
			t.Errorf("%s: %v", key, !ours)
		}
	}
}

// What the store does not hand out becomes visible, and takes nothing away.
func TestUnreadableObjects(t *testing.T) {
	why := ingest.Reason{Code: ingest.CodeUnreadable, Detail: "the store answers HTTP 403 to a read"}
	s := &shelf{objects: map[string][]byte{"a/1": []byte("CT")}}
	d := watch.Door{Store: s, Ledger: s, Classify: s, Sites: ingest.Sites{{Site: "site", Bucket: "inbox"}}}
	tests := []struct {
		what   string
		notice ingest.Notice
		code   ingest.Code
		etag   string
		stated bool // whether the record is a new one
	}{
		{"unknown and deleted", ingest.Notice{Gone: true}, "", "", false},
		{"unknown", ingest.Notice{ETag: "x"}, ingest.CodeUnreadable, "x", true},
		{"again", ingest.Notice{}, ingest.CodeUnreadable, "x", false},
		{"listed", ingest.Notice{ETag: "CT", Size: 2}, ingest.CodeUnreadable, "CT", true},
		{"listed again", ingest.Notice{ETag: "CT", Size: 2}, ingest.CodeUnreadable, "CT", false},
	}
	for _, tt := range tests {
		tt.notice.Bucket, tt.notice.Key = "inbox", "a/1"
		before := s.record(t, "a/1").Seq
		if _, err := d.Unreadable(t.Context(), tt.notice, why); err != nil {
			t.Fatal(err)
		}
		r := s.record(t, "a/1")
		if r.Fault.Code != tt.code || r.ETag != tt.etag || (r.Seq != before) != tt.stated || tt.code != "" && r.Token == "" {
			t.Errorf("%s: %+v", tt.what, r)
		}
	}
	// It can be read: the same ETag and size are no reason not to look.
	if _, err := d.Observe(t.Context(), ingest.Notice{Bucket: "inbox", Key: "a/1"}); err != nil || s.record(t, "a/1").Fault.Code != ingest.CodeNotPET {
		t.Fatalf("%+v, %v", s.record(t, "a/1"), err)
	}
	known := s.record(t, "a/1").Seq
	for what, n := range map[string]ingest.Notice{
		"no word of a change": {}, "the same": {ETag: "CT", Size: 2}, "a foreign ETag": {ETag: "zz"}, "a deletion": {Gone: true},
	} {
		n.Bucket, n.Key = "inbox", "a/1"
		if _, err := d.Unreadable(t.Context(), n, why); err != nil || s.record(t, "a/1").Seq != known {
			t.Errorf("%s: %+v, %v", what, s.record(t, "a/1"), err)
		}
	}
	if _, err := d.Unreadable(t.Context(), ingest.Notice{Bucket: "inbox", Key: "a/1", ETag: "new", Size: 9}, why); err != nil || s.record(t, "a/1").Fault.Code != ingest.CodeUnreadable {
		t.Errorf("overwritten: %+v, %v", s.record(t, "a/1"), err)
	}
}

// An absence is believed where a deletion was told, or after enough looks; of two
// readings of a key one may name nothing.
func TestAbsenceIsNotBelievedAtOnce(t *testing.T) {
	fresh := func() (*shelf, watch.Door) {
		s := &shelf{objects: map[string][]byte{"a/b c": []byte("CT")}}
		known := ingest.Record{Object: ingest.Object{Bucket: "inbox", Key: "a/known"}, Kind: ingest.KindOther}
		if err := s.Append(t.Context(), known, 0); err != nil {
			t.Fatal(err)
		}
		return s, watch.Door{Store: s, Ledger: s, Classify: s, Sites: ingest.Sites{{Site: "site", Bucket: "inbox"}}}
	}
	tests := map[string]struct {
		n      ingest.Notice
		unsure bool
		gone   bool // the known object is gone afterwards
	}{
		"unknown":                        {ingest.Notice{Key: "a/x"}, true, false},
		"unknown, looked for":            {ingest.Notice{Key: "a/x", Sure: true}, false, false},
		"unknown, deleted":               {ingest.Notice{Key: "a/x", Gone: true}, false, false},
		"known":                          {ingest.Notice{Key: "a/known"}, true, false},
		"known, looked for":              {ingest.Notice{Key: "a/known", Sure: true}, false, true},
		"known, deleted":                 {ingest.Notice{Key: "a/known", Gone: true}, false, true},
		"the first reading is there":     {ingest.Notice{Key: "a/b c", AltKey: "a/b+c"}, false, false},
		"the other reading is there":     {ingest.Notice{Key: "a/b+c", AltKey: "a/b c"}, false, false},
		"neither reading is there":       {ingest.Notice{Key: "a/x+y", AltKey: "a/x y"}, true, false},
		"the other reading was known":    {ingest.Notice{Key: "a/b c", AltKey: "a/known"}, true, false},
		"the first reading was known":    {ingest.Notice{Key: "a/known", AltKey: "a/b c"}, true, false},
		"a known reading, looked for":    {ingest.Notice{Key: "a/b c", AltKey: "a/known", Sure: true}, false, true},
		"neither reading, looked for":    {ingest.Notice{Key: "a/x+y", AltKey: "a/x y", Sure: true}, false, false},
		"both of one form, as it should": {ingest.Notice{Key: "a/b c", AltKey: "a/b c"}, false, false},
	}
	for name, tt := range tests {
		s, d := fresh()
		tt.n.Bucket = "inbox"
		_, err := d.Observe(t.Context(), tt.n)
		if errors.Is(err, ingest.ErrUnsure) != tt.unsure || err != nil && !tt.unsure || s.record(t, "a/known").Gone != tt.gone {
			t.Errorf("%s: %v, gone %v", name, err, s.record(t, "a/known").Gone)
		}
	}
}
