package jetstream

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"tacstream/ingest"
)

// The sources that are tacstream's own.
const (
	SourceStore  = "tacstream" // the embedded store, of what belongs to no site
	SourceLister = "lister"    // the lister, of what belongs to no site

	// Requests of tacstream's own processes come where notices come, so that
	// whoever may send only there can ask for a listing.
	requestList  = "list"  // list the inboxes
	requestJudge = "judge" // judge the series whose tokens the body holds, a line each
)

// The durable consumers that are no source's. Those of sources begin with
// "in-" or "in.".
const (
	consumerTimers   = "timers"
	consumerRequests = "requests"
	// consumerShared took everything before each source had a consumer of its
	// own.
	consumerShared = "intake"
)

// SourceOf returns the source under which notices of a site's objects are sent:
// the site's label, or a word that no site can have where that label means
// something else as a source.
func SourceOf(site ingest.Site) string {
	switch site {
	case SourceStore, SourceLister, requestList, requestJudge, "facility":
		return "_" + string(site)
	}
	return string(site)
}

var plainSource = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// consumerOf returns the name of the durable consumer of a source.
func consumerOf(source string) string {
	if plainSource.MatchString(source) {
		return "in-" + source
	}
	return "in_" + hashName(source)
}

// consumer returns one of the durable consumers of notices, which all processes
// share. Each has its own places for what is in hand, so that one source's
// trouble takes none from another.
func (b *Broker) consumer(ctx context.Context, name string, filters []string) (jetstream.Consumer, error) {
	c, err := b.notices.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{
		Durable: name, FilterSubjects: filters,
		AckPolicy: jetstream.AckExplicitPolicy, AckWait: b.opts.AckWait, MaxDeliver: -1, MaxAckPending: 8 * intakeBatch,
	})
	if err != nil {
		return nil, fmt.Errorf("consumer %s: %w", name, err)
	}
	return c, nil
}

// retire removes the consumer that took everything in earlier releases. What it
// had in hand stays in the stream and goes to the others.
func (b *Broker) retire(ctx context.Context) error {
	err := b.notices.DeleteConsumer(ctx, consumerShared)
	if errors.Is(err, jetstream.ErrConsumerNotFound) {
		return nil
	}
	return err
}

// sources returns the sources of which there are notices now.
func (b *Broker) sources(ctx context.Context) ([]string, error) {
	names, err := subjects(ctx, b.notices, noticeSubject("*"))
	if err != nil {
		return nil, err
	}
	var list []string
	for _, name := range names {
		if source := strings.TrimPrefix(name, noticePrefix); source != requestList && source != requestJudge {
			list = append(list, source)
		}
	}
	return list, nil
}
