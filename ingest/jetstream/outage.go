package jetstream

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// The errors of JetStream's API that mean "not now": members of a cluster are
// away, or it has no leader at the moment. An error that asks for a person,
// such as insufficient resources (10023), is not among them.
const (
	errClusterIncomplete    jetstream.ErrorCode = 10004
	errClusterNoPeers       jetstream.ErrorCode = 10005 // fewer members are there than a stream has replicas
	errClusterNotAssigned   jetstream.ErrorCode = 10007
	errClusterNotAvailable  jetstream.ErrorCode = 10008 // no leader
	errClusterNotLeader     jetstream.ErrorCode = 10009
	errStreamOffline        jetstream.ErrorCode = 10118 // all members that hold it are away
	errConsumerOffline      jetstream.ErrorCode = 10119
	errLastSequenceNotReady jetstream.ErrorCode = 10163
	firstServerError                            = 500
	betweenTries                                = 200 * time.Millisecond
	waitQuietly                                 = 3 * time.Second // how long waiting goes on before it is said
)

// passing reports whether the server may answer better in a moment.
func passing(err error) bool {
	for _, known := range []error{
		nats.ErrTimeout, context.DeadlineExceeded, nats.ErrNoResponders, nats.ErrDisconnected, nats.ErrReconnectBufExceeded, nats.ErrStaleConnection,
		nats.ErrConnectionReconnecting, jetstream.ErrNoStreamResponse, jetstream.ErrJetStreamNotEnabled, jetstream.ErrServerShutdown,
	} {
		if errors.Is(err, known) {
			return true
		}
	}
	var api *jetstream.APIError
	return errors.As(err, &api) && slices.Contains([]jetstream.ErrorCode{
		errClusterIncomplete, errClusterNoPeers, errClusterNotAssigned, errClusterNotAvailable, errClusterNotLeader,
		errStreamOffline, errConsumerOffline, errLastSequenceNotReady,
	}, api.ErrorCode)
}

// Outage reports whether an error says that NATS is away or cannot do now what
// it was asked, which is no fault of the one who asked: no attempt is to be
// counted. Unlike at the start, a server that is full belongs to it.
func Outage(err error) bool {
	var api *jetstream.APIError
	return passing(err) || errors.As(err, &api) && api.Code >= firstServerError ||
		errors.Is(err, nats.ErrConnectionClosed) || errors.Is(err, jetstream.ErrConnectionClosed) ||
		errors.Is(err, jetstream.ErrConsumerLeadershipChanged) || errors.Is(err, jetstream.ErrNoHeartbeat)
}

// explained says in plain words what an error of a server means that is there
// and cannot do what is asked, or is not there.
func explained(err error) error {
	switch {
	case errors.Is(err, nats.ErrNoResponders), errors.Is(err, jetstream.ErrJetStreamNotEnabled), errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount):
		return fmt.Errorf("NATS has no JetStream, or not for this user: start it with -js or the like: %w", err)
	case errors.Is(err, nats.ErrReconnectBufExceeded):
		return fmt.Errorf("NATS does not answer: %w", err)
	}
	return err
}

// persist does something on a server until it succeeds, the server refuses, or
// ctx ends. A server that is away or has no leader is waited for; after
// waitQuietly waiting is called once with why, if it is not nil.
func persist(ctx context.Context, conn *nats.Conn, waiting func(error), do func(context.Context) error) error {
	for began := time.Now(); ; {
		err := CheckServer(conn)
		if err == nil {
			err = do(ctx)
		}
		if err == nil {
			err = CheckServer(conn) // another member may have answered
		}
		if err == nil {
			return nil
		}
		if refused := conn.LastError(); errors.Is(refused, nats.ErrAuthorization) || errors.Is(refused, nats.ErrAuthExpired) {
			return fmt.Errorf("the user or the password of NATS is wrong: %w", refused)
		}
		if refused := conn.LastError(); errors.Is(refused, nats.ErrPermissionViolation) && passing(err) {
			return fmt.Errorf("the user of NATS may not do what is needed: %w", refused) // and so gets no answer
		}
		err = explained(err)
		if ctx.Err() != nil || !passing(err) {
			return err
		}
		if waiting != nil && time.Since(began) > waitQuietly {
			waiting(err)
			waiting = nil
		}
		if pause(ctx, betweenTries); ctx.Err() != nil {
			return err
		}
	}
}

// pause waits for d, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
