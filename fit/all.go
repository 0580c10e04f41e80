package fit

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"tacstream/extract"
	"tacstream/ingest"
)

// All fits every model to one scan and compares the estimates, see Agree. A
// model that cannot be fitted does not keep the others from it: a warning
// MODEL_FAILED names the model and the reason of its error. Nor does a model that
// is nil or that panics: the warning says so, without the text of the panic.
//
// Where no model gives an estimate, All returns a rejection with ingest.CodeFit,
// in which errors.Is finds the errors of the models. It gives a reason that all
// share once. Where panics are all that there is, it returns them, as an error that
// is no rejection: fit a model alone to read its panic. No model at all is
// ErrSettings.
//
// An error of a model that is no rejection may pass with time, so that nothing is
// decided: All returns it at once and no estimates.
func All(models []Model, s Scan) (all []Estimate, failed []ingest.Warning, err error) {
	if err := fittable(models, s); err != nil {
		return nil, nil, err
	}
	s = s.sharing()
	var failures failures
	for i, model := range models {
		name, estimates, err := fitOne(model, i, s)
		switch {
		case err == nil:
			all = append(all, estimates...)
			continue
		case !errors.Is(err, ingest.ErrRejected) && !errors.Is(err, errPanic):
			return nil, nil, fmt.Errorf("%s: %w", name, err)
		}
		failures = append(failures, failure{name, err})
		failed = append(failed, ingest.Warn(ingest.WarnModelFailed, ingest.LevelWarn, 1, 0, "The model %s could not be fitted: %s.", name, sayable(err)))
	}
	if len(all) == 0 {
		return nil, nil, failures.err()
	}
	return Agree(all), failed, nil
}

// fittable returns why there is nothing to fit.
func fittable(models []Model, s Scan) error {
	switch {
	case len(models) == 0:
		return ErrSettings.Saying("no model is given")
	case len(s.TACs) == 0:
		return ingest.Reject(ingest.CodeFit, "the scan has no curves")
	case !slices.ContainsFunc(s.TACs, func(t extract.TAC) bool { return t.Region != s.Reference }):
		return ingest.Reject(ingest.CodeFit, "no region is left to fit: there is but the reference, %q", s.Reference)
	}
	return nil
}

// errPanic is wrapped by the error of a model that panicked.
var errPanic = errors.New("the model broke down")

// fitOne fits the model with this index, whatever it does. Estimates that come with
// an error are dropped.
func fitOne(m Model, index int, s Scan) (name string, estimates []Estimate, err error) {
	name = fmt.Sprintf("number %d", index+1)
	if m == nil {
		return name, nil, ErrSettings.Saying("a model that was given is nil")
	}
	defer func() {
		if r := recover(); r != nil {
			estimates, err = nil, fmt.Errorf("%w: %v", errPanic, r)
		}
	}()
	name = m.Name()
	if estimates, err = m.Fit(s); err != nil {
		return name, nil, err
	}
	if len(estimates) == 0 {
		return name, nil, ingest.Reject(ingest.CodeFit, "the model gave no estimate")
	}
	return name, estimates, nil
}

// sayable returns what of a failure may be told to everybody.
func sayable(err error) string {
	if errors.Is(err, errPanic) {
		return errPanic.Error()
	}
	return ingest.ReasonOf(err).Detail
}

// A failure is a model that gave no estimate.
type failure struct {
	model string
	err   error
}

// failures are those of all models.
type failures []failure

// err returns the failures as one error: a rejection, unless all are panics.
func (f failures) err() error {
	text, panics := "", make([]error, 0, len(f))
	all := &allFailed{}
	for _, one := range f {
		if text != "" {
			text += "\n"
		}
		text += one.model + ": " + sayable(one.err)
		if errors.Is(one.err, errPanic) {
			panics = append(panics, fmt.Errorf("%s: %w", one.model, one.err))
			continue
		}
		all.causes = append(all.causes, one.err)
	}
	if len(all.causes) == 0 {
		return errors.Join(panics...)
	}
	if shared, ok := f.shared(); ok {
		text = shared
	}
	all.rejection = ingest.Reject(ingest.CodeFit, "%s", text)
	return all
}

// shared returns the reason of all failures in one sentence, if it is the same for
// all of several models.
func (f failures) shared() (string, bool) {
	var names []string
	for _, one := range f {
		if sayable(one.err) != sayable(f[0].err) {
			return "", false
		}
		names = append(names, one.model)
	}
	return strings.Join(names, ", ") + ": " + sayable(f[0].err), len(f) > 1
}

// An allFailed is the rejection of a scan that no model could be fitted to.
type allFailed struct {
	rejection error
	causes    []error // of the models
}

// Error returns the code and what each model said.
func (f *allFailed) Error() string { return f.rejection.Error() }

// Unwrap returns the rejection, whose reason counts, and the causes.
func (f *allFailed) Unwrap() []error { return append([]error{f.rejection}, f.causes...) }
