package phantom_test

import (
	"fmt"

	"tacstream/ingest/phantom"
)

// A study's files and what is true of them.
func ExampleStudy() {
	study := phantom.Study{Animals: 1, Base: phantom.Series{Seed: 1}}
	scan := study.Scans()[0]
	files := 0
	for range scan.Files() {
		files++
	}
	fmt.Println(scan.Tracer, scan.Condition, files, "files")
	for _, k := range scan.Merged()[:2] {
		fmt.Printf("%s R1 %.2f k2′ %.2f/min\n", k.Region, k.R1, k.K2PrimePerMin())
	}
	// Output:
	// AZ10419369 baseline 370 files
	// Nucleus-Accumbens R1 0.90 k2′ 0.10/min
	// Ventral-Pallidum R1 0.75 k2′ 0.10/min
}
