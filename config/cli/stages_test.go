package cli

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"tacstream/config/rig"
	"tacstream/ingest"
	"tacstream/publish"
)

// A job at which workers die is buried in the stage in which they died.
func TestAJobIsBuriedWhereItDied(t *testing.T) {
	t.Parallel()
	scan := rig.SmallScan(1, scanFrames)
	r := rig.New(t)
	rig.WriteFile(t, r.Config, r.ConfigText()+"  crashes: 2\n")
	r.Serve("nats,s3,ingest")
	r.Upload("", rig.FilesOf(scan))
	seen := map[publish.Type]bool{}
	for i, c := range []struct {
		point string
		want  publish.Type
	}{
		{"extracted", publish.ExtractDead},
		{"fitted", publish.FitDead},
		{"files-written", publish.PublishDead},
	} {
		for range 2 {
			victim := r.Serve("work", "TACSTREAM_KILL_AT="+c.point)
			r.Eventually(time.Minute, victim.Ended, "the worker was not killed at "+c.point)
		}
		undertaker := r.Serve("work")
		r.Eventually(time.Minute, func() bool {
			s := r.States()[0]
			return s.Result == ingest.Dead && s.Stands()
		}, "the job was not buried")
		undertaker.Terminate(t)
		for _, e := range r.Events("pet.v1.*.dead.*") {
			decoded, err := publish.Decode(e.Body)
			if err != nil {
				t.Fatal(err)
			}
			seen[decoded.Type] = true
		}
		if len(seen) != i+1 || !seen[c.want] {
			t.Errorf("killed at %s: the dead are %v, want %s", c.point, seen, c.want)
		}
		if i < 2 {
			r.Command("redrive", string(r.States()[0].Series))
			r.Eventually(time.Minute, func() bool { return r.States()[0].Unfinished() }, "the job was not tried again")
		}
	}
}

// The stage is known even where the first death is the last.
func TestAJobIsBuriedWhereItDiedAtOnce(t *testing.T) {
	t.Parallel()
	scan := rig.SmallScan(1, scanFrames)
	r := rig.New(t)
	rig.WriteFile(t, r.Config, r.ConfigText()+"  crashes: 1\n")
	r.Serve("nats,s3,ingest")
	r.Upload("", rig.FilesOf(scan))
	victim := r.Serve("work", "TACSTREAM_KILL_AT=files-written")
	r.Eventually(time.Minute, victim.Ended, "the worker was not killed")
	r.Serve("work")
	r.Settle(1)
	for _, e := range r.Events("pet.v1.*.dead.*") {
		if decoded, err := publish.Decode(e.Body); err != nil || decoded.Type != publish.PublishDead {
			t.Errorf("it died in %s, %v", decoded.Type, err)
		}
	}
	if s := r.States()[0]; s.Result != ingest.Dead {
		t.Errorf("the series is %s", s.Result)
	}
}

// Whoever listens hears of every stage of a series.
func TestProgressIsToldOfInEveryStage(t *testing.T) {
	t.Parallel()
	scan := rig.SmallScan(1, scanFrames)
	r := rig.New(t)
	r.Serve("nats,s3,ingest,work")
	var mu sync.Mutex
	heard := map[ingest.Stage]publish.Progress{}
	sub, err := r.Consumer().Subscribe("pet.v1.*.progress.*", func(m *nats.Msg) {
		e, err := publish.Decode(m.Data)
		if err != nil {
			t.Error(err)
			return
		}
		p := e.Data.(*publish.Progress)
		mu.Lock()
		defer mu.Unlock()
		if p.Stage != ingest.StageIngest && p.Cause.Revision != 1 || strings.Contains(string(m.Data), scan.Folder) {
			t.Errorf("progress: %s", m.Data)
		}
		if last := heard[p.Stage]; p.Done >= last.Done {
			heard[p.Stage] = *p
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Unsubscribe()
	r.Upload("", rig.FilesOf(scan))
	r.Settle(1)
	r.Eventually(time.Minute, func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(heard) == len(ingest.Stages())
	}, "progress of every stage was not heard")
	mu.Lock()
	defer mu.Unlock()
	if p := heard[ingest.StageExtract]; p.Done != p.Total || p.Total < scanFrames {
		t.Errorf("extract ended at %d of %d", p.Done, p.Total)
	}
	if p := heard[ingest.StageFit]; p.Total == 0 {
		t.Errorf("fit: %+v", p)
	}
}
