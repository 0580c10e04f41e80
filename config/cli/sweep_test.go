package cli

import (
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"tacstream/config/rig"
	"tacstream/ingest"
	"tacstream/publish"
)

// forgetTimers drops every notice and every timer, as age does in the end.
func forgetTimers(r *rig.Rig) {
	r.T.Helper()
	js, err := jetstream.New(r.Connect().Conn)
	if err != nil {
		r.T.Fatal(err)
	}
	s, err := js.Stream(r.T.Context(), "TAC_NOTICES")
	if err == nil {
		err = s.Purge(r.T.Context())
	}
	if err != nil {
		r.T.Fatal(err)
	}
}

// Timers that are lost, or expire while nothing runs, are set again: a series
// with a hole is called incomplete, and an unusable object is stated, all the
// same.
func TestTimersThatAreLostAreSetAgain(t *testing.T) {
	t.Parallel()
	r := rig.NewQuiet(t, 3*time.Second)
	r.Serve("nats,s3")
	p := r.Serve("ingest")
	r.Upload("", rig.FilesOf(rig.SmallScan(1, scanFrames))[1:])
	r.Put("scan-1/pet/notes.txt", []byte("notes"))
	r.Eventually(time.Minute, func() bool {
		states, others := r.States(), 0
		err := r.Connect().Ledger.Others(t.Context(), func(ingest.Record) { others++ })
		return err == nil && len(states) == 1 && states[0].Condition == ingest.Receiving && others == 1
	}, "the series is not being received")
	p.Kill()
	forgetTimers(r)
	r.Serve("ingest")
	r.Eventually(time.Minute, func() bool { return r.States()[0].Condition == ingest.Incomplete }, "the series is not called incomplete")
	r.Eventually(time.Minute, func() bool { return len(r.Events("pet.v1.*.dead.ingest")) == 1 }, "the object is not stated")
}

// What a notice meant that expired before anybody took it is found by the
// listing at the next start.
func TestNoticesThatExpireAreListed(t *testing.T) {
	t.Parallel()
	scan := rig.SmallScan(1, scanFrames)
	want := truth(t, scan)
	r := rig.New(t)
	r.Serve("nats,s3")
	r.Upload("", rig.FilesOf(scan))
	forgetTimers(r)
	r.Serve("ingest,work")
	r.Settle(1).Same(t, want)
}

// The configuration says to what published curves are corrected for decay.
func TestDecayIsCorrectedToWhatTheConfigurationSays(t *testing.T) {
	t.Parallel()
	for decay, want := range map[string]string{"injection": "injection", "start": "start", "stored": "stored"} {
		r := rig.New(t)
		body := r.ConfigText()
		rig.WriteFile(t, r.Config, body+"decay: "+decay+"\n")
		r.Serve("nats,s3,ingest,work")
		r.Upload("", rig.FilesOf(rig.SmallScan(1, scanFrames)))
		r.Settle(1)
		events := r.Events("pet.v1.*.tacs.*")
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
		r.Stop()
	}
}
