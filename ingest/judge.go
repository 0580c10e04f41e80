package ingest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
)

// A Book is what a Judge reads and writes: the ledger's view of series.
type Book interface {
	RegionLister
	// Count returns how many records a series has, at the price of none.
	Count(ctx context.Context, series Token) (int, error)
	// Load returns every record of a series.
	Load(ctx context.Context, series Token) ([]Record, error)
	// State returns the state of a series, the zero State with the series'
	// name where there is none.
	State(ctx context.Context, series Token) (State, error)
	// SetState writes the state if its revision is still the last, else
	// ErrConflict.
	SetState(ctx context.Context, s State) error
	// Members returns what is noted of the series of a study.
	Members(ctx context.Context, study string) ([]Member, error)
	// SetMember notes it of one, if its revision is still the last, else
	// ErrConflict.
	SetMember(ctx context.Context, study string, m Member) error
}

// A Member is a series of a study that is whole, or was.
type Member struct {
	Series   Token  `json:"series"`
	Whole    bool   `json:"whole"`
	Space    string `json:"space,omitempty"` // FrameOfReferenceUID, when it was whole last
	Revision uint64 `json:"-"`
}

// A Sink states what became of series. Stating the same again changes
// nothing.
type Sink interface {
	// Stated says what the input of a series has come to.
	Stated(ctx context.Context, o Outcome) error
	// Unusable says that objects of a folder serve for nothing, and returns
	// the id of the event that says so, which is the same for the same.
	Unusable(ctx context.Context, b Byproducts) (event string, err error)
	// Withdraw takes back the result of a series, if it has one, in favour of
	// the state's number: no result with a smaller one may follow.
	Withdraw(ctx context.Context, s State, why Reason) error
	// MadeBy returns the settings and the results version by which the last
	// result of a series was made, as its event says; the zero Plan where
	// there is none.
	MadeBy(ctx context.Context, s State) (Plan, error)
	// Progress says how many slots are filled. It may be lost.
	Progress(o Outcome)
}

// A Queue holds jobs and alarms.
type Queue interface {
	// Enqueue makes sure that the queue holds the job. A newer job of the same
	// series takes the place of an older one.
	Enqueue(ctx context.Context, j Job) error
	// Arm has Check called for the series, with quiet set, after the quiet
	// time. Arming again moves the time.
	Arm(ctx context.Context, series Token) error
}

// A Judge decides what has become possible.
type Judge struct {
	Book  Book
	Sink  Sink
	Queue Queue
	// Plan returns by what the result of a whole series would be made today.
	// Kept is the plan of its last revision: a protocol that the configuration
	// has no longer may be taken from there.
	Plan func(a Assembly, kept Plan) Plan
	// Now tells the time; nil means time.Now.
	Now func() time.Time
	// At is called at labelled points, for tests that end the process there;
	// it may be nil.
	At func(point string)
}

func (j *Judge) at(point string) {
	if j.At != nil {
		j.At(point)
	}
}

// now returns the time as states keep it.
func (j *Judge) now() time.Time {
	if j.Now != nil {
		return j.Now().UTC().Truncate(time.Second)
	}
	return time.Now().UTC().Truncate(time.Second)
}

// today returns the plan for a whole series.
func (j *Judge) today(a Assembly, kept Plan) Plan {
	if j.Plan == nil {
		return kept
	}
	return j.Plan(a, kept)
}

// Check reads what the ledger holds of a series and does what follows from
// it: states the outcome, publishes the job, sets the timer, withdraws the
// result. It may be called at any time, any number of times, by many at once.
//
// The other series of its study are checked as well, where what they are joined
// with is no longer so.
func (j *Judge) Check(ctx context.Context, series Token, quiet bool) error {
	study, err := j.settle(ctx, series, quiet, false)
	if err != nil || study == "" {
		return err
	}
	others, err := j.disturbed(ctx, study, series)
	for _, other := range others {
		_, failed := j.settle(ctx, other, false, true)
		err = errors.Join(err, failed)
	}
	return err
}

// settle checks one series until nobody wrote in between. It returns the study
// in which others may have to be checked too, "" for none. Kin means that
// another series of the study was judged, so that less may be seen than before.
func (j *Judge) settle(ctx context.Context, series Token, quiet, kin bool) (study string, err error) {
	for range maxConflicts {
		study, err = j.check(ctx, series, quiet, kin)
		if !errors.Is(err, ErrConflict) {
			return study, err
		}
	}
	return "", fmt.Errorf("series %s: %w", series, ErrConflict)
}

func (j *Judge) check(ctx context.Context, series Token, quiet, kin bool) (study string, err error) {
	// The state is read first: whoever writes it meanwhile makes this
	// judgement conflict.
	state, err := j.Book.State(ctx, series)
	if err != nil {
		return "", err
	}
	if short, err := j.short(ctx, state, quiet); err != nil || short {
		return "", err
	}
	before := state
	v, calm, err := j.noted(ctx, &state, quiet)
	if err != nil {
		return "", err
	}
	if state.Stands() && state.Formula < LookFormula {
		if adopted, err := j.adopt(ctx, state, v); err != nil || adopted {
			return state.Study, err
		}
	}
	plan, anew, err := j.planned(ctx, &v, state, quiet)
	if err != nil {
		return "", err
	}
	if !quiet && state.Whole() && v.Outcome.lacksRegions() && !v.Regions.Pending {
		return state.Study, j.hold(ctx, state)
	}
	if v.Regions.Pending && state.Look != "" {
		return j.check(ctx, series, true, kin) // an atlas serves already
	}
	if v.Seen < state.Judged && !kin && !quiet {
		return "", nil // somebody has judged on more than this
	}
	if v.Seen <= state.Judged && state.Quiet && !quiet {
		return j.check(ctx, series, true, kin) // nothing at all came since it was quiet
	}
	if v.Outcome.Condition == Absent && state.Number == 0 && state.Condition == "" {
		return "", nil
	}
	if v.Outcome.Condition == Absent && state.Number == 0 && state.Condition == Receiving && !calm {
		return "", j.Queue.Arm(ctx, series) // its first objects may be on their way to other keys
	}
	return state.Study, j.decide(ctx, before, state, v, plan, anew, calm)
}

// hold gives regions that are gone the quiet time to come back: they may be on
// their way to another key, as a move copies and deletes one object after the
// other. The timer is set once, or whoever asks meanwhile would put it off for
// ever.
func (j *Judge) hold(ctx context.Context, s State) error {
	if s.Held {
		return nil
	}
	s.Held = true
	if err := j.Book.SetState(ctx, s); err != nil {
		return err
	}
	return j.Queue.Arm(ctx, s.Series)
}

// decide writes what follows from a view into the state, and does what follows
// from that. Anew means that a new revision is due although the input is the
// same.
func (j *Judge) decide(ctx context.Context, before, state State, v View, plan Plan, anew, calm bool) error {
	state.Judged, state.Quiet = v.Seen, calm && !v.Regions.Pending
	look := v.look()
	kept := look != "" && look == state.Look && !anew
	switch {
	case kept && state.Result == Conflict && state.Stands():
		// Headers agree, yet who read the contents found a contradiction.
		v.Outcome.Condition, v.Outcome.Reason = Inconsistent, state.Why
	case look != "" && len(plan.Protocol) == 0 && !(kept && state.Stands() && state.Result != Unfitted):
		v.Outcome.Condition, v.Outcome.Reason = Waiting, withoutProtocol()
	}
	state.take(v.Outcome)
	now := j.now()
	switch {
	case look != "" && !kept:
		if look != state.Look || state.Stands() {
			state.Tried = nil
		}
		state.Tried = append(state.Tried[:len(state.Tried):len(state.Tried)], plan.key())
		state.renumber(look, plan, now)
	case look == "" && state.Look != "" && (v.Outcome.Condition != Receiving || v.Outcome.Want > 0):
		state.renumber("", plan, now)
	}
	state.Ask, state.Held = "", false
	if !sameOutcome(before, state) {
		state.Since = now
	}
	if !sameState(before, state) {
		if err := j.Book.SetState(ctx, state); err != nil {
			return err
		}
		if state.Unfinished() {
			j.at("state-set")
		}
	}
	v.Outcome.Site, v.Outcome.Since = state.Site, state.Since
	if err := j.follow(ctx, state, v.Outcome); err != nil || !v.Regions.Pending {
		return err
	}
	return j.Queue.Arm(ctx, state.Series)
}

// withoutProtocol says why a whole series with regions has no estimates.
func withoutProtocol() Reason {
	return Reason{Code: CodeNoProtocol, Detail: "no protocol in the configuration matches the tracer, so the curves are published and no model runs; add a protocol, see 'tacstream config', and the series goes on by itself"}
}

// short reports whether a series that is being received cannot be whole yet,
// for want of records. Then only the timer moves.
func (j *Judge) short(ctx context.Context, s State, quiet bool) (bool, error) {
	if quiet || s.Condition != Receiving || s.Look != "" || s.Want == 0 || s.Multiframe || s.Number > 0 {
		return false, nil
	}
	n, err := j.Book.Count(ctx, s.Series)
	if err != nil || n >= s.Want {
		return false, err
	}
	o := s.Outcome()
	o.Have = n
	j.Sink.Progress(o)
	return true, j.Queue.Arm(ctx, s.Series)
}

// follow does what the state asks for. All of it may be done twice.
func (j *Judge) follow(ctx context.Context, s State, o Outcome) error {
	if o.Condition == Receiving {
		j.Sink.Progress(o)
		if err := j.Queue.Arm(ctx, s.Series); err != nil {
			return err
		}
	} else if err := j.Sink.Stated(ctx, o); err != nil {
		return err
	}
	switch {
	case s.Look == "" && s.Number > 0:
		why := o.Reason
		if o.Condition == Receiving {
			why = Reason{Code: CodeDeleted, Detail: fmt.Sprintf("%d of %d slots are left", o.Have, o.Want)}
		}
		return j.Sink.Withdraw(ctx, s, why)
	case s.Unfinished():
		if err := j.Queue.Enqueue(ctx, s.Job()); err != nil {
			return err
		}
		j.at("enqueued")
	}
	return nil
}

// A View is what the ledger says of a series at one moment.
type View struct {
	Assembly Assembly
	Outcome  Outcome
	Kin      Kin
	Regions  Regions
	Seen     uint64 // the newest ledger revision in it, but for those of kin
}

// View reads the records of a series, of those that it is joined with, and its
// region source, which may be the atlas with that key.
func (j *Judge) View(ctx context.Context, series Token, quiet bool, atlas string) (View, error) {
	v, err := j.whole(ctx, series, quiet)
	if err == nil {
		err = j.complete(ctx, &v, quiet, atlas)
	}
	return v, err
}

// whole reads the records of a series by itself.
func (j *Judge) whole(ctx context.Context, series Token, quiet bool) (v View, err error) {
	records, err := j.Book.Load(ctx, series)
	if err != nil {
		return v, err
	}
	for _, r := range records {
		v.Seen = max(v.Seen, r.Revision)
	}
	v.Assembly, v.Outcome = Assess(series, records, quiet)
	return v, nil
}

// complete adds what a whole series needs of others: the series that it is
// joined with, and regions, for which the atlas with that key may serve.
func (j *Judge) complete(ctx context.Context, v *View, quiet bool, atlas string) error {
	if v.Outcome.Condition != Ready {
		return nil
	}
	a := v.Assembly
	others, err := j.others(ctx, a.study(), a.Series, a.Header.Strict.FrameOfReferenceUID)
	if err != nil {
		return err
	}
	v.Kin = KinOf(a, others)
	v.Outcome.Family = v.Kin.family()
	need := Need{Space: a.Header.Strict.FrameOfReferenceUID, Atlas: atlas, Quiet: quiet}
	need.Grid = [3]int{a.Header.Strict.Columns, a.Header.Strict.Rows, len(a.Positions)}
	looking := newWatch(j.Book, a.Series)
	regions, ok, seen, err := FindRegions(ctx, looking, a.Bucket, v.folders(), need)
	if err == nil {
		err = looking.end(ctx, a.Bucket, v.folders())
	}
	if err != nil {
		return err
	}
	v.Seen = max(v.Seen, seen) // also of a series that needs none: it may have been judged by them before
	switch {
	case v.Kin.Lead != "":
		v.Outcome.Condition = Joined
		v.Outcome.Reason = Reason{Code: CodeJoined, Detail: fmt.Sprintf("the series goes on with an acquisition that began with series %s; the frames of both are fitted there", v.Kin.Lead)}
		return nil
	case !ok:
		v.Outcome.Condition, v.Outcome.Reason = Waiting, regions.absent()
	}
	v.Regions = regions
	return nil
}

// folders returns those of the series and of its parts, sorted.
func (v View) folders() []string {
	list := slices.Clone(v.Assembly.Folders)
	for _, p := range v.Kin.Parts {
		list = append(list, p.Folders...)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// Parts returns the series and those that continue it, in order of time.
func (v View) Parts() []Assembly {
	return append([]Assembly{v.Assembly}, v.Kin.Parts...)
}

// look digests the input of a result of this view, "" where there can be none.
// More is what earlier releases digested too.
func (v View) look(more ...string) string {
	if v.Outcome.Condition != Ready {
		return ""
	}
	h := sha256.New()
	part := func(s string) {
		io.WriteString(h, s)
		h.Write([]byte{0}) // "a"+"bc" and "ab"+"c" must differ
	}
	for _, a := range v.Parts() {
		for _, records := range [][]Record{a.Slots, a.Doubles} {
			for _, r := range records {
				part(r.Instance.SOPInstanceUID)
				part(r.ETag)
			}
			part("")
		}
	}
	part(v.Regions.Digest())
	for _, m := range more {
		part(m)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// sameState reports whether writing b over a would change nothing worth a
// write: that more has been seen without another judgement is not.
func sameState(a, b State) bool {
	return a.Number == b.Number && a.Look == b.Look && a.Ask == b.Ask && a.Held == b.Held && sameOutcome(a, b) &&
		(a.Quiet == b.Quiet || !b.Quiet) && a.Study == b.Study
}

// sameOutcome reports whether both states say the same of the input.
func sameOutcome(a, b State) bool {
	return a.Condition == b.Condition && a.Reason == b.Reason && a.Have == b.Have && a.Want == b.Want &&
		len(a.Missing) == len(b.Missing) && a.Family.equal(b.Family)
}
