package stream

import "tacstream/ingest"

// Unverified says that nobody can know whether a series is all there.
func Unverified(o ingest.Outcome) ingest.Warning {
	return ingest.Warning{
		Code: ingest.WarnUnverified, Level: ingest.LevelWarn, Value: float64(o.Have),
		Detail: "slices are there and have no hole; the header leaves out how many there should be",
	}
}

// Joined says that an acquisition is made of several series.
func Joined(n int) ingest.Warning {
	return ingest.Warning{
		Code: ingest.WarnJoined, Level: ingest.LevelNotice, Value: float64(n), Threshold: 1,
		Detail: "series hold the parts of this acquisition, one after the other; their frames are taken together",
	}
}
