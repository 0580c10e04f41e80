package ingest

// A Stage is a part of the line: where a series or an object is, or came to its
// end.
type Stage string

// The stages of the line.
const (
	StageIngest  Stage = "ingest"
	StageExtract Stage = "extract"
	StageFit     Stage = "fit"
	StagePublish Stage = "publish"
)

// Stages returns the stages in the order in which a series meets them.
func Stages() []Stage { return []Stage{StageIngest, StageExtract, StageFit, StagePublish} }
