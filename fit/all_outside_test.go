package fit_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"tacstream/extract"
	"tacstream/fit"
	"tacstream/ingest"
)

// An outsider is a model from outside of the package that does as it likes.
type outsider struct {
	fit.SRTM
	fit func(s fit.Scan) ([]fit.Estimate, error)
}

// Name returns "outsider".
func (outsider) Name() string { return "outsider" }

// Fit does as it likes.
func (o outsider) Fit(s fit.Scan) ([]fit.Estimate, error) { return o.fit(s) }

// secret is what must not reach the public.
const secret = "bucket/JOHN-DOE.dcm"

// The models of the tests below.
var (
	errAway  = errors.New("no answer for " + secret)
	panics   = outsider{fit: func(fit.Scan) ([]fit.Estimate, error) { panic(secret) }}
	silent   = outsider{fit: func(fit.Scan) ([]fit.Estimate, error) { return nil, nil }}
	absent   = outsider{fit: func(fit.Scan) ([]fit.Estimate, error) { return nil, errAway }}
	careless = outsider{fit: func(fit.Scan) ([]fit.Estimate, error) {
		return []fit.Estimate{{Region: "x", Model: "outsider"}}, fit.ErrK2Prime.With("no k2′")
	}}
	private = outsider{fit: func(fit.Scan) ([]fit.Estimate, error) {
		return nil, errors.Join(errors.New(secret), fit.ErrValues)
	}}
)

// A model that fails, in whatever way, is named and harms no other.
func TestAModelThatBreaksDownHarmsNoOther(t *testing.T) {
	for _, test := range []struct {
		name  string
		model fit.Model
		said  string
	}{
		{"it is nil", nil, "The model number 1 could not be fitted: a model that was given is nil."},
		{"it is a nil pointer", (*outsider)(nil), "The model number 1 could not be fitted: the model broke down."},
		{"it panics", panics, "The model outsider could not be fitted: the model broke down."},
		{"it gives nothing", silent, "The model outsider could not be fitted: the model gave no estimate."},
		{"it gives estimates and an error", careless, "The model outsider could not be fitted: no k2′: no usable k2′."},
		{"it rejects with private words", private, "The model outsider could not be fitted: impossible values in a curve."},
	} {
		all, failed, err := fit.All([]fit.Model{test.model, fit.SRTM{}}, ordinary())
		if err != nil || len(all) != 1 || all[0].Model != "srtm" || len(failed) != 1 || failed[0].Code != ingest.WarnModelFailed || failed[0].Detail != test.said {
			t.Errorf("%s: %d estimates, %v, %v", test.name, len(all), failed, err)
		}
		_, _, err = fit.All([]fit.Model{test.model}, ordinary())
		reason := ingest.ReasonOf(err)
		broken := strings.Contains(test.said, "broke down")
		if err == nil || errors.Is(err, ingest.ErrRejected) == broken || strings.Contains(reason.Detail, secret) || (reason.Code == ingest.CodeFit) == broken {
			t.Errorf("%s, alone: %v, %+v", test.name, err, reason)
		}
	}
	if _, _, err := fit.All([]fit.Model{panics}, ordinary()); err == nil || !strings.Contains(err.Error(), secret) {
		t.Errorf("the panic of a model that is fitted alone is lost: %v", err)
	}
	mixed := []fit.Model{panics, silent}
	if _, _, err := fit.All(mixed, ordinary()); !errors.Is(err, ingest.ErrRejected) || strings.Contains(err.Error(), secret) || !strings.Contains(err.Error(), "broke down") {
		t.Errorf("a panic and a rejection: %v", err)
	}
}

// An error that may pass with time stays one, whatever the other models say.
func TestAnErrorThatMayPassIsNoRejection(t *testing.T) {
	for _, models := range [][]fit.Model{{absent}, {absent, fit.SRTM{}}, {fit.SRTM{}, silent, absent}} {
		all, failed, err := fit.All(models, ordinary())
		if !errors.Is(err, errAway) || errors.Is(err, ingest.ErrRejected) || all != nil || failed != nil {
			t.Errorf("%v, %v, %v", all, failed, err)
		}
		if strings.Contains(ingest.ReasonOf(err).Detail, secret) {
			t.Errorf("public: %+v", ingest.ReasonOf(err))
		}
	}
}

// Where all models fail, the kinds of their errors are found in the one of All.
func TestTheKindsOfAllFailuresAreKept(t *testing.T) {
	short := ordinary()
	short.Frames = short.Frames[:3]
	for i := range short.TACs {
		short.TACs[i].BqPerML = short.TACs[i].BqPerML[:3]
	}
	_, _, err := fit.All([]fit.Model{fit.SRTM{}, fit.MRTM{}}, short)
	if !errors.Is(err, fit.ErrTooFewFrames) || !errors.Is(err, ingest.ErrRejected) || ingest.ReasonOf(err).Code != ingest.CodeFit {
		t.Errorf("%v", err)
	}
	if want := "FIT: srtm, mrtm: 3 frames: too few frames to fit"; err.Error() != want {
		t.Errorf("%q, want %q", err, want)
	}
	if errors.Is(err, fit.ErrK2Prime) {
		t.Error("a kind that no model gave")
	}
}

// Where there is nothing to fit, the error says what is missing.
func TestNothingToFitIsNamed(t *testing.T) {
	models := []fit.Model{fit.SRTM{}}
	alone := ordinary()
	alone.TACs = slices.DeleteFunc(slices.Clone(alone.TACs), func(c extract.TAC) bool { return c.Region != alone.Reference })
	for _, test := range []struct {
		models []fit.Model
		scan   fit.Scan
		want   string
	}{
		{nil, ordinary(), "no model is given"},
		{models, fit.Scan{}, "FIT: the scan has no curves"},
		{models, alone, `FIT: no region is left to fit: there is but the reference, "` + string(alone.Reference) + `"`},
	} {
		if _, _, err := fit.All(test.models, test.scan); err == nil || err.Error() != test.want || !errors.Is(err, ingest.ErrRejected) {
			t.Errorf("%v, want %s", err, test.want)
		}
	}
}
