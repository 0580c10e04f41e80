package fit

import (
	"slices"
	"time"

	"gonum.org/v1/gonum/floats"

	"tacstream/extract"
)

// Logan is the Logan plot with an arterial input. After t* the points
//
//	y = ∫₀ᵗ C ds / C(t)    x = ∫₀ᵗ Cp ds / C(t)
//
// lie on a line of slope VT, whatever the number of compartments. Noise in C
// lowers it: a warning says where that matters, and MA1 suffers less. The blood
// in the region is not taken out.
//
// Source: Logan et al., J Cereb Blood Flow Metab 1990;10:740–747,
// doi:10.1038/jcbfm.1990.127.
type Logan struct {
	TStar     time.Duration // start of the linear phase; 0 chooses it as LoganRef does, by TCM2's curve
	Weighting Weighting     // of the frames; "" is InverseVariance
}

// Name returns "logan".
func (Logan) Name() string { return "logan" }

// Input returns Plasma.
func (Logan) Input() Input { return Plasma }

// Fit estimates VT of every region.
func (m Logan) Fit(s Scan) ([]Estimate, error) {
	return fitArterialPlan(s, m.Name(), m.Weighting, m.TStar, plan{
		main: VT, y: term{through: 1}, input: []term{{through: 1}}, region: []term{{own: 1}},
		parameters: func(e *Estimate, g gradient, s *spread) { e.add(VT, g[0], s, 1) },
	})
}

// MA1 is the multilinear analysis of Ichise: the Logan plot solved for C, so
// that the noise of C is no regressor,
//
//	C(t) = −(VT/b) ∫₀ᵗ Cp ds + (1/b) ∫₀ᵗ C ds    after t*
//
// Source: Ichise et al., J Cereb Blood Flow Metab 2002;22:1271–1281,
// doi:10.1097/01.WCB.0000038000.34930.4E.
type MA1 struct {
	TStar     time.Duration // start of the linear phase; 0 chooses it as LoganRef does, by TCM2's curve
	Weighting Weighting     // of the frames; "" is InverseVariance
}

// Name returns "ma1".
func (MA1) Name() string { return "ma1" }

// Input returns Plasma.
func (MA1) Input() Input { return Plasma }

// Fit estimates VT of every region.
func (m MA1) Fit(s Scan) ([]Estimate, error) {
	return fitArterialPlan(s, m.Name(), m.Weighting, m.TStar, plan{
		main: VT, y: term{own: 1}, input: []term{{through: 1}}, region: []term{{through: 1}}, ratio: true, plot: true,
		parameters: volumeOfRatio(0, 1),
	})
}

// MA2 is the second multilinear analysis of Ichise, exact for two tissue
// compartments from model zero on:
//
//	C(t) = γ₁ ∬ Cp + γ₂ ∫ Cp + γ₃ ∬ C + γ₄ ∫ C    VT = −γ₁/γ₃
//
// Four coefficients for curves that look alike: where the second compartment is
// slow or small its standard error is large.
//
// It has no blood in the region, which leaves residuals that are no noise. Where
// these are more than misfitShare times what the curve itself shows of noise, the
// standard error comes from the curve. With two compartments it is 0.75 to 1.4 of
// the scatter that is seen at 3 % noise. Where one compartment is all there is,
// the ratio of two coefficients that are hardly told apart has wild values, of which
// it says too little: use MA1 or TCM1 there.
//
// Source: Ichise et al., J Cereb Blood Flow Metab 2002;22:1271–1281,
// doi:10.1097/01.WCB.0000038000.34930.4E.
type MA2 struct {
	TStar     time.Duration // frames whose middle lies before it are left out; 0 uses all
	Weighting Weighting     // of the frames; "" is InverseVariance
}

// Name returns "ma2".
func (MA2) Name() string { return "ma2" }

// Input returns Plasma.
func (MA2) Input() Input { return Plasma }

// Fit estimates VT of every region.
func (m MA2) Fit(s Scan) ([]Estimate, error) {
	return fitArterialPlan(s, m.Name(), m.Weighting, m.TStar, plan{
		main: VT, y: term{own: 1}, input: []term{{twice: 1}, {through: 1}}, region: []term{{twice: 1}, {through: 1}},
		ratio: true, misfits: true,
		parameters: volumeOfRatio(0, 2),
	})
}

// volumeOfRatio says what two coefficients mean: VT = −g[over]/g[under].
func volumeOfRatio(over, under int) func(e *Estimate, g gradient, s *spread) {
	return func(e *Estimate, g gradient, s *spread) {
		var d gradient
		d[over], d[under] = -1/g[under], g[over]/(g[under]*g[under])
		e.add(VT, -g[over]/g[under], s, d[:]...)
	}
}

// Patlak is the Patlak plot with an arterial input, for tracers that are
// trapped. After t* the points
//
//	y = C(t) / Cp(t)    x = ∫₀ᵗ Cp ds / Cp(t)
//
// lie on a line of slope Ki, in mL/cm³/min. For tracers that come off again the
// plot bends and its slope means nothing.
//
// Source: Patlak et al., J Cereb Blood Flow Metab 1983;3:1–7,
// doi:10.1038/jcbfm.1983.1.
type Patlak struct {
	TStar     time.Duration // start of the linear phase; 0 chooses it as LoganRef does, by TCM2's curve
	Weighting Weighting     // of the frames; "" is InverseVariance
}

// Name returns "patlak".
func (Patlak) Name() string { return "patlak" }

// Input returns Plasma.
func (Patlak) Input() Input { return Plasma }

// Fit estimates Ki of every region.
func (m Patlak) Fit(s Scan) ([]Estimate, error) {
	return fitArterialPlan(s, m.Name(), m.Weighting, m.TStar, patlak())
}

// fitArterialPlan fits a plan with plasma as its input.
func fitArterialPlan(s Scan, name string, w Weighting, tStar time.Duration, pl plan) ([]Estimate, error) {
	a, err := prepareArterial(s, w)
	if err != nil {
		return nil, err
	}
	first, err := a.startAt(tStar, pl.least())
	if err != nil {
		return nil, err
	}
	r := newRegression(a.prepared, pl, pl.sources(a.plasma, a.plasma.means(len(a.mid)), noise{}), tStar, first, nil)
	if !pl.lined() {
		return a.each(name, pl.main, func(t *extract.TAC, u []float64, e *Estimate) { r.fit(t, u, e, nil) }), nil
	}
	guesses := a.guesses(a.compartments(pl.main))
	r.chooseStart(guesses)
	return a.each(name, pl.main, func(t *extract.TAC, u []float64, e *Estimate) { r.fit(t, u, e, guesses[t.Region]) }), nil
}

// compartments returns what two compartments say of a region to a plot of VT or of
// Ki. For Ki those without release count, unless the others describe the curve
// better: then it has none.
func (a *arterial) compartments(main Symbol) func(*extract.TAC, []float64) *guess {
	b, n := a.basis(), len(a.mid)
	f := newTwoRate(b, nil, a.whole != nil)
	e := Estimate{Fitted: make([]float64, n), Weights: make([]float64, n)}
	if main == VT {
		return func(t *extract.TAC, u []float64) *guess {
			f.fit(u, a.given(t), &e)
			return f.guess(f.volume)
		}
	}
	stuck, other := a.irreversible(b), Estimate{Fitted: make([]float64, n), Weights: make([]float64, n)}
	return func(t *extract.TAC, u []float64) *guess {
		f.fit(u, a.given(t), &e)
		stuck.fit(u, a.given(t), &other)
		if e.AIC < other.AIC {
			return f.guess(nil)
		}
		return stuck.guess(stuck.trapping)
	}
}

// guess returns what the fit says of a region, and of the main parameter of a plot
// unless that is nil.
func (t *twoRate) guess(main func(*gradient) float64) *guess {
	g := &guess{expected: slices.Clone(t.fitted), unit: slices.Clone(t.unit), level: t.spread.level}
	if t.blood {
		g.tissue = slices.Clone(t.fitted)
		floats.AddScaled(g.tissue, -t.p[0], t.direct)
		floats.Scale(1/(1-t.p[0]), g.tissue)
	}
	if main != nil {
		var e Estimate
		at := t.solution()
		t.derive(&e, VT, &at, main)
		g.main = e.Parameters[0]
	}
	return g
}
