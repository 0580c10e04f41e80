package publish

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
