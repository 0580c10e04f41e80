package fit

// A Symbol is the name of a parameter in files and events (Innis et al., J
// Cereb Blood Flow Metab 2007;27:1533–1539, doi:10.1038/sj.jcbfm.9600493).
type Symbol string

// The parameters that models give. Rate constants are per minute.
const (
	BPND    Symbol = "BPnd"    // binding potential, unitless
	R1      Symbol = "R1"      // K1/K1′, unitless
	K2      Symbol = "k2"      // efflux rate of the region, 1/min
	K2Prime Symbol = "k2prime" // efflux rate of the reference, 1/min
	K2A     Symbol = "k2a"     // apparent efflux rate, 1/min
	DVR     Symbol = "DVR"     // distribution volume ratio, BPND + 1, unitless
	K1      Symbol = "K1"      // influx rate from plasma, mL/cm³/min
	K3      Symbol = "k3"      // rate of binding, 1/min
	K4      Symbol = "k4"      // rate of release, 1/min
	VB      Symbol = "vB"      // fraction of the region that is blood, unitless
	VT      Symbol = "VT"      // total distribution volume, mL/cm³
	KI      Symbol = "Ki"      // net influx rate: mL/cm³/min from plasma, 1/min from a reference
)
