package fit

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"tacstream/extract"
)

// A coupled is the fit of all regions with one k2′.
type coupled struct {
	*basis
	fit     *srtmFit
	members []member
	at      map[extract.Region]int // of members
	shared  *sharedRate
	profile profile

	estimates bool    // k2′ is estimated from the regions
	between   float64 // variance of ln k2′ between the regions that determine it
}

// A member is one region of a coupled fit.
type member struct {
	tac        extract.TAC
	u, w, unit []float64
	srtm       []float64 // SRTM's curve
	column     []float64 // E(θ)
	slope      []float64 // its derivative by θ
	local      local
	at         spot
	level      float64 // of the noise, by SRTM
	k2Prime    float64 // by SRTM
	variance   float64 // of it
	counts     bool    // for k2′
	share      float64 // of its own weight, that it counts with
	nominal    float64 // relative standard error of BPND in a scan of nominalNoise, by SRTM
	bpnd       float64 // by SRTM
	unsure     bool    // of it
	r1         float64
	by0, byK   float64 // the next step of θ, in nodes: by itself, and by k2′
	moved      float64 // the last step that was taken
	loose      bool    // θ is hardly known by itself, so that it is sought anew for every k2′
}

// newCoupled fits SRTM to every region and then, where k2′ is not given, all
// with one k2′, see elect.
func newCoupled(b *basis, o shareOptions) (*coupled, error) {
	from := o.from
	c := &coupled{basis: b, fit: newSRTMFit(b), at: make(map[extract.Region]int, len(b.scan.TACs))}
	n := len(b.mid)
	buffer := make([]float64, 6*n*len(b.scan.TACs))
	take := func() []float64 { s := buffer[:n:n]; buffer = buffer[n:]; return s }
	c.members = make([]member, 0, len(b.scan.TACs))
	again := repeats(b.scan.TACs, from)
	for i, t := range b.scan.TACs {
		if t.Region == b.scan.Reference {
			continue
		}
		m := member{tac: t, u: take(), w: take(), unit: take(), srtm: take(), column: take(), slope: take()}
		if b.use(t.BqPerML, m.u); empty(m.u) {
			continue
		}
		c.single(&m)
		asked := (from == nil && tissue(t.Region) || slices.Contains(from, t.Region)) && !again[i]
		m.share, m.counts = 1, asked && !math.IsNaN(m.k2Prime) // SRTM has no answer where all of a curve is negative
		c.at[t.Region] = len(c.members)
		c.members = append(c.members, m)
	}
	if from == nil && !slices.ContainsFunc(c.members, func(m member) bool { return m.counts }) {
		for i := range c.members {
			c.members[i].counts = !math.IsNaN(c.members[i].k2Prime)
		}
	}
	var err error
	if o.k2PrimePerMin != 0 {
		c.shared, err = o.given()
	} else {
		c.estimates = true
		c.elect(from != nil)
		err = c.couple()
	}
	if err != nil {
		return nil, err
	}
	c.profile = newProfile(b, coupledCurve(c.shared.value))
	return c, nil
}

// single fits SRTM to one region.
func (c *coupled) single(m *member) {
	e := Estimate{Fitted: m.srtm, Weights: m.w}
	f := c.fit
	f.fit(m.u, c.given(&m.tac), &e)
	copy(m.unit, f.unit)
	m.at, m.local, m.level, m.r1 = f.at, f.scratch.local, f.spread.level, f.r1
	k2 := f.c2 + f.r1*f.theta
	g := gradient{-f.c2 / (f.r1 * f.r1), 1 / f.r1, 1}
	m.k2Prime, m.variance = k2/f.r1, math.Inf(1)
	m.nominal, m.bpnd = math.Inf(1), f.r1+f.c2/f.theta-1
	if f.spread.ok {
		m.variance = g.times(&f.spread.cov, &g)
		byBPND := gradient{1, 1 / f.theta, -f.c2 / (f.theta * f.theta)}
		level := nominalNoise * nominalNoise * math.Abs(m.u[c.middle]) * c.length[c.middle]
		m.nominal = math.Sqrt(level*byBPND.times(&f.spread.unit, &byBPND)) / math.Abs(m.bpnd)
		m.unsure = math.Sqrt(byBPND.times(&f.spread.cov, &byBPND)) > seWarn*math.Abs(m.bpnd)
	}
	m.loose = !(m.precision() > leastTight)
	half := len(m.u) / 2
	if least := leastNoise * leastNoise * math.Abs(m.u[half]) * c.length[half]; !(m.level > least) {
		m.level = least
	}
}

// leastNoise is what noise the curves of a region are taken to have at least,
// as a fraction, where regions are weighed against each other: exact ones have
// none.
const leastNoise = 1e-6

// guess returns what SRTM says of a region.
func (m *member) guess() *guess {
	return &guess{expected: m.srtm, unit: m.unit, level: m.level, unsure: m.unsure}
}

// begin returns the mean of SRTM's k2′, each weighted by its precision: where
// the coupled search starts.
func (c *coupled) begin() (float64, error) {
	sum, weight := 0.0, 0.0
	for i := range c.members {
		m := &c.members[i]
		precision := m.precision()
		if m.counts && m.k2Prime > thetaMin && m.k2Prime < thetaMax && precision > leastPrecision {
			sum += math.Log(m.k2Prime) * precision * m.share
			weight += precision * m.share
		}
	}
	if !(weight > 0) {
		return 0, ErrK2Prime.With("no region determines k2′")
	}
	return math.Exp(sum / weight), nil
}

// precision returns the inverse of the variance of ln k2′ by SRTM: high values
// have high variances.
func (m *member) precision() float64 {
	return m.k2Prime * m.k2Prime / (m.variance + 1e-12*m.k2Prime*m.k2Prime)
}

// leastTight is the precision above which the θ of a region follows k2′ by
// steps.
const leastTight = 16

// leastPrecision is the inverse of the largest variance of ln k2′ that counts.
const leastPrecision = 1e-2

// couple finds k2′ and the θ of every region together, by Gauss and Newton:
// given k2′ the regions are independent, so each is eliminated by itself. A
// step that leads up is taken back by half: a region that is proportional to
// the reference says nothing of k2′, and its θ may lie anywhere.
func (c *coupled) couple() error {
	k, err := c.begin()
	if err != nil {
		return err
	}
	c.shared = &sharedRate{value: k}
	before, move := math.Inf(1), 0.0
	for range 200 {
		score, information, objective := 0.0, 0.0, 0.0
		for i := range c.members {
			m := &c.members[i]
			if m.loose && m.counts {
				c.settle(m)
			}
			s, n, o := c.step(m)
			if m.counts {
				w := m.share / m.level
				score, information, objective = score+s*w, information+n*w, objective+o*w
			}
		}
		if !(information > 0) {
			return ErrK2Prime.With("no region determines k2′")
		}
		if objective > before && math.Abs(move) > 1e-10*k {
			move /= 2
			k -= move
			c.shared.value = k
			for i := range c.members {
				c.back(&c.members[i])
			}
			continue
		}
		before, move = objective, clamp(score/information, -k/2, k)
		k += move
		c.shared.value = k
		for i := range c.members {
			c.follow(&c.members[i], move)
		}
		if math.Abs(move) < 1e-10*k {
			break
		}
	}
	if !(k > thetaMin && k < thetaMax) {
		return ErrK2Prime.With("the regions lead to %.3g /min, outside %g to %g", k, thetaMin, thetaMax)
	}
	if c.influence(); c.shared.se > mostDoubt*k {
		return ErrK2Prime.With("the regions leave %.3g ± %.3g /min", k, c.shared.se)
	}
	return nil
}

// mostDoubt is the relative standard error of k2′ up to which it is used.
const mostDoubt = 0.5

// step sets the next step of θ in a region, and returns what the region says
// of k2′: the score, the information, and the objective up to a constant, all
// for noise of level 1. With f = R + δE, δ = k2′ − θ, and residuals from the
// best R1, the columns of the linearised model are f, R1(δE_t − θ_t E) and
// R1 E; the first two are eliminated.
func (c *coupled) step(m *member) (score, information, objective float64) {
	r, d := m.local.sums(m.at.t)
	squares := m.local.slopes(m.at.t)
	theta := m.at.theta()
	delta, turn := c.shared.value-theta, theta*step
	cross := d.bb / 2
	ff := r.aa + 2*delta*r.ab + delta*delta*r.bb
	fq := delta*(d.ab+delta*cross) - turn*(r.ab+delta*r.bb)
	fe := r.ab + delta*r.bb
	m.r1 = (r.ay + delta*r.by) / ff
	objective = -m.r1 * m.r1 * ff
	qq := turn*turn*r.bb - 2*turn*delta*cross + delta*delta*squares - fq*fq/ff
	qe := delta*cross - turn*r.bb - fq*fe/ff
	ee := r.bb - fe*fe/ff
	yq := delta*d.by - turn*r.by - m.r1*fq
	ye := r.by - m.r1*fe
	m.by0, m.byK = 0, 0
	if qq > parallel*(turn*turn*r.bb+delta*delta*squares) && m.r1 != 0 {
		m.by0, m.byK = yq/(m.r1*qq), qe/qq
		ye -= qe * yq / qq
		ee -= qe * qe / qq
	}
	return m.r1 * ye, m.r1 * m.r1 * math.Max(ee, 0), objective
}

// follow moves the θ of a region by its step, k2′ having moved too.
func (c *coupled) follow(m *member, move float64) {
	before := m.at.node()
	c.moveTo(m, m.at.t+clamp(m.by0-m.byK*move, -1, 1))
	m.moved = m.at.node() - before
}

// back takes half of the last step of θ back.
func (c *coupled) back(m *member) {
	m.moved /= 2
	c.moveTo(m, m.at.t-m.moved)
}

// moveTo puts θ at t, within its range, and the window around it.
func (c *coupled) moveTo(m *member, t float64) {
	m.at.t = t
	if math.Abs(t) > 1 {
		m.at = c.load(m.u, m.w, spotOf(m.at.theta()))
		m.local = c.scratch.local
	}
}

// settle brings the θ of a region to its best for the k2′ that is shared, from
// the best node over all of its range.
func (c *coupled) settle(m *member) {
	ay := c.project(m.u, c.w)
	top, at := -1.0, 0
	for i, by := range c.scratch.by {
		delta := c.shared.value - theta(2*i)
		f := ay + delta*by
		if gain := f * f / (c.aa + 2*delta*c.ab[i] + delta*delta*c.bb[i]); gain > top {
			top, at = gain, i
		}
	}
	m.at = c.load(m.u, m.w, spotOf(theta(2*at)))
	m.local = c.scratch.local
	before, last := math.Inf(1), m.at
	for range 60 {
		_, _, objective := c.step(m)
		if math.Abs(m.by0) < 1e-10 {
			return
		}
		if objective > before { // too far: half-way back
			c.moveTo(m, m.at.t+(last.node()-m.at.node())/2)
			continue
		}
		before, last = objective, m.at
		c.moveTo(m, m.at.t+clamp(m.by0, -1, 1))
	}
}

// exact takes E(θ) of a region from its closed form, and R1 and the residual
// sum of squares that follow.
func (c *coupled) exact(m *member, fitted []float64) (rss float64) {
	theta := m.at.theta()
	c.fit.space = c.kernelIn(c.fit.space, theta)
	k := c.fit.space
	c.refCurve.convolve(k, m.column)
	c.fit.memory.set(c.partition, k)
	c.interpolate(m.at, nil, m.slope)
	delta := c.shared.value - theta
	fy, ff := 0.0, 0.0
	for i, w := range m.w {
		m.slope[i] /= theta
		f := c.ref[i] + delta*m.column[i]
		fy += w * f * m.u[i]
		ff += w * f * f
	}
	m.r1 = fy / ff
	for i, w := range m.w {
		fitted[i] = m.r1 * (c.ref[i] + delta*m.column[i])
		r := m.u[i] - fitted[i]
		rss += w * r * r
	}
	return rss
}

// linearised says how errors move R1 and θ of a region at a given k2′.
func (c *coupled) linearised(m *member, f, byTheta []float64) linearised {
	delta := c.shared.value - m.at.theta()
	for i, e := range m.column {
		f[i] = c.ref[i] + delta*e
		byTheta[i] = m.r1 * (delta*m.slope[i] - e)
	}
	return linearised{
		n: 2, z: [maxParameters][]float64{f, byTheta}, w: m.w,
		target:    effect{own: 1},
		reference: effect{own: m.r1, through: m.r1 * delta, memory: c.fit.memory}, influences: c.fit.influences,
	}
}

// influence says how k2′ answers to the errors of every curve: each region
// pulls by what of R1 E its own parameters cannot take up.
func (c *coupled) influence() {
	n := len(c.mid)
	k := c.shared
	k.variance, k.target = make(map[extract.Region]float64, len(c.members)), make(map[extract.Region][]float64, len(c.members))
	k.reference = make([]float64, n)
	f, byTheta, moved, scratch := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	information, squares, together := 0.0, 0.0, make([]float64, n)
	for i := range c.members {
		m := &c.members[i]
		if !m.counts {
			continue
		}
		c.exact(m, scratch)
		l := c.linearised(m, f, byTheta)
		for j, e := range m.column {
			moved[j] = m.r1 * e
		}
		by, ok := l.solve(moved)
		if !ok {
			l.n = 1
			if by, ok = l.solve(moved); !ok {
				continue
			}
			by[1] = 0
		}
		pull, own := make([]float64, n), 0.0
		for j, w := range m.w {
			left := moved[j] - by[0]*f[j] - by[1]*byTheta[j]
			own += w * left * left * m.share / m.level
			pull[j] = w * left * m.share / m.level
		}
		information += own
		squares += own * own
		for j, r := range m.u {
			together[j] += pull[j] * (r - scratch[j])
		}
		l.reference.back(pull, 0, scratch)
		floats.Sub(k.reference, scratch)
		k.target[m.tac.Region] = pull
	}
	floats.Scale(1/information, k.reference)
	total := 0.0
	for j, v := range c.refNoise.unit {
		total += c.refNoise.level * k.reference[j] * k.reference[j] * v
	}
	for i := range c.members {
		m := &c.members[i]
		g := k.target[m.tac.Region]
		if g == nil {
			continue
		}
		floats.Scale(1/information, g)
		variance := 0.0
		for j, v := range m.unit {
			variance += m.level * g[j] * g[j] * v
		}
		k.variance[m.tac.Region] = variance
		k.total += variance
		total += variance
	}
	more := c.common(together, information, total)
	more += c.between * k.value * k.value * squares / (information * information)
	k.total += more
	k.se = math.Sqrt(total + more)
}

// estimate says what the fit means for one region:
//
//	BPND = R1 k2′/θ − 1    k2 = R1 k2′
func (c *coupled) estimate(t *extract.TAC, u []float64, e *Estimate) {
	m := &c.members[c.at[t.Region]]
	if !c.estimates || !m.counts {
		c.settle(m)
	}
	copy(e.Weights, m.w)
	rss := c.exact(m, e.Fitted)
	c.unitVariances(e.Fitted, m.unit)
	f, byTheta := c.fit.column, c.fit.slope
	l := c.linearised(m, f, byTheta)
	var s spread
	l.spread(rss, m.unit, c.refNoise, -1, &s)
	if s.ok && c.shared.estimated() {
		moved := c.fit.unit
		for j, e := range m.column {
			moved[j] = -m.r1 * e
		}
		by, _ := l.solve(moved)
		c.shared.join(&s, c.fit.influences, 2, by, t.Region, m.unit, c.refNoise)
	}
	theta, k := m.at.theta(), c.shared.value
	e.add(R1, m.r1, &s, 1)
	e.add(K2, m.r1*k, &s, k, 0, m.r1)
	e.add(BPND, m.r1*k/theta-1, &s, k/theta, -m.r1*k/(theta*theta), m.r1/theta)
	c.score(e, rss, len(u), 2)
	e.finish(c.partition, u, &s)
	c.shared.report(e, &s, 2)
	e.profile, e.loose = c.profile, c.loose(u, e.Weights, rss)
	e.Warnings = append(e.Warnings, boundWarning(theta)...)
	e.Warnings = append(e.Warnings, c.spreadWarnings(t.Region)...)
}
