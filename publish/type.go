package publish

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
