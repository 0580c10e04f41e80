package cli

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"tacstream/config/rig"
	"tacstream/ingest"
	"tacstream/ingest/dicom"
	"tacstream/ingest/phantom"
)

// moveObjects puts objects under other keys as clients of S3 do: each is copied, then
// the old one is deleted.
func moveObjects(r *rig.Rig, files []phantom.File, from, to string) {
	r.T.Helper()
	store := r.Connect().Store
	for _, f := range files {
		r.Put(to+f.Name, f.Data)
		if err := store.Delete(r.T.Context(), "inbox", from+f.Name); err != nil {
			r.T.Fatal(err)
		}
	}
}

// Whole series that are moved while they are fitted each give one result: that
// an object is gone ends no job.
func TestMovedWhileItIsFitted(t *testing.T) {
	t.Parallel()
	n := 8
	if os.Getenv("TACSTREAM_LONG") != "" {
		n = 50
	}
	r := rig.New(t)
	r.Serve("nats,s3,ingest")
	r.Serve("work")
	r.Serve("work")
	var moving sync.WaitGroup
	for i := range n {
		files := rig.FilesOf(keptScan(i))
		r.Upload("incoming/", files)
		moving.Go(func() { moveObjects(r, files, "incoming/", "scans/") })
		if i%4 == 3 {
			moving.Wait()
		}
	}
	moving.Wait()
	moved := time.Now()
	r.Settle(n)
	t.Logf("%d series came to their end %v after the last move", n, time.Since(moved).Round(time.Millisecond))
	for i := range n { // and once more when all is done
		moveObjects(r, rig.FilesOf(keptScan(i)), "scans/", "archive/")
	}
	r.AwaitDrained()
	r.Settle(n)
	r.AwaitDrained()
	if events := r.Events("pet.v1.*.binding.*.*"); len(events) != n {
		t.Errorf("%d events state the results of %d series", len(events), n)
	}
	for _, s := range r.States() {
		if s.Revision != 1 || s.Attempts != 0 || s.Result != ingest.Estimated {
			t.Errorf("series %s: number %d, %d attempts, %s", s.Series, s.Revision, s.Attempts, s.Result)
			for _, e := range r.Events("pet.v1.*.*." + string(s.Series)) {
				t.Logf("%.400s", e.Body)
			}
		}
	}
}

// A job that is lost with its stream is made again, without a listing.
func TestJobsThatAreLostAreMadeAgain(t *testing.T) {
	t.Parallel()
	scan := rig.SmallScan(1, scanFrames)
	want := truth(t, scan)
	r := rig.New(t)
	r.Serve("nats,s3,ingest")
	r.Upload("", rig.FilesOf(scan))
	js, err := jetstream.New(r.Connect().Conn)
	if err != nil {
		t.Fatal(err)
	}
	jobs := func() uint64 {
		s, err := js.Stream(t.Context(), "TAC_JOBS")
		if err != nil {
			return 0
		}
		return s.CachedInfo().State.Msgs
	}
	r.Eventually(time.Minute, func() bool { return jobs() == 1 }, "there is no job")
	s, err := js.Stream(t.Context(), "TAC_JOBS")
	if err == nil {
		err = s.Purge(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	r.Serve("work")
	r.Settle(1).Same(t, want)
	r.AwaitDrained()
}

// Ingest that dies between a state, its job and the notice's acknowledgement,
// and workers that die while they end a job or hand it back, lose nothing and
// do nothing twice.
func TestJobsSurviveADeathAtEveryStep(t *testing.T) {
	t.Parallel()
	scan := rig.SmallScan(1, scanFrames)
	want := truth(t, scan)
	for _, point := range []string{"state-set", "enqueued"} {
		t.Run(point, func(t *testing.T) {
			r := rig.New(t)
			r.Serve("nats,s3,work")
			victim := r.Serve("ingest", "TACSTREAM_KILL_AT="+point)
			r.Upload("", rig.FilesOf(scan))
			r.Eventually(time.Minute, victim.Ended, "ingest was not killed at "+point)
			r.Serve("ingest")
			r.Settle(1).Same(t, want)
			r.AwaitDrained()
		})
	}
	t.Run("done", func(t *testing.T) {
		r := rig.New(t)
		r.Serve("nats,s3,ingest")
		victim := r.Serve("work", "TACSTREAM_KILL_AT=done")
		r.Upload("", rig.FilesOf(scan))
		r.Eventually(time.Minute, victim.Ended, "the worker was not killed")
		r.Serve("work")
		r.Settle(1).Same(t, want)
		r.AwaitDrained()
	})
	t.Run("handing-back", func(t *testing.T) {
		r := rig.New(t)
		r.Serve("nats,s3,ingest")
		victim := r.Serve("work", rig.AsRelease("another"), "TACSTREAM_KILL_AT=handing-back")
		r.Upload("", rig.FilesOf(scan))
		r.Eventually(time.Minute, victim.Ended, "the worker was not killed")
		r.Serve("work")
		r.Settle(1).Same(t, want)
		r.AwaitDrained()
	})
}

// A job for another release is handed back, counted and shown, and goes on as
// soon as a worker of that release comes.
func TestAHandBackIsShown(t *testing.T) {
	t.Parallel()
	scan := rig.SmallScan(1, scanFrames)
	want := truth(t, scan)
	r := rig.New(t)
	r.Serve("nats,s3,ingest")
	stranger := r.Serve("work", rig.AsRelease("another"))
	r.Upload("", rig.FilesOf(scan))
	r.Eventually(time.Minute, func() bool {
		states := r.States()
		return len(states) == 1 && states[0].HandBacks > 1
	}, "no job is handed back twice")
	if s := r.States()[0]; s.HandedBack.Code != ingest.CodeOtherRelease || s.Attempts != 0 || s.Crashes != 0 {
		t.Errorf("%d attempts, %d crashes, handed back for %v", s.Attempts, s.Crashes, s.HandedBack)
	}
	if out := r.Command("list"); !strings.Contains(out, "handed back") || !strings.Contains(out, "OTHER_RELEASE") {
		t.Errorf("list says\n%s", out)
	}
	if !strings.Contains(stranger.Out.String(), "job handed back") {
		t.Errorf("the worker's log says\n%s", stranger.Out)
	}
	r.Serve("work")
	r.Settle(1).Same(t, want)
	r.AwaitDrained()
}

// list says of a series at work whether a worker has it.
func TestListSaysWhetherAWorkerHasASeries(t *testing.T) {
	t.Parallel()
	r := rig.New(t)
	r.Serve("nats,s3,ingest")
	r.Upload("", rig.FilesOf(rig.SmallScan(1, scanFrames)))
	r.Eventually(time.Minute, func() bool { return strings.Contains(r.Command("list"), "queued") }, "the series is not queued")
	sleeper := r.Serve("work", "TACSTREAM_KILL_AT=extracted")
	r.Eventually(time.Minute, sleeper.Ended, "the worker was not killed")
	if out := r.Command("list"); !strings.Contains(out, "left by a worker") {
		t.Errorf("list says\n%s", out)
	}
	r.Serve("work")
	r.Settle(1)
}

// A series that failed by one configuration is tried again by the one that
// runs, whatever that of the command says, and no job is left over.
func TestRedriveUnderOtherSettings(t *testing.T) {
	t.Parallel()
	scan := rig.SmallScan(1, scanFrames)
	r := rig.New(t)
	r.Serve("nats,s3")
	const wrong = "protocols:\n  - {tracer: dasb, match: dasb, reference: Nowhere, models: [srtm]}\n"
	text := rig.Configuration(20 * time.Second)
	rig.WriteFile(t, r.Config, text+wrong)
	p := r.Serve("ingest,work")
	r.Upload("", rig.FilesOf(scan))
	r.Eventually(time.Minute, func() bool { return len(r.ResultsOf("dasb")) == 1 }, "nothing fails")
	p.Terminate(t)
	rig.WriteFile(t, r.Config, text)
	r.Serve("ingest,work")
	rig.WriteFile(t, r.Config, text+strings.ReplaceAll(wrong, "Nowhere", "Elsewhere"))
	token := string(r.States()[0].Series)
	if out := r.Command("redrive", token[:6]); !strings.Contains(out, "tried again") {
		t.Errorf("redrive says %s", out)
	}
	r.Eventually(time.Minute, func() bool { return r.States()[0].Result == ingest.Estimated }, "it is not tried again")
	r.AwaitDrained()
	events := r.ResultsOf("dasb")
	if len(events) != 2 || events[1].Cause().Revision != 2 {
		t.Errorf("%d events", len(events))
	}
}

// The digests in events, files and current.json cannot be made from the files
// that were dropped.
func TestDigestsInPublicAreKeyed(t *testing.T) {
	t.Parallel()
	r := rig.New(t)
	r.Serve("nats,s3,ingest,work")
	files := rig.FilesOf(rig.SmallScan(1, scanFrames))
	r.Upload("", files)
	r.Settle(1)
	plain := digestsOf(files)
	for _, e := range r.Events("pet.v1.>") {
		for what, digest := range plain {
			if strings.Contains(string(e.Body), digest) {
				t.Errorf("event %s holds the digest of %s", e.Subject, what)
			}
		}
	}
	line := r.Connect()
	for o, err := range line.Store.List(t.Context(), line.Config.S3.Results, "") {
		if err != nil {
			t.Fatal(err)
		}
		body, _, err := line.Store.Get(t.Context(), o.Bucket, o.Key)
		if err != nil {
			t.Fatal(err)
		}
		for what, digest := range plain {
			if strings.Contains(string(body), digest) {
				t.Errorf("%s holds the digest of %s", path.Base(o.Key), what)
			}
		}
	}
}

// digestsOf returns the beginnings of what anybody can digest of files: each of
// them, and the sorted contents of the slices as the line digests its input.
func digestsOf(files []phantom.File) map[string]string {
	const enough = 12 // digits in hex
	list := map[string]string{}
	var pairs []string
	for _, f := range files {
		sum := sha256.Sum256(f.Data)
		list["the SHA-256 of "+f.Name] = hex.EncodeToString(sum[:])[:enough]
		md := md5.Sum(f.Data)
		list["the MD5 of "+f.Name] = hex.EncodeToString(md[:])[:enough]
		if found, _ := (dicom.Options{}).Classify(f.Data, int64(len(f.Data))); found.PET {
			pairs = append(pairs, found.Instance.SOPInstanceUID+"\x00"+string(sum[:]))
		}
	}
	slices.Sort(pairs)
	sum := sha256.Sum256([]byte(strings.Join(pairs, "")))
	list["all slices"] = hex.EncodeToString(sum[:])[:enough]
	return list
}

// Regions that go for good while the job waits end it after the quiet time,
// however often workers ask for the series to be judged meanwhile; regions that
// come back bring it back.
func TestRegionsThatGoBeforeTheJobIsDone(t *testing.T) {
	t.Parallel()
	scan := rig.SmallScan(1, scanFrames)
	r := rig.NewQuiet(t, 4*time.Second)
	r.Serve("nats,s3,ingest")
	r.Upload("", rig.FilesOf(scan))
	unfinished := func() bool {
		states := r.States()
		return len(states) == 1 && states[0].Unfinished()
	}
	r.Eventually(time.Minute, unfinished, "the series is not whole")
	var regions []phantom.File
	for _, f := range rig.FilesOf(scan) {
		if f.Slot.Frame == 0 {
			regions = append(regions, f)
			if err := r.Connect().Store.Delete(t.Context(), "inbox", f.Name); err != nil {
				t.Fatal(err)
			}
		}
	}
	awaitNoNotices(r)
	r.Serve("work")
	r.Eventually(time.Minute, func() bool { return r.States()[0].Condition == ingest.Waiting }, "the series does not wait for regions")
	r.AwaitDrained()
	if events := r.ResultsOf("*"); len(events) != 0 {
		t.Errorf("%d events state a result", len(events))
	}
	r.Upload("", regions)
	r.Settle(1)
	r.AwaitDrained()
}

// awaitNoNotices waits until no notice of an object is left.
func awaitNoNotices(r *rig.Rig) {
	r.T.Helper()
	js, err := jetstream.New(r.Connect().Conn)
	if err != nil {
		r.T.Fatal(err)
	}
	r.Eventually(time.Minute, func() bool {
		s, err := js.Stream(r.T.Context(), "TAC_NOTICES")
		if err != nil {
			return false
		}
		info, err := s.Info(r.T.Context(), jetstream.WithSubjectFilter("_tac.notice.>"))
		return err == nil && len(info.State.Subjects) == 0
	}, "notices are left")
}
