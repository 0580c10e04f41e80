package publish

import "tacstream/ingest"

// A Kind is all that there is to know of one type of event. Subjects, schemas,
// what is decoded and what is printed follow from it.
type Kind struct {
	Type Type
	Fact string      // what such an event says, in a sentence
	New  func() Data // empty data
	// Only has the values that a field may have in events of this type, by its
	// name in JSON, where events of other types have the same data.
	Only map[string][]string
}

// Channel returns where events of this kind go.
func (k Kind) Channel() Channel { return k.New().channel() }

// Kinds returns a row for every type, in the order in which a series may meet
// them. A new type of event is a file with its data and a row here.
func Kinds() []Kind {
	state, dead := func() Data { return &SeriesState{} }, func() Data { return &Dead{} }
	in := func(states ...string) map[string][]string { return map[string][]string{"state": states} }
	of := func(s ingest.Stage) map[string][]string { return map[string][]string{"stage": {string(s)}} }
	return []Kind{
		{SeriesProgressed, "How far a series is. It may be lost, repeated and out of order.", func() Data { return &Progress{} }, nil},
		{SeriesReady, "A series is whole and has regions: a result will follow.", state, in("ready")},
		{SeriesWaiting, "A series is whole and waits for regions.", state, in("waiting")},
		{SeriesIncomplete, "Slots of a series are empty and nothing came for the quiet time.", state, in("incomplete", "absent")},
		{SeriesInconsistent, "Instances of a series contradict each other.", state, in("inconsistent")},
		{SeriesRejected, "An instance of a series is at fault.", state, in("rejected")},
		{SeriesJoined, "A series is whole, and its frames are fitted with those of the series that it continues.", state, in("joined")},
		{TACsExtracted, "Time-activity curves of the regions of a series.", func() Data { return &TACs{} }, nil},
		{BindingEstimated, "What every model says of the regions of a series.", func() Data { return &Binding{} }, nil},
		{BindingFailed, "Why a series that is ready has no estimate.", func() Data { return &Failed{} }, nil},
		{BindingWithdrawn, "The result before no longer holds.", func() Data { return &Withdrawn{} }, nil},
		{IngestDead, "Objects of a folder that serve for nothing, or a series that no retry could bring in.", dead, of(ingest.StageIngest)},
		{ExtractDead, "A series of which no retry could extract curves.", dead, of(ingest.StageExtract)},
		{FitDead, "A series that no retry could fit.", dead, of(ingest.StageFit)},
		{PublishDead, "A series whose result no retry could publish.", dead, of(ingest.StagePublish)},
	}
}

// Types returns every type, in the order of Kinds.
func Types() []Type {
	var all []Type
	for _, k := range Kinds() {
		all = append(all, k.Type)
	}
	return all
}
