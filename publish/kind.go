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
		{SeriesIncomplete, "Images of a series are missing and none came during the quiet time.", state, in("incomplete", "absent")},
		{SeriesInconsistent, "Images of a series contradict each other.", state, in("inconsistent")},
		{SeriesRejected, "An image of a series cannot be used.", state, in("rejected")},
		{SeriesJoined, "A series is whole; its frames are fitted with those of the series that it continues.", state, in("joined")},
		{TACsExtracted, "Time-activity curves of the regions of a series.", func() Data { return &TACs{} }, nil},
		{BindingEstimated, "Estimates of every model in the regions of a series.", func() Data { return &Binding{} }, nil},
		{BindingFailed, "A series that is ready has no estimate, for the reason given.", func() Data { return &Failed{} }, nil},
		{BindingWithdrawn, "The previous result is no longer valid.", func() Data { return &Withdrawn{} }, nil},
		{IngestDead, "Objects of a folder are unusable, or no retry could bring in a series.", dead, of(ingest.StageIngest)},
		{ExtractDead, "No retry could extract the curves of a series.", dead, of(ingest.StageExtract)},
		{FitDead, "No retry could fit a series.", dead, of(ingest.StageFit)},
		{PublishDead, "No retry could publish the result of a series.", dead, of(ingest.StagePublish)},
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
