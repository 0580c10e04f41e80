package phantom

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
