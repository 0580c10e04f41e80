package publish

// A Stage is where a series or an object came to its end.
type Stage string

// The stages of the line.
const (
	StageIngest  Stage = "ingest"
	StageExtract Stage = "extract"
	StageFit     Stage = "fit"
	StagePublish Stage = "publish"
)
