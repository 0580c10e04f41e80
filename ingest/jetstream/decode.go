package jetstream

import (
	"context"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"tacstream/ingest"
)

const (
	// maxRecords is how many objects of one message are looked at. What it names
	// beyond them is left to a listing of where they lie.
	maxRecords = 100
	// maxPlaces is how many places of one message are listed; with more, all that
	// the source may name is.
	maxPlaces = 16
)

// decode turns a message into the notices that are followed; alarms and requests
// go straight into the round. What cannot be read, or may not be named by the
// source, is counted and dropped: the lister finds what it may have meant.
func (f *feed) decode(ctx context.Context, m jetstream.Msg, r *round) []ingest.Notice {
	if f.request(m, r) {
		return nil
	}
	notices, err := f.Parse(f.source, m.Data())
	if err != nil {
		f.count("malformed", 1)
		f.tell(ctx, "notices that cannot be read are dropped; the lister will find what they meant", 1, "err", err)
	}
	beyond := notices[min(len(notices), maxRecords):]
	if len(beyond) > 0 && !f.past.seen(m) {
		f.leave(beyond)
	}
	return f.past.left(m, f.admit(ctx, notices[:len(notices)-len(beyond)]))
}

// admit returns the notices that the source may send.
func (f *feed) admit(ctx context.Context, notices []ingest.Notice) []ingest.Notice {
	var good []ingest.Notice
	for _, n := range notices {
		n, why := f.Door.Sites.Admit(f.sender, n)
		if why == "" {
			good = append(good, n)
			continue
		}
		f.count(string(why), 1)
		f.tell(ctx, "notices are refused: they name what their source may not", 1, "why", string(why))
	}
	return good
}

// leave has the places listed in which objects lie that a message names beyond
// its bound.
func (f *feed) leave(beyond []ingest.Notice) {
	f.count("beyond-limit", len(beyond))
	places := map[ingest.Place]bool{}
	for _, n := range beyond {
		n, why := f.Door.Sites.Admit(f.sender, n)
		if why != "" {
			f.count(string(why), 1)
			continue
		}
		places[f.Door.Sites.PlaceOf(ingest.Object{Bucket: n.Bucket, Key: n.Key})] = true
	}
	if len(places) == 0 {
		return
	}
	var list []ingest.Place
	for p := range places {
		list = append(list, p)
	}
	if len(list) > maxPlaces {
		list = f.Door.Sites.PlacesOf(f.sender)
	}
	f.Relist(list...)
}

// request turns alarms and requests into what is to be judged or listed; ok is false
// where a message is neither.
func (f *feed) request(m jetstream.Msg, r *round) (ok bool) {
	if folder, due := folderDue(m); due {
		r.folders.quiet[folder] = append(r.folders.quiet[folder], m)
		return true
	}
	subject := m.Subject()
	series, alarm := strings.CutPrefix(subject, duePrefix)
	switch {
	case alarm:
		r.add(ingest.Token(series), true, m)
	case subject == noticeSubject(requestList):
		f.Relist()
	case subject == noticeSubject(requestJudge):
		for line := range strings.Lines(string(m.Data())) {
			if t := ingest.Token(strings.TrimSpace(line)); t.Valid() {
				r.add(t, false, m)
			}
		}
	default:
		return false
	}
	return true
}
