package fit

import "gonum.org/v1/gonum/floats"

// A memory is how the frame means of a curve go into those of the curve
// convolved with an exponential, as far as noise is concerned: the curve is
// taken as level within each frame, so that a recursion over the frames does
// what a matrix would. With e what has come up to the start of frame i,
//
//	mean_i = carried_i e + own_i x_i    e ← kept_i e + added_i x_i
//
// A gap after a frame is crossed at the mean of its two neighbours, and where it
// is bridged otherwise a jump says what to add. Standard errors from it are
// within a percent or two of those from the curves themselves.
type memory struct {
	frames []recall
	jumps  []jump
	spare  []float64 // working space, a value for each frame
}

// A recall has the factors of one frame.
type recall struct{ carried, own, kept, added float64 }

// A jump is what the frames' means add to what has come up to the end of a gap,
// beyond the mean of its neighbours.
type jump struct {
	after   int // the frame before the gap
	weights []float64
}

// append takes on the next part of a frame, which makes up a share of it. The
// curve is taken as level over all of the frame.
func (r *recall) append(part recall, share float64) {
	r.carried += share * part.carried * r.kept
	r.own += share * (part.own + part.carried*r.added)
	r.added = part.added + part.kept*r.added
	r.kept *= part.kept
}

// newMemory makes room for the frames of g.
func newMemory(g *partition) *memory {
	return &memory{frames: make([]recall, len(g.mid)), spare: make([]float64, len(g.mid))}
}

// set takes on the exponential of a kernel.
func (m *memory) set(g *partition, k kernel) {
	bridge := 0.0 // what of the next frame's mean has come in during the gap before it
	last := -1
	m.jumps = m.jumps[:0]
	for i := range g.pieces {
		p, s := &g.pieces[i], &g.sizes[g.pieces[i].size]
		f := &k[p.size]
		level := s.length / s.moment[0] // of the curve, corrected to the start, whose mean is 1
		if p.frame < 0 {
			half := level * f.end[1] / 2
			if last >= 0 {
				before := &m.frames[last]
				before.kept *= f.end[0]
				before.added = before.added*f.end[0] + half
				bridge = bridge*f.end[0] + half
				if p.bridge != nil {
					m.jump(last, p.bridge, f.end[0], half)
				}
			} else {
				bridge = half // nothing before the scan: a straight rise
			}
			continue
		}
		part := recall{
			carried: f.mean[0], own: level*f.mean[1] + f.mean[0]*bridge,
			kept: f.end[0], added: level*f.end[1] + f.end[0]*bridge,
		}
		if p.frame == last {
			m.frames[last].append(part, p.share)
			continue
		}
		part.carried *= p.share
		part.own *= p.share
		bridge, last, m.frames[p.frame] = 0, p.frame, part
	}
}

// jump takes on a piece of a gap after a frame: what has come up to its start
// is kept, and twice half its mean is added, less what was taken for it.
func (m *memory) jump(last int, bridge []float64, kept, half float64) {
	n := len(m.jumps)
	if n == 0 || m.jumps[n-1].after != last {
		m.jumps = append(m.jumps, jump{last, make([]float64, len(bridge))})
		n++
	}
	weights := m.jumps[n-1].weights
	floats.Scale(kept, weights)
	floats.AddScaled(weights, 2*half, bridge)
	weights[last] -= half
	weights[last+1] -= half
}

// An effect says how small errors e of the frame means of a curve enter the
// residuals of a fit, own·e + through·M e + twice·M M e: as they are, through
// a convolution, and through it once more.
type effect struct {
	own, through, twice float64
	memory              *memory // nil where through and twice are 0
	also                *effect // one more on top, through a memory that no other fit uses at the time
}

// back writes into out, a value for each frame, how a sum of the residuals of
// the frames from first on, with the given factors, answers to each error: the
// recursion run backwards.
func (e effect) back(factors []float64, first int, out []float64) {
	if e.also != nil {
		more := e.also.memory.spare
		e.also.back(factors, first, more)
		e.also = nil
		e.back(factors, first, out)
		floats.Add(out, more)
		return
	}
	if e.memory == nil {
		clear(out[:first])
		for i, f := range factors {
			out[first+i] = e.own * f
		}
		return
	}
	m, n := e.memory, len(out)
	if e.twice == 0 {
		m.back(factors, first, out)
		floats.Scale(e.through, out)
		floats.AddScaled(out[first:], e.own, factors)
		return
	}
	frames := m.frames[:n]
	once, again := 0.0, 0.0 // what later residuals ask of the state, and of the second one
	for i := n - 1; i >= 0; i-- {
		c, f := &frames[i], 0.0
		if i >= first {
			f = factors[i-first]
		}
		inner := e.through*f + e.twice*c.own*f + c.added*again
		again = e.twice*c.carried*f + c.kept*again
		out[i] = e.own*f + c.own*inner + c.added*once
		once = c.carried*inner + c.kept*once
	}
}

// back writes into out how a sum of the convolved means of the frames from
// first on, with the given factors, answers to each error.
func (m *memory) back(factors []float64, first int, out []float64) {
	n := len(out)
	frames := m.frames[:n]
	once := 0.0 // what later means ask of the state
	clear(out)
	jumps := m.jumps
	for i := n - 1; i >= 0; i-- {
		if last := len(jumps) - 1; last >= 0 && jumps[last].after == i {
			floats.AddScaled(out, once, jumps[last].weights[:n])
			jumps = jumps[:last]
		}
		c, f := &frames[i], 0.0
		if i >= first {
			f = factors[i-first]
		}
		out[i] += c.own*f + c.added*once
		once = c.carried*f + c.kept*once
	}
}

// backBoth does the same for errors of two curves at once, which have the
// effects x and −y: through the memory once, where it makes no jumps.
func (m *memory) backBoth(factors []float64, first int, x, y effect, byX, byY []float64) {
	n := len(m.frames)
	byX, byY = byX[:n], byY[:n]
	once := 0.0
	for i := n - 1; i >= 0; i-- {
		c, f := &m.frames[i], 0.0
		if i >= first {
			f = factors[i-first]
		}
		through := c.own*f + c.added*once
		once = c.carried*f + c.kept*once
		byX[i] = x.own*f + x.through*through
		byY[i] = -y.own*f - y.through*through
	}
}

// simple reports whether the errors go through a memory m, or none, and once.
func (e *effect) simple(m *memory) bool {
	return e.twice == 0 && e.also == nil && (e.memory == nil || e.memory == m)
}

// power returns the weighted sum of squares that errors with variances v cause
// in the residuals of the frames from first on, before anything is fitted.
func (e effect) power(w []float64, first int, v []float64) float64 {
	sum := 0.0
	if e.memory == nil {
		for i, w := range w {
			sum += w * v[first+i]
		}
		return e.own * e.own * sum
	}
	if e.twice != 0 || e.also != nil || len(e.memory.jumps) > 0 {
		return e.powerByRows(w, first, v)
	}
	frames := e.memory.frames[:len(v)]
	state := 0.0 // variance of what has been carried on
	for i, v := range v {
		c := &frames[i]
		if i >= first {
			here, past := e.own+e.through*c.own, e.through*c.carried
			sum += w[i-first] * (here*here*v + past*past*state)
		}
		state = c.kept*c.kept*state + c.added*c.added*v
	}
	return sum
}

// powers does the same for two curves at once, whose errors have the effects x
// and y and the variances v and u: through the memory once, where it makes no
// jumps. Backwards, what later weights make of an error is the same for both.
func (m *memory) powers(w []float64, first int, x, y effect, v, u []float64) (byX, byY float64) {
	n := len(m.frames)
	frames, v, u := m.frames[:n], v[:n], u[:n]
	later := 0.0
	for i := n - 1; i >= 0; i-- {
		c, now := &frames[i], 0.0
		if i >= first {
			now = w[i-first]
		}
		past := c.added * c.added * later
		later = c.carried*c.carried*now + c.kept*c.kept*later
		hereX, hereY := x.own+x.through*c.own, y.own+y.through*c.own
		byX += v[i] * (hereX*hereX*now + x.through*x.through*past)
		byY += u[i] * (hereY*hereY*now + y.through*y.through*past)
	}
	return byX, byY
}

// powerByRows does the same frame by frame: the states of two convolutions are
// correlated, and so are jumps with what comes after them.
func (e effect) powerByRows(w []float64, first int, v []float64) float64 {
	sum, row, unit := 0.0, make([]float64, len(v)), make([]float64, len(w))
	for i, w := range w {
		unit[i] = 1
		e.back(unit, first, row)
		unit[i] = 0
		for j, r := range row {
			sum += w * r * r * v[j]
		}
	}
	return sum
}
