package line

import (
	"strings"
	"testing"

	"tacstream/ingest"
)

func TestWhatIsOddAboutAPlaceIsSaid(t *testing.T) {
	tests := []struct {
		what string
		r    ingest.Regions
		want string // part of the only warning, "" for none
	}{
		{"beside the series", ingest.Regions{Above: 1}, ""},
		{"two folders above", ingest.Regions{Above: 2}, "so many folders above"},
		{"far above, of the same frame of reference", ingest.Regions{Above: 5, Image: ingest.Record{Space: "1.2"}}, ""},
		{"others elsewhere", ingest.Regions{Elsewhere: 3}, "another frame of reference"},
		{"an atlas", ingest.Regions{Transform: ingest.Record{Object: ingest.Object{Key: "x"}}}, "the protocol's atlas"},
	}
	for _, test := range tests {
		var said []string
		for _, w := range doubtful(test.r) {
			said = append(said, w.Detail)
		}
		got := strings.Join(said, "; ")
		if (got == "") != (test.want == "") || !strings.Contains(got, test.want) {
			t.Errorf("%s: %q", test.what, got)
		}
	}
}
