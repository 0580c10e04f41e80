package fit_test

import (
	"math"
	"testing"
	"time"

	"tacstream/config/figures"
	"tacstream/extract"
	"tacstream/fit"
	"tacstream/ingest/phantom"
)

// scanOf40 has 40 regions on one reference, as a parcellation gives.
func scanOf40() fit.Scan {
	frames := schedule(6, 10, 3, 20, 6, 30, 5, 60, 5, 120, 8, 300)
	s := goldenScan(frames, phantom.CarbonHalfLife)
	s.TACs = s.TACs[:1]
	for i := range 40 {
		x := float64(i) / 40
		k := phantom.Kinetics{R1: 0.8 + 0.4*x, K2PerMin: (0.8 + 0.4*x) * 0.065, BPND: 0.3 + 2.5*float64(i*7%40)/40}
		s.TACs = append(s.TACs, extract.TAC{Region: extract.Region(rune('A' + i)), BqPerML: k.FrameMeans(golden.ref, frames, phantom.CarbonHalfLife)})
	}
	return fit.NewScan(extract.Curves{Frames: s.Frames, TACs: s.TACs, HalfLife: s.HalfLife}, s.Reference)
}

// BenchmarkModels fits 40 regions of 33 frames, standard errors and warnings
// included. Coupled models estimate k2′ from all of them.
func BenchmarkModels(b *testing.B) {
	for _, m := range []struct {
		name  string
		model fit.Model
	}{
		{"srtm", fit.SRTM{}}, {"srtm2", fit.SRTM2{K2PrimePerMin: 0.065}}, {"srtm2-coupled", fit.SRTM2{}},
		{"mrtm0", fit.MRTM0{}}, {"mrtm", fit.MRTM{}}, {"mrtm2", fit.MRTM2{K2PrimePerMin: 0.065}}, {"mrtm2-coupled", fit.MRTM2{}},
		{"logan-ref", fit.LoganRef{K2PrimePerMin: 0.065}}, {"logan-ref-nok2p", fit.LoganRefNoK2P{}}, {"patlak-ref", fit.PatlakRef{}},
		{"suvr", fit.SUVR{}}, {"rpm", fit.RPM{}}, {"frtm", fit.FRTM{}},
	} {
		row := figures.Speed(b, m.name, 1)
		b.Run(m.name, func(b *testing.B) { benchmarkModel(b, row, m.model, scanOf40()) })
	}
	for _, m := range []struct {
		name  string
		model fit.Model
	}{
		{"1tcm", fit.TCM1{}}, {"2tcm", fit.TCM2{}}, {"2tcm-irreversible", fit.TCM2Irreversible{}}, {"logan", fit.Logan{}},
		{"ma1", fit.MA1{}}, {"ma2", fit.MA2{}}, {"patlak", fit.Patlak{}}, {"spectral", fit.Spectral{}},
	} {
		row := figures.Speed(b, m.name, 1)
		b.Run(m.name, func(b *testing.B) { benchmarkModel(b, row, m.model, arterial40()) })
	}
}

// arterial40 has 40 regions of two compartments with 72 samples of blood.
func arterial40() fit.Scan {
	one := cortex(0.05, 0.05)
	s := fit.NewScan(extract.Curves{Frames: one.Frames, HalfLife: one.HalfLife}, "")
	s.Blood = one.Blood
	for i := range 40 {
		one := cortex(0.02+0.001*float64(i), 0.05).TACs[0]
		one.Region = extract.Region(rune('A' + i))
		s.TACs = append(s.TACs, one)
	}
	return s
}

func benchmarkModel(b *testing.B, row *figures.Row, m fit.Model, s fit.Scan) {
	rate, ratio := row.Median("# curves/s"), row.Median("# dot products a curve")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := m.Fit(s); err != nil {
			b.Fatal(err)
		}
	}
	scans := float64(b.N) / b.Elapsed().Seconds()
	b.ReportMetric(scans, "scans/s")
	b.ReportMetric(scans*40, "curves/s")
	rate.Add(scans * 40)
	ratio.Add(b.Elapsed().Seconds() / float64(b.N*40) / dotProduct().Seconds())
}

// dotProduct measures the time of the yardstick: a product of 33 by 33 numbers.
// What machines differ in cancels in the ratio to it.
func dotProduct() time.Duration {
	x, y, sum, fastest := make([]float64, 33), make([]float64, 33), 0.0, time.Duration(math.MaxInt64)
	for range 100 {
		start := time.Now()
		for range 10_000 {
			sum += dot(x, y)
		}
		fastest = min(fastest, time.Since(start))
	}
	if sum != 0 {
		panic("the product of zeros is not 0")
	}
	return fastest / 10_000
}

// BenchmarkDotProduct is the same product, a thousand times.
func BenchmarkDotProduct(b *testing.B) {
	x, y := make([]float64, 33), make([]float64, 33)
	for b.Loop() {
		for range 1000 {
			if dot(x, y) != 0 {
				b.Fatal("not 0")
			}
		}
	}
}

// dot is a plain loop. In a function of its own its sum stays in a register,
// where b.Loop would keep it in memory.
//
//go:noinline
func dot(x, y []float64) float64 {
	sum := 0.0
	for i := range x {
		sum += x[i] * y[i]
	}
	return sum
}
