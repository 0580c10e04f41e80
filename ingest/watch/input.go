package watch

import (
	"context"
	"fmt"

	"tacstream/ingest"
)

// View reads the records of a series, of those that it is joined with, and its
// region source, which may be the atlas with that key.
func (j *Judge) View(ctx context.Context, series ingest.Token, quiet bool, atlas string) (View, error) {
	v, err := j.whole(ctx, series, quiet)
	if err == nil {
		err = j.complete(ctx, &v, quiet, atlas)
	}
	return v, err
}

// complete adds what a whole series needs of others: the series that it is
// joined with, and regions, for which the atlas with that key may serve.
func (j *Judge) complete(ctx context.Context, v *View, quiet bool, atlas string) error {
	if v.Outcome.Condition != ingest.Ready {
		return nil
	}
	a := v.Assembly
	others, err := j.others(ctx, examinationOf(a), a.Series, a.Header.Strict.FrameOfReferenceUID)
	if err != nil {
		return err
	}
	v.Relatives = RelativesOf(a, others)
	v.Outcome.Relatives = v.Relatives.tokens()
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
	case v.Relatives.Lead != "":
		v.Outcome.Condition = ingest.Joined
		v.Outcome.Reason = ingest.Reason{Code: ingest.CodeJoined, Detail: fmt.Sprintf("the series continues series %s; the frames of both are fitted under that one", v.Relatives.Lead)}
		return nil
	case !ok:
		v.Outcome.Condition, v.Outcome.Reason = ingest.Waiting, regions.absent()
	}
	v.Regions = regions
	return nil
}
