package line

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"

	"tacstream/ingest"
	"tacstream/ingest/jetstream"
	"tacstream/ingest/s3"
	"tacstream/publish"
)

// errNotYet means that a result is out and not noted as done: its status comes
// with the next try.
var errNotYet = errors.New("the result is not noted yet")

// tell writes what became of the series that an event is about into the
// folders in which it lies.
func (l *Line) tell(ctx context.Context, e jetstream.Event) error {
	series := ingest.Token(e.Subject[strings.LastIndex(e.Subject, ".")+1:])
	event, err := publish.Decode(e.Body)
	if err != nil {
		return err
	}
	if _, isCurves := event.Data.(*publish.TACs); isCurves {
		// Of most series the result follows. Of one without a protocol the
		// curves are all there is.
		s, err := l.Ledger.State(ctx, series)
		if err != nil || s.Reason.Code != ingest.CodeNoProtocol {
			return err
		}
	}
	records, err := l.Ledger.Load(ctx, series)
	if err != nil {
		return err
	}
	type place struct{ bucket, folder string }
	told := map[place]bool{}
	for _, r := range records {
		at := place{r.Bucket, r.Folder()}
		if told[at] {
			continue
		}
		told[at] = true
		if err := l.tellIn(ctx, at.bucket, path.Join(at.folder, publish.StatusName), series, event); err != nil {
			return err
		}
	}
	return nil
}

// tellIn brings one status.json up to what the ledger says of a series. The
// file is read before the ledger is, so that whoever knows less does not write
// over it.
func (l *Line) tellIn(ctx context.Context, bucket, key string, series ingest.Token, event publish.Event) error {
	for range maxTellings {
		status, etag, err := l.status(ctx, bucket, key)
		if err != nil {
			return err
		}
		state, err := l.Ledger.State(ctx, series)
		if err != nil {
			return err
		}
		if state.Seq == 0 || etag == "" && state.Condition == ingest.Absent {
			return nil // what was cleared away stays so
		}
		if _, isState := event.Data.(*publish.SeriesState); !isState && event.Cause().Revision == state.Revision && state.Done < state.Revision {
			return errNotYet
		}
		next, changed, err := status.With(publish.NewSeriesStatus(state))
		if err != nil || !changed {
			return err
		}
		body, err := next.Encode()
		if err != nil {
			return err
		}
		_, err = l.Store.PutIf(ctx, bucket, key, body, "application/json", etag)
		if !errors.Is(err, s3.ErrPrecondition) {
			return err
		}
	}
	return fmt.Errorf("%s of series %s: %w", publish.StatusName, series, ingest.ErrConflict)
}

// maxTellings bounds how often a status is written anew because somebody else
// wrote first.
const maxTellings = 20

// status reads a status.json. One that is none, as anybody may write there, is
// begun anew; the ETag is "" where there is no object.
func (l *Line) status(ctx context.Context, bucket, key string) (publish.Status, string, error) {
	body, obj, err := l.Store.Get(ctx, bucket, key)
	switch {
	case errors.Is(err, ingest.ErrGone):
		return publish.Status{}, "", nil
	case errors.Is(err, s3.ErrTooLarge):
		return publish.Status{}, obj.ETag, nil
	case err != nil:
		return publish.Status{}, "", err
	}
	status, err := publish.DecodeStatus(body)
	if errors.Is(err, publish.ErrFile) {
		err = nil
	}
	return status, obj.ETag, err
}
