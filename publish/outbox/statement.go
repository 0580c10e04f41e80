package outbox

import (
	"tacstream/ingest"
	"tacstream/publish"
	"tacstream/publish/bids"
)

// A Result is what a job has found out about a series, and what names its files.
type Result struct {
	bids.Result
	Failure ingest.Reason // why there is no estimate; empty where there is one
}

// A Statement is a result with everything that makes it public.
type Statement struct {
	Event  publish.Event   // the result itself: an estimate or a failure
	Before []publish.Event // what goes out before it, such as the curves
	Files  []File
	Prefix string // folder of the files: series, event, slash
	// Formula and Look are kept in current.json: ingest.State.Look as a keyed
	// digest, and how it was made.
	Formula int
	Look    ingest.Token
	At      func(point string) // called at labelled points; may be nil
}

// A File is one file of a result.
type File struct {
	Name        string // below the result's folder
	ContentType string
	Data        []byte
}

func (s Statement) at(point string) {
	if s.At != nil {
		s.At(point)
	}
}

// NewStatement makes the events and the files of a result that goes to a bucket.
// A result that cannot be written down gives an error that wraps
// ingest.ErrRejected.
func NewStatement(r Result, bucket string) (Statement, error) {
	s := Statement{Prefix: r.Cause.Prefix(r.kind())}
	files := publish.Files{}
	if len(r.Curves.Frames) > 0 {
		list, err := bids.Files(r.Result)
		if err != nil {
			return s, err
		}
		for _, f := range list {
			s.Files = append(s.Files, File{Name: f.Name, ContentType: f.ContentType, Data: f.Data})
		}
		files = publish.Files{Bucket: bucket, Prefix: s.Prefix}
		files.Names, files.Curves = bids.Names(list)
		tacs, err := publish.NewTACs(r.Result.Result, files)
		if err != nil {
			return s, err
		}
		s.Before = []publish.Event{tacs}
	}
	var err error
	switch r.kind() {
	case publish.BindingFailed:
		s.Event, err = publish.NewFailed(r.Cause, r.Tracer, r.Failure, files)
	case publish.BindingEstimated:
		s.Event, err = publish.NewBinding(r.Result.Result, files)
	default:
		s.Event, s.Before = s.Before[0], nil
	}
	return s, err
}

// kind returns the type of the event that states the result.
func (r Result) kind() publish.Type {
	switch {
	case r.Failure.Code != "":
		return publish.BindingFailed
	case r.Tracer == "":
		return publish.TACsExtracted
	}
	return publish.BindingEstimated
}

// Dated returns the statement with the time, and with how the input was looked
// at, that the ledger has of the series. Look is the keyed digest of State.Look.
func (s Statement) Dated(by ingest.State, look ingest.Token) Statement {
	s.Event = s.Event.At(by.Time)
	before := s.Before
	s.Before = nil
	for _, e := range before {
		s.Before = append(s.Before, e.At(by.Time))
	}
	s.Formula, s.Look = by.Formula, look
	return s
}
