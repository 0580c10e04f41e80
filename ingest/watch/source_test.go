package watch

import (
	"strings"
	"testing"

	"tacstream/ingest"
)

func TestWhatIsOddAboutAPlaceIsSaid(t *testing.T) {
	tests := []struct {
		what string
		r    RegionSource
		want string // part of the only warning, "" for none
	}{
		{"beside the series", RegionSource{Above: 1}, ""},
		{"two folders above", RegionSource{Above: 2}, "2 folders above"},
		{"far above, of the same frame of reference", RegionSource{Above: 5, Image: ingest.Record{Space: "1.2"}}, ""},
		{"others elsewhere", RegionSource{Elsewhere: 3}, "another frame of reference"},
		{"an atlas", RegionSource{Transform: ingest.Record{Object: ingest.Object{Key: "x"}}}, "the protocol's atlas"},
	}
	for _, test := range tests {
		var said []string
		for _, w := range test.r.Doubts() {
			said = append(said, w.Detail)
		}
		got := strings.Join(said, "; ")
		if (got == "") != (test.want == "") || !strings.Contains(got, test.want) {
			t.Errorf("%s: %q", test.what, got)
		}
	}
}
