package jetstream

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"

	"github.com/nats-io/nats.go"
)

// OldestServer is the oldest nats-server that tacstream works with. In older
// ones whoever may read the events can delete them: the empty answer to a pull
// request, led to a subject of $JS.API, passes for a request.
const OldestServer = "2.15.3"

// ErrOldServer is wrapped by every error that refuses a server for its version.
var ErrOldServer = errors.New("this nats-server cannot be used")

// errUnconnected means that there is no server whose version could be read.
var errUnconnected = fmt.Errorf("NATS does not answer: %w", nats.ErrDisconnected)

// CheckServer returns an error that wraps ErrOldServer where the server that
// conn talks to is older than OldestServer or does not say how old it is, and
// one that wraps nats.ErrDisconnected where conn talks to none. A connection may
// come to another server with every reconnect: check then, too.
func CheckServer(conn *nats.Conn) error {
	// A version that is read while the connection changes may be nobody's.
	before := conn.Stats().Reconnects
	up := conn.IsConnected()
	version := conn.ConnectedServerVersion()
	if !up || !conn.IsConnected() || conn.Stats().Reconnects != before {
		return errUnconnected
	}
	return CheckVersion(version)
}

// versions are such as 2.15.3, 2.16.0-RC.1 or 2.15.3+build.
var versions = regexp.MustCompile(`^v?(\d{1,6})\.(\d{1,6})\.(\d{1,6})(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$`)

// CheckVersion returns an error that wraps ErrOldServer unless a nats-server of
// this version is OldestServer or newer. A preview of OldestServer itself is
// older; one of a later version is not.
func CheckVersion(version string) error {
	found, preview, ok := parseVersion(version)
	if !ok {
		return refusal(fmt.Sprintf("its version is %q, which cannot be compared", version))
	}
	oldest, _, _ := parseVersion(OldestServer)
	for i := range found {
		if found[i] > oldest[i] {
			return nil
		}
		if found[i] < oldest[i] {
			return refusal("its version is " + version)
		}
	}
	if preview {
		return refusal("its version is " + version + ", a preview")
	}
	return nil
}

func refusal(why string) error {
	return fmt.Errorf("%w: %s, and older ones than %s let any reader of the events delete them; upgrade nats-server to %s or newer, or leave nats.url empty to run the embedded one",
		ErrOldServer, why, OldestServer, OldestServer)
}

func parseVersion(text string) (v [3]int, preview, ok bool) {
	m := versions.FindStringSubmatch(text)
	if m == nil {
		return v, false, false
	}
	for i := range v {
		v[i], _ = strconv.Atoi(m[i+1]) // six digits at most
	}
	return v, m[4] != "", true
}
