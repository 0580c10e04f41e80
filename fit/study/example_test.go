package study_test

import (
	"fmt"
	"log"
	"math"

	"tacstream/fit/study"
)

// Five subjects, scanned without a drug and with one that raises binding by about
// a fifth.
func ExampleAnalyse() {
	design := study.Design{
		Planned:    5,
		Conditions: []study.Condition{{Label: "baseline"}, {Label: "drug", Drugs: []string{"drug"}}},
		Tracers:    []study.Tracer{{Label: "az", Name: "[11C]AZ10419369", Target: "5-HT1B", Primary: []string{"Striatum"}}},
		Contrasts:  []study.Contrast{{ID: "rise", Kind: study.KindChange, Of: "drug", Against: "baseline"}},
	}
	var table []study.Observation
	for i, change := range []float64{0.17, 0.19, 0.21, 0.16, 0.18} {
		subject, before := fmt.Sprintf("subject-%d", i+1), 1.3+0.1*float64(i)
		table = append(table,
			study.Observation{Subject: subject, Condition: "baseline", Tracer: "az", Region: "Striatum", Value: before},
			study.Observation{Subject: subject, Condition: "drug", Tracer: "az", Region: "Striatum",
				Value: before * math.Exp(change)})
	}
	finding, err := study.Analyse(design, table, study.State{Complete: true}, 1)
	if err != nil {
		log.Fatal(err)
	}
	for _, s := range finding.Statements {
		fmt.Println(s.Verdict)
		fmt.Println(s.Words)
	}
	// Output:
	// raised
	// Drug raised 5-HT1B binding ([11C]AZ10419369): in Striatum +20.0 % (95 % +17.1 to +22.9 %), p 3e-05, Holm over 1 test 3e-05, 5 subjects.
}

// How many subjects does it take to show a change of a tenth, if one scan of ln
// BPND scatters by 5 %?
func ExamplePairsForChange() {
	sd := 0.05 * math.Sqrt2 // of the difference of two scans
	n, err := study.PairsForChange(math.Log(1.1), sd, 0.05, 0.8)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(n, "subjects")
	// Output: 7 subjects
}
