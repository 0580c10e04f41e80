package publish

import "slices"

// A Stage is where a series or an object came to its end.
type Stage string

// The stages of the line.
const (
	StageIngest  Stage = "ingest"
	StageExtract Stage = "extract"
	StageFit     Stage = "fit"
	StagePublish Stage = "publish"
)

func (s Stage) isKnown() bool {
	return slices.Contains([]Stage{StageIngest, StageExtract, StageFit, StagePublish}, s)
}
