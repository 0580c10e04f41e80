package line

import (
	"testing"
	"time"

	"tacstream/ingest"
	"tacstream/publish"
)

func TestProgressIsToldOfAtTheBeginningTheEndAndNowAndThen(t *testing.T) {
	tell := newTeller(nil, ingest.Job{}, false)
	start := time.Unix(0, 0)
	for i, step := range []struct {
		stage       ingest.Stage
		done, total int
		after       time.Duration
		due, begun  bool
	}{
		{ingest.StageExtract, 0, 0, 0, true, true},
		{ingest.StageExtract, 1, 9, 0, false, false},
		{ingest.StageExtract, 2, 9, tellEvery, true, false},
		{ingest.StageExtract, 3, 9, tellEvery, false, false},
		{ingest.StageExtract, 9, 9, tellEvery, true, false},
		{ingest.StageExtract, 8, 9, 3 * tellEvery, false, false}, // readers run side by side
		{ingest.StageFit, 0, 3, 3 * tellEvery, true, true},
		{ingest.StageFit, 1, 3, 3 * tellEvery, false, false},
		{ingest.StageFit, 3, 3, 3 * tellEvery, true, false},
		{ingest.StagePublish, 0, 0, 3 * tellEvery, true, true},
		{ingest.StagePublish, 5, 0, 3 * tellEvery, false, false}, // how many there will be is not known
		{ingest.StageExtract, 9, 9, 9 * tellEvery, false, false}, // a reader that was late
	} {
		due, begun := tell.due(publish.Progress{Stage: step.stage, Done: step.done, Total: step.total}, start.Add(step.after))
		if due != step.due || begun != step.begun {
			t.Errorf("step %d: due %v, begun %v", i, due, begun)
		}
	}
	if tell.stage() != ingest.StagePublish {
		t.Errorf("the last stage is %s", tell.stage())
	}
}
