package fit_test

import (
	"fmt"
	"log"
	"time"

	"tacstream/fit"
	"tacstream/ingest"
)

// Two columns of numbers, of carbon-11 as it decayed, over frames of 1, 5 and 10 min.
func ExampleNewPair() {
	var frames []ingest.Frame
	for _, min := range []time.Duration{1, 1, 1, 1, 1, 5, 5, 5, 5, 5, 10, 10, 10, 10, 10, 10} {
		frames = append(frames, ingest.Frame{Duration: min * time.Minute})
	}
	for i := range frames[1:] {
		frames[i+1].Start = frames[i].End()
	}
	cerebellum := []float64{3.02, 6.71, 9.23, 11.27, 12.94, 15.97, 17.57, 16.59, 14.57, 12.28, 9.14, 5.87, 3.67, 2.27, 1.39, 0.85}
	putamen := []float64{3.37, 7.65, 10.75, 13.41, 15.71, 20.60, 24.89, 25.70, 24.58, 22.46, 18.61, 13.65, 9.58, 6.53, 4.36, 2.87}
	estimates, err := fit.SRTM{}.Fit(fit.NewPair(frames, 1221660*time.Millisecond, fit.AsDecayed(cerebellum), fit.AsDecayed(putamen)))
	if err != nil {
		log.Fatal(err)
	}
	bpnd, se := estimates[0].Get(fit.BPND)
	fmt.Printf("BPND %.2f ± %.2f\n", bpnd, se)
	// Output: BPND 1.90 ± 0.01
}
