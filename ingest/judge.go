package ingest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
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
	// Unusable says that an object serves for nothing.
	Unusable(ctx context.Context, r Record) error
	// Withdraw takes back the result of a series, if it has one, in favour
	// of number: no result with a smaller one may follow.
	Withdraw(ctx context.Context, site Site, series Token, number int, why Reason) error
	// Progress says how many slots are filled. It may be lost.
	Progress(o Outcome)
}

// A Queue holds jobs and alarms.
type Queue interface {
	// Enqueue publishes a job; a newer job of the same series replaces one
	// that nobody has taken.
	Enqueue(ctx context.Context, j Job) error
	// Arm has Check called for the series, with quiet set, after the quiet
	// time. Arming again moves the time.
	Arm(ctx context.Context, series Token) error
}

// A Judge decides what has become possible.
type Judge struct {
	Book     Book
	Sink     Sink
	Queue    Queue
	Settings string // digest of the settings
	Version  string // of the code
	// Atlas returns the key of the atlas that may serve a series, empty where
	// there is none. It may be nil.
	Atlas func(a Assembly) string
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
	if err := j.complete(ctx, &v, quiet); err != nil {
		return "", err
	}
	if v.Regions.Pending && state.Look != "" {
		return j.check(ctx, series, true, kin) // an atlas serves already
	}
	if v.Seen < state.Judged && !kin {
		return "", nil // somebody has judged on more than this
	}
	if v.Seen <= state.Judged && state.Quiet && !quiet {
		return j.check(ctx, series, true, kin) // nothing at all came since it was quiet
	}
	if v.Outcome.Condition == Absent && state.Number == 0 && state.Condition == "" {
		return "", nil
	}
	return state.Study, j.decide(ctx, before, state, v, calm)
}

// decide writes what follows from a view into the state, and does what follows
// from that.
func (j *Judge) decide(ctx context.Context, before, state State, v View, calm bool) error {
	state.Judged, state.Quiet = v.Seen, calm && !v.Regions.Pending
	look := j.look(v)
	if look != "" && look == state.Look && state.Result == Conflict && state.Done == state.Number {
		// Headers agree, yet who read the contents found a contradiction.
		v.Outcome.Condition, v.Outcome.Reason = Inconsistent, state.Why
	}
	state.take(v.Outcome)
	v.Outcome.Site = state.Site
	switch {
	case look != "" && look != state.Look:
		state.renumber(look)
	case look == "" && state.Look != "" && (v.Outcome.Condition != Receiving || v.Outcome.Want > 0):
		state.renumber("")
	}
	if !sameState(before, state) {
		if err := j.Book.SetState(ctx, state); err != nil {
			return err
		}
	}
	if err := j.follow(ctx, state, v.Outcome); err != nil || !v.Regions.Pending {
		return err
	}
	return j.Queue.Arm(ctx, state.Series)
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
		return j.Sink.Withdraw(ctx, s.Site, s.Series, s.Number, why)
	case s.Look != "" && s.Done < s.Number:
		return j.Queue.Enqueue(ctx, Job{
			Series: s.Series, Site: s.Site, Number: s.Number, Settings: j.Settings, Version: j.Version, Redrive: s.Redrives,
		})
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
// region source.
func (j *Judge) View(ctx context.Context, series Token, quiet bool) (View, error) {
	v, err := j.whole(ctx, series, quiet)
	if err == nil {
		err = j.complete(ctx, &v, quiet)
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
// joined with, and regions.
func (j *Judge) complete(ctx context.Context, v *View, quiet bool) error {
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
	need := Need{Space: a.Header.Strict.FrameOfReferenceUID, Quiet: quiet}
	need.Grid = [3]int{a.Header.Strict.Columns, a.Header.Strict.Rows, len(a.Positions)}
	if j.Atlas != nil {
		need.Atlas = j.Atlas(a)
	}
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

// look digests everything that a result of this view would rest on, "" where
// there can be none.
func (j *Judge) look(v View) string {
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
	part(j.Settings)
	part(j.Version)
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// sameState reports whether writing b over a would change nothing worth a
// write: that more has been seen without another judgement is not.
func sameState(a, b State) bool {
	return a.Number == b.Number && a.Look == b.Look && a.Condition == b.Condition && a.Reason == b.Reason &&
		a.Have == b.Have && a.Want == b.Want && len(a.Missing) == len(b.Missing) && (a.Quiet == b.Quiet || !b.Quiet) &&
		a.Study == b.Study && a.Family.equal(b.Family)
}
