package fit

import (
	"errors"
	"fmt"
	"slices"

	"tacstream/extract"
	"tacstream/ingest"
)

// All fits every model to one scan and compares the estimates, see Agree. A
// model that cannot be fitted does not keep the others from it: a warning
// MODEL_FAILED names the model and the error. Where no model can be fitted, or
// the scan has no region but its reference, All returns an error with
// ingest.CodeFit.
func All(models []Model, s Scan) (all []Estimate, failed []ingest.Warning, err error) {
	if !slices.ContainsFunc(s.TACs, func(t extract.TAC) bool { return t.Region != s.Reference }) {
		return nil, nil, ingest.Reject(ingest.CodeFit, "no region is left to fit: there is but the reference, %q", s.Reference)
	}
	s = s.sharing()
	var errs []error
	for _, model := range models {
		estimates, err := model.Fit(s)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", model.Name(), err))
			failed = append(failed, ingest.Warn(ingest.WarnModelFailed, ingest.LevelWarn, 1, 0, "The model %s could not be fitted: %v.", model.Name(), err))
		}
		all = append(all, estimates...)
	}
	if len(all) == 0 {
		return nil, nil, ingest.Reject(ingest.CodeFit, "%v", errors.Join(errs...))
	}
	return Agree(all), failed, nil
}
