package phantom

import "math"

// An acquisition is a series of which everything but the noise is known. Its
// scratch space makes it unfit for concurrent use.
type acquisition struct {
	Series
	body    body
	mean    [][]float64 // by frame and part, in Bq/mL as stored
	sd      [][]float64 // of the noise of a voxel, by frame and part, in Bq/mL as stored
	scratch []float64   // the values of a slice
}

// acquire works out what each part of the head gives in each frame.
func (s Series) acquire() *acquisition {
	s = s.filled()
	a := &acquisition{Series: s, body: s.body(), scratch: make([]float64, s.Size[0]*s.Size[1])}
	for range s.Frames {
		a.mean = append(a.mean, make([]float64, len(a.body.parts)))
		a.sd = append(a.sd, make([]float64, len(a.body.parts)))
	}
	for p, part := range a.body.parts {
		if p == air {
			continue
		}
		for f, decaying := range part.kinetics.FrameMeans(s.Reference, s.Frames, s.HalfLife) {
			a.mean[f][p] = decaying * s.decayFactor(f)
			if !s.NoNoise {
				a.sd[f][p] = s.noise(part, f, decaying)
			}
		}
	}
	return a
}

// decayFactor returns what the mean of the decaying activity over a frame is
// multiplied by before it is stored,
//
//	DF = λd / (e^(−λ(start − origin)) − e^(−λ(end − origin)))
//
// where d is the frame's duration: the reciprocal of the mean of e^(−λt) over
// the frame, with t after the time to which activity is corrected.
//
// Source: DICOM PS3.3, C.8.9.4, Decay Factor (0054,1321).
func (s Series) decayFactor(frame int) float64 {
	switch s.Decay {
	case ToInjection:
		return s.decayFactorFrom(frame, s.Injection.Minutes())
	case Uncorrected:
		return 1
	default:
		return s.decayFactorFrom(frame, 0)
	}
}

func (s Series) decayFactorFrom(frame int, origin float64) float64 {
	f, lambda := s.Frames[frame], perMin(s.HalfLife)
	return lambda * f.Duration.Minutes() /
		(math.Exp(-lambda*(f.Start.Minutes()-origin)) - math.Exp(-lambda*(f.End().Minutes()-origin)))
}

// noise returns the standard deviation of a voxel as stored, in Bq/mL, from
// the decaying activity; see the package comment.
func (s Series) noise(p part, frame int, decaying float64) float64 {
	f, fromStart := s.Frames[frame], s.decayFactorFrom(frame, 0)
	kBqPerML := max(decaying*fromStart, 0) / 1000
	variance := p.voxelPc * kBqPerML * math.Exp(perMin(s.HalfLife)*f.Mid().Minutes()) / f.Duration.Minutes()
	return 1000 * math.Sqrt(variance) * s.decayFactor(frame) / fromStart
}

// expose fills the scratch space with the values of a slice.
func (a *acquisition) expose(frame, slice int) {
	n := len(a.scratch)
	mean, sd := a.mean[frame], a.sd[frame]
	random := a.random("noise", frame, slice)
	for i, p := range a.body.voxels[slice*n : (slice+1)*n] {
		a.scratch[i] = mean[p]
		if sd[p] > 0 {
			a.scratch[i] += sd[p] * random.NormFloat64()
		}
	}
}

// slope returns the value of one stored unit in the slice: the largest value
// is the largest number of 16 bits.
func (a *acquisition) slope() decimal {
	peak := 0.0
	if a.OneSlope {
		peak = a.peak()
	} else {
		for _, v := range a.scratch {
			peak = max(peak, math.Abs(v))
		}
	}
	if peak == 0 {
		return newDecimal(1)
	}
	return newDecimal(peak / math.MaxInt16)
}

// peak returns what hardly any voxel of the series exceeds; one that does is
// cut off.
func (a *acquisition) peak() float64 {
	peak := 0.0
	for f := range a.mean {
		for p := range a.mean[f] {
			peak = max(peak, a.mean[f][p]+6*a.sd[f][p])
		}
	}
	return peak
}

// stored returns a value in units of the slope.
func stored(value float64, slope decimal) uint16 {
	n := math.Round(value / slope.value)
	return uint16(int16(min(max(n, math.MinInt16), math.MaxInt16)))
}
