package phantom

import (
	"cmp"
	"fmt"
	"time"
)

// A Tracer is a radioligand, labelled with carbon-11.
type Tracer string

// The tracers of the study.
const (
	AZ10419369 Tracer = "AZ10419369" // binds to the serotonin receptor 5-HT1B
	DASB       Tracer = "DASB"       // binds to the serotonin transporter
)

// Reference returns the curve of the cerebellum. DASB's is fitted to the human
// scan sub-02, baseline, of OpenNeuro ds001420 (CC0) and given its value 0 at
// model zero. AZ10419369's is invented: it peaks at 3.9 min and is washed out
// faster.
func (t Tracer) Reference() Curve {
	if t == AZ10419369 {
		return Curve{{30000, 0.022}, {25000, 0.12}, {-55000, 0.7}}
	}
	return Curve{{57219, 0.015435}, {-2179, 2.4012}, {-55040, 0.0811}}
}

// k2Prime returns k2′ in 1/min.
func (t Tracer) k2Prime() float64 {
	if t == AZ10419369 {
		return 0.10
	}
	return 0.065
}

// A Condition is what was done to the animal before the scan.
type Condition string

// The conditions of the study.
const (
	Baseline     Condition = "baseline"
	Ketamine     Condition = "ketamine"
	NBQXKetamine Condition = "NBQX+ketamine" // NBQX blocks AMPA receptors
)

// Session returns the condition as a label of BIDS: letters and digits.
func (c Condition) Session() string {
	if c == NBQXKetamine {
		return "nbqxketamine"
	}
	return string(c)
}

// Tracers returns the tracers of the study.
func Tracers() []Tracer { return []Tracer{AZ10419369, DASB} }

// Conditions returns the conditions of the study, baseline first.
func Conditions() []Condition { return []Condition{Baseline, Ketamine, NBQXKetamine} }

// A binding is the mean of all animals in one region: R1, and BPND in each
// condition.
type binding struct {
	region                   string
	r1                       float64
	baseline, ketamine, nbqx float64
}

// bindings returns what the study finds. The directions are those of the
// published study: ketamine raises 5-HT1B binding in nucleus accumbens and
// ventral pallidum and lowers that of the transporter everywhere, and NBQX
// cancels the first effect only. The numbers are invented, as no absolute
// values in monkeys are published; those of AZ10419369 at baseline are human.
func (t Tracer) bindings() []binding {
	if t == AZ10419369 {
		return []binding{
			{"Nucleus-Accumbens", 0.90, 1.50, 1.80, 1.50},
			{"Ventral-Pallidum", 0.75, 1.80, 2.16, 1.80},
			{"Putamen", 1.05, 1.44, 1.44, 1.44},
			{"Caudate", 0.85, 0.88, 0.88, 0.88},
			{"Thalamus", 0.95, 0.61, 0.61, 0.61},
			{"Frontal-Cortex", 1.00, 1.51, 1.51, 1.51},
			{"Occipital-Cortex", 1.10, 1.60, 1.60, 1.60},
		}
	}
	return []binding{
		{"Nucleus-Accumbens", 0.95, 1.90, 1.52, 1.52},
		{"Ventral-Pallidum", 0.70, 1.60, 1.28, 1.28},
		{"Putamen", 1.05, 1.85, 1.48, 1.48},
		{"Caudate", 0.82, 1.15, 0.92, 0.92},
		{"Thalamus", 0.90, 1.95, 1.56, 1.56},
		{"Frontal-Cortex", 1.05, 0.36, 0.29, 0.29},
	}
}

// in returns BPND in a condition.
func (b binding) in(c Condition) float64 {
	switch c {
	case Ketamine:
		return b.ketamine
	case NBQXKetamine:
		return b.nbqx
	default:
		return b.baseline
	}
}

// kinetics returns the tracer's kinetics in a condition, the mean of all
// animals.
func (t Tracer) kinetics(c Condition) []Kinetics {
	var all []Kinetics
	for _, b := range t.bindings() {
		all = append(all, Kinetics{Region: b.region, R1: b.r1, K2PerMin: b.r1 * t.k2Prime(), BPND: b.in(c)})
	}
	return all
}

// A Study is the synthetic version of the ketamine study: every animal is
// scanned with both tracers in three conditions. Its zero value is a study of
// DefaultAnimals.
//
// An animal has its own BPND in each region: the table's, times a factor that
// is the same in all conditions and differs between animals with a standard
// deviation of BetweenAnimals.
type Study struct {
	Animals int // DefaultAnimals where 0
	// Base is what all scans share, such as Seed, NoNoise, Size and Frames.
	// The study itself decides on Name, Folder, Start, Tracer, Reference,
	// Kinetics, DoseBq, Patient, Description and StudyName; Folder of the
	// base goes before its own.
	Base Series
}

// The size of the study and how much its animals differ.
const (
	DefaultAnimals = 4
	BetweenAnimals = 0.09 // SD of BPND, of its mean
)

// A Scan is one series of a study.
type Scan struct {
	Series
	Animal    int // from 1
	Condition Condition
}

// Scans returns all scans of the study: animal by animal, both tracers of a
// condition together.
func (s Study) Scans() []Scan {
	var scans []Scan
	for animal := 1; animal <= cmp.Or(s.Animals, DefaultAnimals); animal++ {
		for _, c := range Conditions() {
			for _, t := range Tracers() {
				scans = append(scans, s.scan(animal, c, t))
			}
		}
	}
	return scans
}

// scan plans one scan. The concentration of the tracer follows dose and
// weight.
func (s Study) scan(animal int, c Condition, t Tracer) Scan {
	stem := fmt.Sprintf("sub-%02d_ses-%s_trc-%s", animal, c.Session(), t)
	scan := s.Base
	scan.Name, scan.StudyName = stem, fmt.Sprintf("sub-%02d_ses-%s", animal, c.Session())
	scan.Folder = fmt.Sprintf("sub-%02d/ses-%s/trc-%s", animal, c.Session(), t)
	if s.Base.Folder != "" {
		scan.Folder = s.Base.Folder + "/" + scan.Folder
	}
	scan.Tracer, scan.Description = t, string(t)+" "+string(c)
	scan.Patient = s.animal(animal)
	scan.Start = start(animal, c, t)
	scan.DoseBq = 1e6 * float64(150+scan.random("dose").IntN(41))
	scan.Reference = t.Reference().times(scan.DoseBq / 170e6 * 7 / scan.Patient.WeightKg)
	scan.Kinetics = s.kinetics(animal, c, t)
	return Scan{Series: scan, Animal: animal, Condition: c}
}

// animal invents an animal of 5.5 to 8.5 kg.
func (s Study) animal(n int) Patient {
	random := Series{Seed: s.Base.Seed}.random("animal", n)
	return Patient{
		Name:      fmt.Sprintf("SYNTHETIC^ANIMAL%d", n),
		ID:        fmt.Sprintf("SYN%03d", n),
		BirthDate: fmt.Sprintf("201%d0%d1%d", random.IntN(9), 1+random.IntN(9), random.IntN(9)),
		Sex:       []string{"F", "M"}[random.IntN(2)],
		WeightKg:  float64(55+random.IntN(31)) / 10,
	}
}

// start says when a scan began: an animal every four weeks, its conditions
// a week apart, the tracers of a day three hours apart.
func start(animal int, c Condition, t Tracer) time.Time {
	begin := DefaultStart().AddDate(0, 0, 28*(animal-1))
	switch c {
	case Ketamine:
		begin = begin.AddDate(0, 0, 7)
	case NBQXKetamine:
		begin = begin.AddDate(0, 0, 14)
	}
	if t == DASB {
		begin = begin.Add(3 * time.Hour)
	}
	return begin
}

// kinetics returns what the tracer does in one animal.
func (s Study) kinetics(animal int, c Condition, t Tracer) []Kinetics {
	all := t.kinetics(c)
	random := Series{Seed: s.Base.Seed}.random("binding of "+string(t), animal)
	for i := range all {
		all[i].BPND *= 1 + BetweenAnimals*within(random.NormFloat64(), 3)
	}
	return all
}

// within limits x to ±bound.
func within(x, bound float64) float64 { return min(max(x, -bound), bound) }
