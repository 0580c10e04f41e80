package line

import (
	"errors"
	"fmt"
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
		{ingest.StagePublish, 0, 0, 3 * tellEvery, true, true},
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

func TestAnErrorSaysInWhichStageItWas(t *testing.T) {
	away := errors.New("away")
	err := fmt.Errorf("job: %w", &stageError{ingest.StagePublish, away})
	if stageOf(err) != ingest.StagePublish || !errors.Is(err, away) || stageOf(away) != ingest.StageExtract {
		t.Errorf("stage %s, of no stage %s", stageOf(err), stageOf(away))
	}
}
