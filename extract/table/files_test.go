package table_test

import (
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"tacstream/extract"
	"tacstream/ingest"
)

// shared is the data that lies beside the project.
const shared = "../../../shared/data"

// rounding is what products of a few doubles may be off.
const rounding = 1e-12

// c11 is the half-life of carbon-11.
const c11 = 1221660 * time.Millisecond

// folders returns the files that match, or skips the test.
func folders(t *testing.T, pattern string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(shared, pattern))
	if err != nil || len(found) == 0 {
		t.Skip("the shared test data is not here")
	}
	return found
}

func read(t testing.TB, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func fromSeconds(s float64) time.Duration { return time.Duration(math.Round(s * 1e9)) }

// codes returns value by code.
func codes(warnings []ingest.Warning) map[ingest.Code]float64 {
	got := map[ingest.Code]float64{}
	for _, w := range warnings {
		got[w.Code] = w.Value
	}
	return got
}

// minutes returns frames of a minute each.
func minutes(n int) []ingest.Frame {
	var frames []ingest.Frame
	for f := range n {
		frames = append(frames, ingest.Frame{Start: time.Duration(f) * time.Minute, Duration: time.Minute})
	}
	return frames
}

// named returns curves of one frame: region number n, from 1, has the value n.
func named(regions ...extract.Region) extract.Curves {
	c := extract.Curves{Frames: minutes(1)}
	for at, r := range regions {
		c.TACs = append(c.TACs, extract.TAC{Region: r, BqPerML: []float64{float64(at + 1)}})
	}
	return c
}
