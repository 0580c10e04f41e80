package dicom

import (
	"fmt"
	"time"

	"tacstream/ingest"
)

func (f *facts) tracerTexts() []string {
	var list []string
	for _, x := range [...]field{radiopharmaceutical, radiopharmaceuticalMeaning, seriesDescription, protocolName} {
		if s := f.text(x); s != "" {
			list = append(list, s)
		}
	}
	return list
}

// tracer returns what was injected by the header's own name and code.
func (f *facts) tracer() ingest.Radiopharmaceutical {
	return ingest.Radiopharmaceutical{
		Name: f.text(radiopharmaceutical), Meaning: f.text(radiopharmaceuticalMeaning),
		Code: f.text(radiopharmaceuticalValue), Scheme: f.text(radiopharmaceuticalScheme),
	}
}

// maxUptake is longer than any scan starts after its injection: a date that is
// further off was shifted, or made up, by de-identification.
const maxUptake = 60 * day

// oneInjection is how far two times of one injection may differ: some headers
// have it to the minute.
const oneInjection = time.Minute

// quarter is what the offsets of all zones from UTC are multiples of.
const quarter = 15 * time.Minute

// injection returns the injection's date and time, zero where it is not known,
// and why it is in doubt. A time without a date, or with one that cannot be, is
// on the day that brings it nearest to the start of the series.
func (f *facts) injection(series time.Time) (at time.Time, doubts []string) {
	clock, timed := clockOf(f.bytes(injectionTime))
	m, dated := momentOf(f.bytes(injectionDateTime))
	at = m.in(f.zone)
	switch {
	case dated && (!timed || series.IsZero()):
		return f.agreed(m, clock, timed)
	case dated && series.Sub(at).Abs() < maxUptake:
		if before := series.Sub(at); before >= -longestScan && before <= f.longestUptake() {
			return f.agreed(m, clock, timed)
		}
		return nearest(clock, series), []string{fmt.Sprintf("RadiopharmaceuticalStartDateTime is %.1f days away from the series, which is impossible; only the time of day, RadiopharmaceuticalStartTime, is used.", series.Sub(at).Abs().Hours()/24)}
	case !timed || series.IsZero():
		return time.Time{}, nil
	}
	return nearest(clock, series), nil
}

// longestScan is more than any scan goes on after it began, and so the latest
// that its tracer can have been injected.
const longestScan = 6 * time.Hour

// longestUptake bounds how long before a series its tracer was injected.
func (f *facts) longestUptake() time.Duration {
	s, _ := decimal(f.bytes(halfLife))
	return max(day, time.Duration(min(max(10*s, 0), maxUptake.Seconds())*float64(time.Second)))
}

// agreed returns the moment of the injection by RadiopharmaceuticalStartDateTime
// and, where there is one, by the clock of RadiopharmaceuticalStartTime. What
// the moment's zone is to the header's other times is known from the latter
// where the header does not say it.
func (f *facts) agreed(m moment, clock time.Duration, timed bool) (at time.Time, doubts []string) {
	at = m.in(f.zone)
	if !timed {
		return at, f.astray(m, "RadiopharmaceuticalStartDateTime")
	}
	local := nearest(clock, at)
	off := local.Sub(at)
	switch {
	case off.Abs() <= oneInjection:
		return at, nil
	case m.known && !f.zone.known && (off-off.Round(quarter)).Abs() <= oneInjection:
		return local, nil
	}
	return at, []string{fmt.Sprintf("RadiopharmaceuticalStartTime and RadiopharmaceuticalStartDateTime lie %v apart; the latter is used.", off.Abs())}
}

// astray says that a moment has an offset from UTC where nothing says what that
// of the header's other times is.
func (f *facts) astray(m moment, name string) []string {
	if !m.known || f.zone.known {
		return nil
	}
	return []string{name + " has an offset from UTC, but TimezoneOffsetFromUTC is missing; it is taken as being in the zone of the other times."}
}
