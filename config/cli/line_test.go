package cli

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"tacstream/config/rig"
	"tacstream/ingest"
	"tacstream/ingest/jetstream"
	"tacstream/ingest/phantom"
	"tacstream/ingest/s3"
)

const scanFrames = 12

// undisturbed is what an undisturbed run leaves of some scans, one after the
// other under one prefix each.
var undisturbed = struct {
	sync.Mutex
	of map[string]rig.Snapshot
}{of: map[string]rig.Snapshot{}}

// truth returns the snapshot of an undisturbed run. It is made once.
func truth(t *testing.T, scans ...phantom.Series) rig.Snapshot {
	t.Helper()
	undisturbed.Lock()
	defer undisturbed.Unlock()
	var names []string
	for _, s := range scans {
		names = append(names, s.Name)
	}
	key := strings.Join(names, ",")
	if got, ok := undisturbed.of[key]; ok {
		return got
	}
	r := rig.New(t)
	r.Serve("nats,s3,ingest,work")
	for _, s := range scans {
		r.Upload("", rig.FilesOf(s))
	}
	got := r.Settle(len(scans))
	if len(got) != 2*len(scans) {
		t.Fatalf("an undisturbed run of %d series left %d events and current.json: %v", len(scans), len(got), keys(got))
	}
	for key, body := range got {
		if strings.HasPrefix(key, "event") && !strings.Contains(body, "binding.estimated") {
			t.Fatalf("no estimate: %s", body)
		}
	}
	r.Stop()
	undisturbed.of[key] = got
	return got
}

func keys(s rig.Snapshot) []string {
	var list []string
	for k := range s {
		list = append(list, k)
	}
	slices.Sort(list)
	return list
}

func shuffled(files []phantom.File, seed uint64) []phantom.File {
	files = slices.Clone(files)
	rand.New(rand.NewPCG(seed, 0)).Shuffle(len(files), func(i, j int) { files[i], files[j] = files[j], files[i] })
	return files
}

func TestNoticesRepeatedTenTimes(t *testing.T) {
	t.Parallel()
	scan := rig.SmallScan(1, scanFrames)
	want := truth(t, scan)
	r := rig.New(t)
	r.Serve("nats,s3,ingest,work")
	files := rig.FilesOf(scan)
	r.Upload("", files)
	for range 10 {
		for _, f := range shuffled(files, 7) {
			if err := r.Connect().Broker.Notify(t.Context(), "again", s3.EncodeNotice(ingest.Notice{Bucket: "inbox", Key: f.Name})); err != nil {
				t.Fatal(err)
			}
		}
	}
	r.Settle(1)
	r.AwaitDrained()
	r.Snapshot().Same(t, want)
}

func TestNoticesOffForTheWholeUpload(t *testing.T) {
	t.Parallel()
	scan := rig.SmallScan(1, scanFrames)
	want := truth(t, scan)
	r := rig.New(t)
	r.Serve("nats,s3")
	r.Upload("", rig.FilesOf(scan))
	if err := r.Connect().Broker.ForgetNotices(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.Serve("ingest,work")
	r.Settle(1).Same(t, want)
}

func TestKilledAtEveryLabelledPoint(t *testing.T) {
	t.Parallel()
	scan := rig.SmallScan(1, scanFrames)
	want := truth(t, scan)
	for _, point := range []string{"fetched", "extracted", "fitted", "files-written", "current-moved", "published", "before-ack"} {
		t.Run(point, func(t *testing.T) {
			r := rig.New(t)
			r.Serve("nats,s3,ingest")
			victim := r.Serve("work", "TACSTREAM_KILL_AT="+point)
			r.Upload("", rig.FilesOf(scan))
			r.Eventually(time.Minute, victim.Ended, "the worker was not killed at "+point)
			r.Serve("work")
			r.Settle(1).Same(t, want)
			r.AwaitDrained()
		})
	}
}

func TestKilledAtTwentyRandomMoments(t *testing.T) {
	t.Parallel()
	scans := []phantom.Series{rig.SmallScan(1, scanFrames), rig.SmallScan(2, scanFrames), rig.SmallScan(3, scanFrames)}
	want := truth(t, scans...)
	r := rig.New(t)
	roles := []string{"nats,s3", "ingest", "work"}
	procs := map[string]*rig.Proc{}
	for _, role := range roles {
		procs[role] = r.Serve(role)
	}
	r.Connect()
	var uploading sync.WaitGroup
	uploading.Go(func() {
		for _, s := range scans {
			r.Upload("", shuffled(rig.FilesOf(s), 5))
		}
	})
	rng := rand.New(rand.NewPCG(11, 12))
	for i := range 20 {
		if err := rest(t.Context(), time.Duration(50+rng.IntN(350))*time.Millisecond); err != nil {
			t.Fatal(err)
		}
		if i%5 == 4 { // the store alone: its parent starts it again
			killChildren(procs["nats,s3"].Process.Pid)
			continue
		}
		role := roles[rng.IntN(len(roles))]
		procs[role].Kill()
		procs[role] = r.Serve(role)
	}
	uploading.Wait()
	r.Settle(len(scans)).Same(t, want)
	r.AwaitDrained()
}

// killChildren kills the child processes of a process.
func killChildren(pid int) {
	exec.Command("pkill", "-9", "-P", strconv.Itoa(pid)).Run()
}

func TestNoOrphanKeepsThePortOfTheStore(t *testing.T) {
	t.Parallel()
	r := rig.New(t)
	for range 3 {
		p := r.Serve("nats,s3")
		p.Kill()
	}
}

// A worker sleeps through its AckWait while a newer revision goes through, and
// wakes up at every point where it could still do harm.
func TestPausedWhileANewerRevisionGoesThrough(t *testing.T) {
	t.Parallel()
	rig.NeedsStopping(t)
	scan := rig.SmallScan(1, scanFrames)
	changed := overwrite(rig.FilesOf(scan))
	want := func() rig.Snapshot {
		r := rig.New(t)
		r.Serve("nats,s3,ingest,work")
		r.Upload("", rig.FilesOf(scan))
		r.Settle(1)
		r.Upload("", changed)
		r.Eventually(time.Minute, func() bool { return len(r.Events("pet.v1.*.binding.*.*")) == 2 }, "no second revision")
		return r.Settle(1)
	}()
	for _, point := range []string{"fetched", "extracted", "fitted", "files-written", "current-moved"} {
		t.Run(point, func(t *testing.T) {
			r := rig.New(t)
			r.Serve("nats,s3,ingest")
			sleeper := r.Serve("work", "TACSTREAM_STOP_AT="+point)
			r.Upload("", rig.FilesOf(scan))
			r.Eventually(time.Minute, func() bool { return stopped(sleeper.Process.Pid) }, "the worker did not stop at "+point)
			r.Upload("", changed)
			r.Serve("work")
			r.Eventually(time.Minute, func() bool {
				return slices.ContainsFunc(r.Events("pet.v1.*.binding.*.*"), func(e jetstream.Event) bool { return strings.Contains(string(e.Body), `"revision":2`) })
			}, "no second revision")
			sleeper.Resume()
			r.AwaitDrained()
			got := r.Settle(1)
			// The first revision may never have been stated: it was replaced
			// while its worker slept. What is there is as if nobody had.
			for key, body := range got {
				if predecessor.ReplaceAllString(want[key], "") != predecessor.ReplaceAllString(body, "") {
					t.Errorf("%s is not as undisturbed:\n%s\nwant\n%s", key, body, want[key])
				}
			}
			if len(got) < len(want)-1 {
				t.Errorf("only %v", keys(got))
			}
		})
	}
}

// predecessor is what an event says of the one whose place it takes.
var predecessor = regexp.MustCompile(`,"supersedes":"[0-9a-f]{32}"`)

// overwrite returns the first slice with other pixels under the same key and
// UID: a new revision.
func overwrite(files []phantom.File) []phantom.File {
	f := files[0]
	f.Data = slices.Clone(f.Data)
	f.Data[len(f.Data)-1] ^= 1
	return []phantom.File{f}
}

func TestThreeWorkersAtOnce(t *testing.T) {
	t.Parallel()
	scans := []phantom.Series{rig.SmallScan(1, scanFrames), rig.SmallScan(2, scanFrames), rig.SmallScan(3, scanFrames)}
	want := truth(t, scans...)
	r := rig.New(t)
	r.Serve("nats,s3,ingest")
	for range 3 {
		r.Serve("ingest,work")
	}
	for _, s := range scans {
		r.Upload("", rig.FilesOf(s))
	}
	r.Settle(len(scans)).Same(t, want)
}

// Regions and the last slice arrive at the same moment, and two processes take
// the notices: one of them at least must see both.
func TestRegionsAndLastSliceAtTheSameMoment(t *testing.T) {
	t.Parallel()
	const times = 100
	r := rig.New(t)
	r.Serve("nats,s3,ingest,work")
	r.Serve("ingest")
	r.Serve("ingest")
	for i := range times {
		scan := rig.SmallScan(uint64(1000+i), 2)
		files := rig.FilesOf(scan)
		last := slices.IndexFunc(files, func(f phantom.File) bool { return strings.Contains(f.Name, "dseg") })
		r.Upload("", files[:last-1])
		var both sync.WaitGroup
		for _, f := range files[last-1:] {
			both.Go(func() { r.Put(f.Name, f.Data) })
		}
		both.Wait()
	}
	r.Settle(times)
	r.AwaitDrained()
	if got := r.Snapshot(); len(got) != 2*times {
		t.Errorf("%d series left %d events and current.json", times, len(got))
	}
}

func TestUploadOrderShuffled(t *testing.T) {
	t.Parallel()
	scan := rig.SmallScan(1, scanFrames)
	want := truth(t, scan)
	r := rig.New(t)
	r.Serve("nats,s3,ingest,work")
	r.Upload("", shuffled(rig.FilesOf(scan), 42))
	r.Settle(1).Same(t, want)
}

func TestNATSRestartedInTheMiddle(t *testing.T) {
	t.Parallel()
	scan := rig.SmallScan(1, scanFrames)
	want := truth(t, scan)
	r := rig.New(t)
	servers := r.Serve("nats,s3")
	r.Serve("ingest,work")
	files := rig.FilesOf(scan)
	r.Upload("", files[:len(files)/2])
	servers.Terminate(t)
	r.Serve("nats,s3")
	r.Upload("", files[len(files)/2:])
	r.Settle(1).Same(t, want)
}

func TestTwoSeriesInterleavedUnderOnePrefix(t *testing.T) {
	t.Parallel()
	a, b := rig.SmallScan(1, scanFrames), rig.SmallScan(2, scanFrames)
	want := truth(t, a, b)
	r := rig.New(t)
	r.Serve("nats,s3,ingest,work")
	var files []phantom.File
	for i, s := range []phantom.Series{a, b} {
		for _, f := range rig.FilesOf(s) {
			f.Name = fmt.Sprintf("mixed/%d-%s", i, f.Name[strings.LastIndex(f.Name, "/")+1:])
			if strings.Contains(f.Name, "dseg") {
				f.Name = "mixed/regions/" + f.Name[strings.LastIndex(f.Name, "-")+1:]
			}
			files = append(files, f)
		}
	}
	r.Upload("", shuffled(files, 3))
	r.Settle(2).Same(t, want)
}

func TestTheSameFilesAgainUnderOtherKeys(t *testing.T) {
	t.Parallel()
	scan := rig.SmallScan(1, scanFrames)
	want := truth(t, scan)
	r := rig.New(t)
	r.Serve("nats,s3,ingest,work")
	r.Upload("", rig.FilesOf(scan))
	r.Settle(1)
	r.Upload("copies/", rig.FilesOf(scan))
	r.AwaitDrained()
	r.Settle(1).Same(t, want)
}

func TestAMissingSliceAndWhatLiesBesideGoodFiles(t *testing.T) {
	t.Parallel()
	scan := rig.SmallScan(1, scanFrames)
	want := truth(t, scan)
	r := rig.NewQuiet(t, 2*time.Second)
	r.Serve("nats,s3,ingest,work")
	files := rig.FilesOf(scan)
	hole := 20
	good := files[hole]
	r.Upload("", append(slices.Clone(files[:hole]), files[hole+1:]...))
	ct := scan.CT()
	r.Upload("", []phantom.File{
		{Name: scan.Folder + "/notes.txt", Data: []byte("nothing but text")},
		{Name: scan.Folder + "/empty.dcm"},
		{Name: scan.Folder + "/ct.dcm", Data: ct.Data},
		{Name: scan.Folder + "/cut.dcm", Data: phantom.Truncated(files[3].Data)},
	})
	name := fmt.Sprintf("frame %d slice %d", good.Slot.Frame, good.Slot.Slice)
	r.Eventually(30*time.Second, func() bool {
		return slices.ContainsFunc(r.Events("pet.v1.*.series.*"), func(e jetstream.Event) bool {
			return strings.Contains(string(e.Body), "series.incomplete") && strings.Contains(string(e.Body), name)
		})
	}, "no incomplete that names "+name)
	if got := r.Snapshot(); len(got) != 0 {
		t.Errorf("an incomplete series was fitted: %v", keys(got))
	}
	var reasons []string
	if err := r.Connect().Ledger.Others(t.Context(), func(rec ingest.Record) { reasons = append(reasons, string(rec.Fault.Code)) }); err != nil {
		t.Fatal(err)
	}
	slices.Sort(reasons)
	if got, want := strings.Join(reasons, " "), "EMPTY NOT_DICOM NOT_PET"; got != want {
		t.Errorf("unusable objects: %s, want %s", got, want)
	}
	// A truncated slice fills no slot.
	r.Put(good.Name, phantom.Truncated(good.Data))
	r.Eventually(30*time.Second, func() bool {
		return slices.ContainsFunc(r.Events("pet.v1.*.series.*"), func(e jetstream.Event) bool { return strings.Contains(string(e.Body), "TRUNCATED") })
	}, "no incomplete that says TRUNCATED")
	r.Put(good.Name, good.Data)
	r.Settle(1).Same(t, want)
}

func TestADeletedSliceWithdrawsTheResult(t *testing.T) {
	t.Parallel()
	scan := rig.SmallScan(1, scanFrames)
	r := rig.NewQuiet(t, 2*time.Second)
	r.Serve("nats,s3,ingest,work")
	files := rig.FilesOf(scan)
	r.Upload("", files)
	r.Settle(1)
	if err := r.Connect().Store.Delete(t.Context(), "inbox", files[5].Name); err != nil {
		t.Fatal(err)
	}
	last := func(kind string) func() bool {
		return func() bool {
			events := r.Events("pet.v1.*.binding.*.*")
			return len(events) > 0 && strings.Contains(string(events[len(events)-1].Body), "binding."+kind)
		}
	}
	r.Eventually(30*time.Second, last("withdrawn"), "no withdrawal")
	r.Put(files[5].Name, files[5].Data)
	r.Eventually(30*time.Second, last("estimated"), "no estimate after the slice came back")
	if n := len(r.Events("pet.v1.*.binding.*.*")); n != 3 {
		t.Errorf("%d events, want estimated, withdrawn, estimated", n)
	}
}

// Another scan under the keys of one that was there takes its place and is watched
// as any: what is kept of the first hides nothing of the second. So does the
// first when it comes back.
func TestAnotherScanUnderTheSameKeys(t *testing.T) {
	t.Parallel()
	one, two := rig.SmallScan(1, scanFrames), rig.SmallScan(2, scanFrames)
	two.Folder = one.Folder
	r := rig.NewQuiet(t, 2*time.Second)
	r.Serve("nats,s3,ingest,work")
	upload := func(s phantom.Series) map[string]float64 {
		r.Upload("", rig.FilesOf(s))
		r.AwaitDrained()
		r.Settle(1)
		for _, f := range rig.FilesOf(s) {
			if o, err := r.Connect().Ledger.Find(t.Context(), ingest.Object{Bucket: "inbox", Key: f.Name}); err != nil || o.Gone || o.Size != int64(len(f.Data)) {
				t.Fatalf("%s is not in the ledger as it is in the store: gone %v, %d bytes, %v", f.Name, o.Gone, o.Size, err)
			}
		}
		return potentials(bindingOf(r))
	}
	first := upload(one)
	if second := upload(two); fmt.Sprint(second) == fmt.Sprint(first) {
		t.Error("the second scan has the result of the first")
	}
	if err := r.Connect().Store.Delete(t.Context(), "inbox", rig.FilesOf(two)[5].Name); err != nil {
		t.Fatal(err)
	}
	r.Eventually(30*time.Second, func() bool {
		events := r.Events("pet.v1.*.binding.*.*")
		return strings.Contains(string(events[len(events)-1].Body), "binding.withdrawn")
	}, "the second scan has lost a slice and is not withdrawn")
	if again := upload(one); fmt.Sprint(again) != fmt.Sprint(first) {
		t.Errorf("the first scan again: %v, want %v", again, first)
	}
}

// Series that lose every object: each is withdrawn, at once and also when the
// lister finds it later, no notice is left over, and new scans go on.
func TestDeletingWholeSeriesWithdrawsThemAndBlocksNothing(t *testing.T) {
	t.Parallel()
	r := rig.NewQuiet(t, 2*time.Second)
	servers := r.Serve("nats,s3")
	ingesting := r.Serve("ingest,work")
	scans := []phantom.Series{rig.SmallScan(1, scanFrames), rig.SmallScan(2, scanFrames), rig.SmallScan(3, scanFrames)}
	for _, s := range scans {
		r.Upload("", rig.FilesOf(s))
	}
	r.Settle(len(scans))
	remove := func(s phantom.Series) {
		for _, f := range rig.FilesOf(s) {
			if err := r.Connect().Store.Delete(t.Context(), "inbox", f.Name); err != nil {
				t.Fatal(err)
			}
		}
	}
	withdrawn := func(n int) func() bool {
		return func() bool {
			got := 0
			for key, body := range r.Snapshot() {
				if strings.HasSuffix(key, "current.json") && strings.Contains(body, `"withdrawn"`) {
					got++
				}
			}
			return got == n
		}
	}
	remove(scans[0])
	r.Eventually(time.Minute, withdrawn(1), "the first series is not withdrawn")
	ingesting.Terminate(t)
	remove(scans[1])
	if err := r.Connect().Broker.ForgetNotices(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.Serve("ingest,work") // its lister finds that the series is gone
	r.Eventually(time.Minute, withdrawn(2), "the second series is not withdrawn")
	r.AwaitDrained()
	r.Upload("", rig.FilesOf(rig.SmallScan(4, scanFrames)))
	r.Settle(2)
	err := r.Connect().Ledger.States(t.Context(), func(s ingest.State) error {
		if s.Condition == ingest.Absent && (s.Result != ingest.Withdrawn || s.Site != "local") {
			t.Errorf("series %s of site %q is absent and %s", s.Series, s.Site, s.Result)
		}
		return nil
	})
	if err != nil || servers.Ended() {
		t.Errorf("%v, servers ended: %v", err, servers.Ended())
	}
}

func TestOneUIDWithTwoContentsIsInconsistent(t *testing.T) {
	t.Parallel()
	scan := rig.SmallScan(1, scanFrames)
	r := rig.NewQuiet(t, 2*time.Second)
	r.Serve("nats,s3,ingest,work")
	files := rig.FilesOf(scan)
	r.Upload("", files)
	r.Settle(1)
	r.Upload("other/", overwrite(files))
	r.Eventually(30*time.Second, func() bool {
		events := r.Events("pet.v1.*.binding.*.*")
		return len(events) == 2 && strings.Contains(string(events[1].Body), "binding.withdrawn") &&
			slices.ContainsFunc(r.Events("pet.v1.*.series.*"), func(e jetstream.Event) bool { return strings.Contains(string(e.Body), "series.inconsistent") })
	}, "no withdrawal and no inconsistent")
}

func TestSIGTERMHandsBackAndExitsCleanly(t *testing.T) {
	t.Parallel()
	scan := rig.SmallScan(1, scanFrames)
	want := truth(t, scan)
	r := rig.New(t)
	r.Serve("nats,s3,ingest")
	w := r.Serve("work")
	r.Upload("", rig.FilesOf(scan))
	w.Terminate(t)
	r.Serve("work")
	r.Settle(1).Same(t, want)
	state, err := r.Connect().Ledger.State(t.Context(), tokenOf(t, r))
	if err != nil || state.Attempts != 0 || state.Crashes != 0 {
		t.Errorf("%d attempts and %d crashes were counted, %v", state.Attempts, state.Crashes, err)
	}
}

// tokenOf returns the token of the only series.
func tokenOf(t *testing.T, r *rig.Rig) ingest.Token {
	t.Helper()
	var token ingest.Token
	if err := r.Connect().Ledger.States(t.Context(), func(s ingest.State) error { token = s.Series; return nil }); err != nil {
		t.Fatal(err)
	}
	return token
}

// stopped reports whether a process sleeps after SIGSTOP.
func stopped(pid int) bool {
	out, err := exec.CommandContext(context.Background(), "ps", "-o", "stat=", "-p", strconv.Itoa(pid)).Output()
	return err == nil && strings.HasPrefix(strings.TrimSpace(string(out)), "T")
}
