package line

import (
	"testing"

	"tacstream/extract"
	"tacstream/ingest"
	"tacstream/ingest/phantom"
	"tacstream/publish"
)

// What cannot be written down is a failure: no further try would end otherwise.
func TestAFindingThatCannotBeWrittenIsAFailure(t *testing.T) {
	token := ingest.Key("k").Token("series", "a")
	f := finding{parts: []ingest.Token{"b"}}
	f.Cause = publish.Cause{Site: "local", Series: token, Revision: 1}
	f.Tracer, f.Subject, f.Examination = "dasb", token, token
	f.Curves.Frames = phantom.EvenFrames(2, 60e9)
	f.Curves.TACs = []extract.TAC{{Region: "CANARY\tregion", BqPerML: []float64{1, 2}}}
	s, f, err := f.statement("results")
	if err != nil {
		t.Fatal(err)
	}
	if s.Event.Type != publish.BindingFailed || len(s.Files)+len(s.Before) > 0 {
		t.Errorf("%s with %d files, after %d events", s.Event.Type, len(s.Files), len(s.Before))
	}
	if f.end() != ingest.Failed || f.Failure.Code == "" || f.Failure.Code == ingest.CodeInternal || len(f.parts) != 1 {
		t.Errorf("%s for %v, with %d parts", f.end(), f.Failure, len(f.parts))
	}
}
