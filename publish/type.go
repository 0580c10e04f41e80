package publish

import "tacstream/ingest"

// A Type is the CloudEvents type of an event: a fact, in the past tense, and
// the version of its data. Fields may be added to a version; nothing that a
// version has is renamed, removed or given another meaning.
type Type string

// The types of events.
const (
	SeriesReady        Type = "tacstream.series.ready.v1"        // whole, with regions: a result will follow
	SeriesWaiting      Type = "tacstream.series.waiting.v1"      // whole, without regions
	SeriesIncomplete   Type = "tacstream.series.incomplete.v1"   // slots are empty and nothing more came
	SeriesInconsistent Type = "tacstream.series.inconsistent.v1" // instances contradict each other
	SeriesRejected     Type = "tacstream.series.rejected.v1"     // an instance is at fault
	SeriesJoined       Type = "tacstream.series.joined.v1"       // whole, and fitted with the series that it continues
	SeriesProgressed   Type = "tacstream.series.progressed.v1"   // how far it is; may be lost

	TACsExtracted Type = "tacstream.tacs.extracted.v1"

	BindingEstimated Type = "tacstream.binding.estimated.v1"
	BindingFailed    Type = "tacstream.binding.failed.v1"    // why there is no estimate
	BindingWithdrawn Type = "tacstream.binding.withdrawn.v1" // the estimate before no longer holds

	IngestDead  Type = "tacstream.ingest.dead.v1"
	ExtractDead Type = "tacstream.extract.dead.v1"
	FitDead     Type = "tacstream.fit.dead.v1"
	PublishDead Type = "tacstream.publish.dead.v1"
)

// Types returns every type, in the order in which a series may meet them.
func Types() []Type {
	return []Type{
		SeriesProgressed, SeriesReady, SeriesWaiting, SeriesIncomplete, SeriesInconsistent, SeriesRejected, SeriesJoined,
		TACsExtracted, BindingEstimated, BindingFailed, BindingWithdrawn,
		IngestDead, ExtractDead, FitDead, PublishDead,
	}
}

// newData returns empty data of a type, nil where there is no such type.
func newData(t Type) Data {
	switch t {
	case SeriesReady, SeriesWaiting, SeriesIncomplete, SeriesInconsistent, SeriesRejected, SeriesJoined:
		return &SeriesState{}
	case SeriesProgressed:
		return &Progress{}
	case TACsExtracted:
		return &TACs{}
	case BindingEstimated:
		return &Binding{}
	case BindingFailed:
		return &Failed{}
	case BindingWithdrawn:
		return &Withdrawn{}
	case IngestDead, ExtractDead, FitDead, PublishDead:
		return &Dead{}
	}
	return nil
}

// seriesType returns the type that states a condition; "" for Receiving, which
// is progress and no fact yet. A series that lost every object is incomplete.
func seriesType(c ingest.Condition) Type {
	switch c {
	case ingest.Ready:
		return SeriesReady
	case ingest.Waiting:
		return SeriesWaiting
	case ingest.Incomplete, ingest.Absent:
		return SeriesIncomplete
	case ingest.Inconsistent:
		return SeriesInconsistent
	case ingest.Rejected:
		return SeriesRejected
	case ingest.Joined:
		return SeriesJoined
	}
	return ""
}

// A Stage is where a series or an object came to its end.
type Stage string

// The stages of the line.
const (
	StageIngest  Stage = "ingest"
	StageExtract Stage = "extract"
	StageFit     Stage = "fit"
	StagePublish Stage = "publish"
)

// deadType returns the type of what died in a stage; "" for no stage.
func deadType(s Stage) Type {
	switch s {
	case StageIngest:
		return IngestDead
	case StageExtract:
		return ExtractDead
	case StageFit:
		return FitDead
	case StagePublish:
		return PublishDead
	}
	return ""
}
