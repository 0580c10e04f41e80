package publish

import (
	"fmt"

	"tacstream/ingest"
)

// Prefix begins every public subject. The number changes only if subjects do.
const Prefix = "pet.v1."

// TracerUnknown is the tracer in subjects and events of series of which the
// configuration knows no protocol.
const TracerUnknown = "unknown"

// SeriesSubject returns where it is stated what became of a series' input.
func SeriesSubject(site ingest.Site, series ingest.Token) (string, error) {
	return seriesSubject(site, "series", series)
}

// TACsSubject returns where the curves of a series go.
func TACsSubject(site ingest.Site, series ingest.Token) (string, error) {
	return seriesSubject(site, "tacs", series)
}

// ProgressSubject returns where the progress of a series goes. No stream keeps
// it.
func ProgressSubject(site ingest.Site, series ingest.Token) (string, error) {
	return seriesSubject(site, "progress", series)
}

// BindingSubject returns where the results of a series go. Estimates, failures
// and withdrawals share it, so that their order is kept.
func BindingSubject(site ingest.Site, tracer string, series ingest.Token) (string, error) {
	if !isLabel(tracer) {
		return "", fmt.Errorf("tracer: %w", ErrLabel)
	}
	return seriesSubject(site, "binding."+tracer, series)
}

// AnyBindingSubject matches the results of a series under whichever tracer.
func AnyBindingSubject(site ingest.Site, series ingest.Token) (string, error) {
	return seriesSubject(site, "binding.*", series)
}

// DeadSubject returns where a stage states what no retry could cure.
func DeadSubject(site ingest.Site, stage Stage) (string, error) {
	switch {
	case !isLabel(string(site)):
		return "", fmt.Errorf("site: %w", ErrLabel)
	case deadType(stage) == "":
		return "", fmt.Errorf("stage: %w", ErrLabel)
	}
	return Prefix + string(site) + ".dead." + string(stage), nil
}

func seriesSubject(site ingest.Site, kind string, series ingest.Token) (string, error) {
	switch {
	case !isLabel(string(site)):
		return "", fmt.Errorf("site: %w", ErrLabel)
	case !isToken(series):
		return "", fmt.Errorf("series: %w", ErrLabel)
	}
	return Prefix + string(site) + "." + kind + "." + string(series), nil
}
