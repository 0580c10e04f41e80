package cli

import (
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"tacstream/ingest"
	"tacstream/publish"
)

// forgetTimers drops every notice and every timer, as age does in the end.
func forgetTimers(r *rig) {
	r.t.Helper()
	js, err := jetstream.New(r.connect().Conn)
	if err != nil {
		r.t.Fatal(err)
	}
	s, err := js.Stream(r.t.Context(), "TAC_NOTICES")
	if err == nil {
		err = s.Purge(r.t.Context())
	}
	if err != nil {
		r.t.Fatal(err)
	}
}

// Timers that are lost, or expire while nothing runs, are set again: a series
// with a hole is called incomplete, and an unusable object is stated, all the
// same.
func TestTimersThatAreLostAreSetAgain(t *testing.T) {
	t.Parallel()
	r := newRigQuiet(t, 3*time.Second)
	r.serve("nats,s3")
	p := r.serve("ingest")
	r.upload("", filesOf(smallScan(1, scanFrames))[1:])
	r.put("scan-1/pet/notes.txt", []byte("notes"))
	r.eventually(time.Minute, func() bool {
		states, others := r.states(), 0
		err := r.connect().Ledger.Others(t.Context(), func(ingest.Record) { others++ })
		return err == nil && len(states) == 1 && states[0].Condition == ingest.Receiving && others == 1
	}, "the series is not being received")
	p.kill()
	forgetTimers(r)
	r.serve("ingest")
	r.eventually(time.Minute, func() bool { return r.states()[0].Condition == ingest.Incomplete }, "the series is not called incomplete")
	r.eventually(time.Minute, func() bool { return len(r.events("pet.v1.*.dead.ingest")) == 1 }, "the object is not stated")
}

// What a notice meant that expired before anybody took it is found by the
// listing at the next start.
func TestNoticesThatExpireAreListed(t *testing.T) {
	t.Parallel()
	scan := smallScan(1, scanFrames)
	want := truth(t, scan)
	r := newRig(t)
	r.serve("nats,s3")
	r.upload("", filesOf(scan))
	forgetTimers(r)
	r.serve("ingest,work")
	r.settle(1).same(t, want)
}

// The configuration says to what published curves are corrected for decay.
func TestDecayIsCorrectedToWhatTheConfigurationSays(t *testing.T) {
	t.Parallel()
	for decay, want := range map[string]string{"injection": "injection", "start": "start", "stored": "stored"} {
		r := newRig(t)
		body := r.configText()
		write(t, r.config, body+"decay: "+decay+"\n")
		r.serve("nats,s3,ingest,work")
		r.upload("", filesOf(smallScan(1, scanFrames)))
		r.settle(1)
		events := r.events("pet.v1.*.tacs.*")
		e, err := publish.Decode(events[0].Body)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(e.Data.(*publish.TACs).Decay.CorrectedTo); got != want {
			t.Errorf("decay: %s: curves are corrected to %s", decay, got)
		}
		if !strings.Contains(string(events[0].Body), `"time":"`) {
			t.Error("the event has no time")
		}
		r.stop()
	}
}
