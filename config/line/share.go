package line

import (
	"context"

	"tacstream/ingest"
	"tacstream/ingest/jetstream"
	"tacstream/ingest/s3"
)

const (
	// maxListed is how many notices of one source may wait before a listing adds
	// no more: the next listing finds what is left.
	maxListed = 200_000
	// maxAgain is how many may wait before a listing has no more of the objects
	// looked at again that could not be read.
	maxAgain = 512
	// countEvery is after how many notices those that wait are counted again.
	countEvery = 128
)

// A share is what one pass sends to one source.
type share struct {
	source  string
	sent    int
	waiting int // when it was counted last, and what was sent since
	begin   int // the unreadable object with which the pass begins
	seen    int // unreadable objects so far
	stopped int // the first one that had to be left out
	full    bool
}

// next returns with which unreadable object the next pass begins, so that none
// is left out for ever.
func (s *share) next() int {
	if s.full {
		return s.stopped
	}
	return 0
}

// room reports whether fewer than so many notices of the source wait.
func (s *share) room(ctx context.Context, b *jetstream.Broker, bound int) (bool, error) {
	if s.sent%countEvery == 0 || s.waiting >= bound {
		n, err := b.Waiting(ctx, s.source)
		if err != nil {
			return false, err
		}
		s.waiting = n
	}
	return s.waiting < bound, nil
}

// share returns the share of an object's source: its site's, or the lister's own
// where it belongs to none.
func (p *pass) share(bucket, key string) *share {
	source := jetstream.SourceLister
	if m, ok := p.Sites.Of(bucket, key); ok {
		source = jetstream.SourceOf(m.Site)
	}
	s := p.shares[source]
	if s == nil {
		s = &share{source: source, begin: p.again[source]}
		p.shares[source] = s
	}
	return s
}

// send sends what the ledger lacks.
func (p *pass) send(ctx context.Context, n ingest.Notice) error {
	p.found++
	s := p.share(n.Bucket, n.Key)
	if room, err := s.room(ctx, p.Broker, maxListed); err != nil || !room {
		return err
	}
	return p.notify(ctx, s, n)
}

// retry has an object looked at again that could not be read: a pass over
// everything does so, as far as its source keeps up.
func (p *pass) retry(ctx context.Context, n ingest.Notice) error {
	if !p.whole {
		return nil
	}
	s := p.share(n.Bucket, n.Key)
	if s.seen++; s.seen <= s.begin || s.full {
		return nil
	}
	room, err := s.room(ctx, p.Broker, maxAgain)
	if err != nil {
		return err
	}
	if !room {
		s.full, s.stopped = true, s.seen-1
		return nil
	}
	return p.notify(ctx, s, n)
}

func (p *pass) notify(ctx context.Context, s *share, n ingest.Notice) error {
	s.sent++
	s.waiting++
	return p.Broker.Notify(ctx, s.source, s3.EncodeNotice(n))
}
