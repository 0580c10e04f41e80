package publish

import "tacstream/fit"

// Values holds one number for each parameter, nil where there is none. Symbols
// are those of Innis et al. as fit.Symbol has them; Units has their units.
type Values struct {
	BPND    *float64 `json:"BPnd,omitempty" doc:"Binding potential, unitless."`
	R1      *float64 `json:"R1,omitempty" doc:"K1 over K1 of the reference, unitless."`
	K2      *float64 `json:"k2,omitempty" doc:"Efflux rate of the region, 1/min."`
	K2Prime *float64 `json:"k2prime,omitempty" doc:"Efflux rate of the reference, 1/min."`
	K2A     *float64 `json:"k2a,omitempty" doc:"Apparent efflux rate, 1/min."`
	DVR     *float64 `json:"DVR,omitempty" doc:"Distribution volume ratio, unitless."`
	K1      *float64 `json:"K1,omitempty" doc:"Influx rate from plasma, mL/cm3/min."`
	K3      *float64 `json:"k3,omitempty" doc:"Rate of binding, 1/min."`
	K4      *float64 `json:"k4,omitempty" doc:"Rate of release, 1/min."`
	VB      *float64 `json:"vB,omitempty" doc:"Fraction of the region that is blood, unitless."`
	VT      *float64 `json:"VT,omitempty" doc:"Total distribution volume, mL/cm3."`
	KI      *float64 `json:"Ki,omitempty" doc:"Net influx rate, mL/cm3/min from plasma and 1/min from a reference."`
}

// field returns where the number of a parameter is kept, nil for a symbol that
// events do not know.
func (v *Values) field(s fit.Symbol) **float64 {
	switch s {
	case fit.BPND:
		return &v.BPND
	case fit.R1:
		return &v.R1
	case fit.K2:
		return &v.K2
	case fit.K2Prime:
		return &v.K2Prime
	case fit.K2A:
		return &v.K2A
	case fit.DVR:
		return &v.DVR
	case fit.K1:
		return &v.K1
	case fit.K3:
		return &v.K3
	case fit.K4:
		return &v.K4
	case fit.VB:
		return &v.VB
	case fit.VT:
		return &v.VT
	case fit.KI:
		return &v.KI
	}
	return nil
}

// Unit returns the unit of a parameter.
func Unit(s fit.Symbol) string {
	switch s {
	case fit.K2, fit.K2Prime, fit.K2A, fit.K3, fit.K4, fit.KI:
		return "1/min"
	case fit.K1:
		return "mL/cm³/min"
	case fit.VT:
		return "mL/cm³"
	}
	return "unitless"
}
