package study

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// groupResults compares groups in the primary and exploratory regions.
func (s *analysis) groupResults() []GroupResult {
	return inRegions(s, KindGroupChange, s.groupChange)
}

// inRegions returns what there is to say of every contrast of a kind, in each region
// of its tracers.
func inRegions[R any](s *analysis, kind Kind, of func(k Contrast, tracer, region string) R) []R {
	var list []R
	s.each(kind, func(k Contrast, t Tracer) {
		for _, region := range slices.Concat(t.Primary, t.Exploratory) {
			list = append(list, of(k, t.Label, region))
		}
	})
	return list
}

func (s *analysis) groupChange(k Contrast, tracer, region string) GroupResult {
	r := GroupResult{Contrast: k.ID, Tracer: tracer, Region: region, Groups: k.Groups, Scale: s.scaleOf(region)}
	rows := slices.DeleteFunc(s.table.complete(tracer, region, k.Against, k.Of), func(row []*Observation) bool {
		return !slices.Contains(k.Groups[:], row[0].Group)
	})
	r.Refused, r.Detail = s.refusal(rows, r.Scale)
	if r.Refused == RefusedLog {
		r.Scale = ScaleRaw
	}
	var changes [2][]float64
	for g, name := range k.Groups {
		own := slices.DeleteFunc(slices.Clone(rows), func(row []*Observation) bool { return row[0].Group != name })
		r.Subjects[g], changes[g] = subjectsOf(own), differences(own, r.Scale)
		r.Changes[g] = changeEstimate(changes[g], r.Scale)
	}
	if r.Refused == RefusedTooFew || r.Refused == "" {
		r.Refused, r.Detail = "", ""
		if least := min(len(changes[0]), len(changes[1])); least < 2 {
			r.Refused, r.Detail = RefusedTooFew, fmt.Sprintf("A group has %d complete pairs, and each needs two.", least)
		}
	}
	if r.Refused != "" {
		return r
	}
	w, err := Welch(changes[0], changes[1])
	if err != nil {
		r.Refused, r.Detail = RefusedConstant, "All changes of a group are the same, which measured values never are."
		return r
	}
	interval := w.Interval(intervalLevel)
	r.Difference, r.Interval = &w, &interval
	return r
}

// changeEstimate returns the mean of changes as it is shown, nil where there are
// none, and without an interval where they do not scatter.
func changeEstimate(changes []float64, scale Scale) *ChangeEstimate {
	if len(changes) == 0 {
		return nil
	}
	p, err := PairedTest(changes)
	if err != nil {
		return estimateOf(stat.Mean(changes, nil), nil, scale)
	}
	interval := p.Interval(intervalLevel)
	return estimateOf(p.Mean, &interval, scale)
}

func (s *analysis) repeatResults() []RepeatResult {
	return inRegions(s, KindTestRetest, s.repeat)
}

func (s *analysis) repeat(k Contrast, tracer, region string) RepeatResult {
	r := RepeatResult{Contrast: k.ID, Tracer: tracer, Region: region}
	rows := s.table.complete(tracer, region, k.Of, k.Against)
	r.Subjects = subjectsOf(rows)
	if names := unlike(rows); len(names) > 0 {
		r.Refused, r.Detail = s.refusal(rows, ScaleRaw)
		return r
	}
	test, retest := column(rows, 0), column(rows, 1)
	if v, err := AbsoluteVariability(test, retest); err == nil {
		r.Absolute = &v
	}
	v, err := Repeat(test, retest)
	switch {
	case err == nil:
		r.Repeatability = &v
	case len(rows) < leastRepeated:
		r.Refused = RefusedTooFew
		r.Detail = fmt.Sprintf("The number of complete pairs is %d, and an intraclass correlation needs %d.",
			len(rows), leastRepeated)
	default:
		r.Refused, r.Detail = RefusedModel, fmt.Sprintf("There is no intraclass correlation: %v.", err)
	}
	return r
}

// column returns the values of one place of rows.
func column(rows [][]*Observation, at int) []float64 {
	list := make([]float64, len(rows))
	for i, row := range rows {
		list[i] = row[at].Value
	}
	return list
}

func (s *analysis) occupancyResults() []OccupancyResult {
	var list []OccupancyResult
	s.each(KindOccupancy, func(k Contrast, t Tracer) {
		methods := k.Methods
		if len(methods) == 0 {
			methods = []OccupancyMethod{MethodRatio}
		}
		regions := slices.Concat(t.Primary, t.Exploratory)
		for _, m := range methods {
			if m != MethodRatio {
				list = append(list, s.occupancy(k, t.Label, m, regions))
				continue
			}
			for _, region := range regions {
				list = append(list, s.occupancy(k, t.Label, m, []string{region}))
			}
		}
	})
	return list
}

// occupancy returns the occupancies of all subjects by one method.
func (s *analysis) occupancy(k Contrast, tracer string, m OccupancyMethod, regions []string) OccupancyResult {
	r := OccupancyResult{Contrast: k.ID, Tracer: tracer, Method: m}
	if m == MethodRatio {
		r.Region = regions[0]
	}
	var values []float64
	for _, subject := range s.table.subjects {
		var rows [][]*Observation
		for _, name := range regions {
			before := s.table.counted[cell{subject, k.Against, tracer, name}]
			after := s.table.counted[cell{subject, k.Of, tracer, name}]
			if before != nil && after != nil {
				rows = append(rows, []*Observation{before, after})
			}
		}
		if len(rows) == 0 {
			continue
		}
		o := subjectOccupancy(m, rows)
		o.Subject = subject
		if o.Detail == "" {
			values = append(values, o.Occupancy)
		}
		r.Subjects = append(r.Subjects, o)
	}
	if e := changeEstimate(values, ScaleRaw); e != nil {
		r.Mean, r.Interval = &e.Mean, e.Interval
	}
	return r
}

// subjectOccupancy returns the occupancy of one subject from the regions that
// both scans have.
func subjectOccupancy(m OccupancyMethod, rows [][]*Observation) SubjectOccupancy {
	before, after := column(rows, 0), column(rows, 1)
	var o SubjectOccupancy
	var err error
	if names := unlike(rows); len(names) > 0 {
		return SubjectOccupancy{Detail: fmt.Sprintf("The scans differ in %v: fit them alike again.", names)}
	}
	switch m {
	case MethodRatio:
		var c Change
		c, err = LogChange(Measured{before[0], rows[0][0].SE}, Measured{after[0], rows[0][1].SE}, 0)
		o = SubjectOccupancy{Occupancy: -c.Share, SE: c.ShareSE}
	case MethodOrigin:
		var p OriginPlot
		p, err = OriginOccupancy(before, after, intervalLevel)
		o = SubjectOccupancy{Occupancy: p.Occupancy, SE: p.SE, Interval: &p.Interval}
	case MethodLassen:
		var p LassenPlot
		p, err = Lassen(before, after, intervalLevel)
		o = SubjectOccupancy{Occupancy: p.Occupancy, SE: p.SE, Interval: &p.Interval}
		if p.VND != nil {
			o.VND, o.VNDRange = &p.VND.Value, p.VND.Interval
		}
	case MethodLEO:
		var f LEOFit
		f, err = LEO(before, after, fitCovariance(rows), intervalLevel)
		o = SubjectOccupancy{Occupancy: f.Occupancy, SE: f.SE, Interval: &f.Interval, VND: f.VND}
	}
	if err != nil {
		return SubjectOccupancy{Detail: fmt.Sprintf("There is no occupancy: %v.", err)}
	}
	return o
}

// fitCovariance returns the covariance of noise between regions as the fits state
// it: the mean of both scans' squared standard errors, without correlation between
// regions. It is nil, the same noise everywhere, where an error is not known.
func fitCovariance(rows [][]*Observation) [][]float64 {
	list := make([][]float64, len(rows))
	for i, row := range rows {
		list[i] = make([]float64, len(rows))
		list[i][i] = (row[0].SE*row[0].SE + row[1].SE*row[1].SE) / 2
		if row[0].SE == 0 || row[1].SE == 0 {
			return nil
		}
	}
	return list
}

// leastDoses is the number of doses from which a curve is fitted.
const leastDoses = 4

func (s *analysis) doseResults() []DoseResult {
	return inRegions(s, KindDose, s.doses)
}

func (s *analysis) doses(k Contrast, tracer, region string) DoseResult {
	r := DoseResult{Contrast: k.ID, Tracer: tracer, Region: region, Unit: k.Unit}
	points := map[string][2][]float64{} // ln dose and change, by subject
	var dose, occupancy []float64
	for _, c := range s.design.Conditions {
		d, ok := k.Doses[c.Label]
		if !ok {
			continue
		}
		rows := s.table.complete(tracer, region, k.Against, c.Label)
		if refused, detail := s.refusal(rows, ScaleLog); refused == RefusedLog || refused == RefusedSettings {
			r.Detail = detail
			return r
		}
		changes := differences(rows, ScaleLog)
		level := DoseLevel{Condition: c.Label, Dose: d, Subjects: subjectsOf(rows)}
		level.Change = changeEstimate(changes, ScaleLog)
		for i, subject := range level.Subjects {
			p := points[subject]
			points[subject] = [2][]float64{append(p[0], math.Log(d)), append(p[1], changes[i])}
			dose, occupancy = append(dose, d), append(occupancy, -math.Expm1(changes[i]))
		}
		r.Levels = append(r.Levels, level)
	}
	slices.SortFunc(r.Levels, func(a, b DoseLevel) int { return cmp.Compare(a.Dose, b.Dose) })
	var err error
	if len(r.Levels) >= leastDoses {
		var c DoseCurve
		if c, err = EmaxCurve(dose, occupancy, false); err == nil {
			r.Curve = &c
		}
	} else {
		var p PairedT
		if p, err = PairedTest(slopesOf(points, s.table.subjects)); err == nil {
			r.Trend = &p
		}
	}
	if err != nil {
		r.Detail = fmt.Sprintf("The effect of the dose has no answer: %v.", err)
	}
	return r
}

// slopesOf returns the slope of each subject's points with two or more doses, in
// the order of subjects.
func slopesOf(points map[string][2][]float64, subjects []string) []float64 {
	var slopes []float64
	for _, subject := range subjects {
		x, y := points[subject][0], points[subject][1]
		if len(x) < 2 {
			continue
		}
		mx, my := stat.Mean(x, nil), stat.Mean(y, nil)
		sxx, sxy := 0.0, 0.0
		for i := range x {
			sxx, sxy = sxx+(x[i]-mx)*(x[i]-mx), sxy+(x[i]-mx)*(y[i]-my)
		}
		if sxx > 0 {
			slopes = append(slopes, sxy/sxx)
		}
	}
	return slopes
}
