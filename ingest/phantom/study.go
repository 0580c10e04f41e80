package phantom

import (
	"cmp"
	"fmt"
	"time"
)

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
