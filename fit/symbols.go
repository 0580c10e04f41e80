package fit

// A Symbol is the name of a parameter in files and events (Innis et al., J
// Cereb Blood Flow Metab 2007;27:1533–1539, doi:10.1038/sj.jcbfm.9600493).
type Symbol string

// The parameters that models give. Quantities says what each of them is.
const (
	R1      Symbol = "R1"
	K2      Symbol = "k2"
	K2Prime Symbol = "k2prime"
	K2A     Symbol = "k2a"
	BPND    Symbol = "BPnd"
	DVR     Symbol = "DVR"
	K1      Symbol = "K1"
	K3      Symbol = "k3"
	K4      Symbol = "k4"
	VB      Symbol = "vB"
	VT      Symbol = "VT"
	KI      Symbol = "Ki"
	VBPrime Symbol = "vBprime"
)

// A Quantity says what a symbol stands for. Files, events, schemas and tables
// for people take their columns from Quantities.
type Quantity struct {
	Symbol  Symbol
	Unit    string // "unitless" where there is none
	Meaning string // a sentence
	Leads   bool   // it is what some models are run for, and stands first before people
}

// Quantities returns all parameters that models give, in the order of the
// columns of files.
func Quantities() []Quantity {
	const perMin, ratio = "1/min", "unitless"
	return []Quantity{
		{R1, ratio, "K1 of the region over K1 of the reference region.", false},
		{K2, perMin, "Efflux rate of the region.", false},
		{K2Prime, perMin, "Efflux rate of the reference region.", false},
		{K2A, perMin, "Apparent efflux rate of the region.", false},
		{BPND, ratio, "Binding potential with respect to non-displaceable uptake (Innis et al. 2007, doi:10.1038/sj.jcbfm.9600493).", true},
		{DVR, ratio, "Distribution volume ratio, BPnd + 1.", true},
		{K1, "mL/cm³/min", "Influx rate from plasma.", false},
		{K3, perMin, "Rate of binding.", false},
		{K4, perMin, "Rate of release.", false},
		{VB, ratio, "Fraction of the region that is blood.", false},
		{VT, "mL/cm³", "Total distribution volume.", true},
		{KI, perMin, "Net influx rate from the reference region (from plasma, in mL/cm³/min).", true},
		{VBPrime, ratio, "Fraction of the reference region that is blood.", false},
	}
}

// Quantity returns what the symbol stands for, and false where no model of this
// package gives it.
func (s Symbol) Quantity() (Quantity, bool) {
	for _, q := range Quantities() {
		if q.Symbol == s {
			return q, true
		}
	}
	return Quantity{Symbol: s, Unit: "unitless"}, false
}
