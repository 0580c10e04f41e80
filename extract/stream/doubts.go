package stream

import "tacstream/ingest"

// Unverified says that the header does not tell whether a series is whole.
func Unverified(o ingest.Outcome) ingest.Warning {
	return ingest.Warn(ingest.WarnUnverified, ingest.LevelWarn, float64(o.Have), 0,
		"The series does not say how many slices it has; the %d received have no gap.", o.Have)
}

// Joined says that an acquisition is made of several series.
func Joined(n int) ingest.Warning {
	return ingest.Warn(ingest.CodeJoined, ingest.LevelNotice, float64(n), 1,
		"The parts of this acquisition lie in %d series, one after the other; their frames are taken together.", n)
}
