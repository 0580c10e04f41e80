package phantom_test

import (
	"testing"

	"tacstream/ingest/phantom"
)

// BenchmarkSeries makes one series of the study, with its regions.
func BenchmarkSeries(b *testing.B) {
	for b.Loop() {
		var bytes int64
		for f := range (phantom.Series{}).Files() {
			bytes += int64(len(f.Data))
		}
		b.SetBytes(bytes)
	}
}

// BenchmarkLarge makes slices of 128 × 128 voxels: 2314 in each round.
func BenchmarkLarge(b *testing.B) {
	for b.Loop() {
		var bytes int64
		for f := range phantom.Large(26).Slices() {
			bytes += int64(len(f.Data))
		}
		b.SetBytes(bytes)
	}
}
