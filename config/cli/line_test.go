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
	of map[string]snapshot
}{of: map[string]snapshot{}}

// truth returns the snapshot of an undisturbed run. It is made once.
func truth(t *testing.T, scans ...phantom.Series) snapshot {
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
	r := newRig(t)
	r.serve("nats,s3,ingest,work")
	for _, s := range scans {
		r.upload("", filesOf(s))
	}
	got := r.settle(len(scans))
	if len(got) != 2*len(scans) {
		t.Fatalf("an undisturbed run of %d series left %d events and current.json: %v", len(scans), len(got), keys(got))
	}
	for key, body := range got {
		if strings.HasPrefix(key, "event") && !strings.Contains(body, "binding.estimated") {
			t.Fatalf("no estimate: %s", body)
		}
	}
	r.stop()
	undisturbed.of[key] = got
	return got
}

func keys(s snapshot) []string {
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
	scan := smallScan(1, scanFrames)
	want := truth(t, scan)
	r := newRig(t)
	r.serve("nats,s3,ingest,work")
	files := filesOf(scan)
	r.upload("", files)
	for range 10 {
		for _, f := range shuffled(files, 7) {
			if err := r.connect().Broker.Notify(t.Context(), "again", s3.EncodeNotice(ingest.Notice{Bucket: "inbox", Key: f.Name})); err != nil {
				t.Fatal(err)
			}
		}
	}
	r.settle(1)
	r.drained()
	r.snapshot().same(t, want)
}

func TestNoticesOffForTheWholeUpload(t *testing.T) {
	t.Parallel()
	scan := smallScan(1, scanFrames)
	want := truth(t, scan)
	r := newRig(t)
	r.serve("nats,s3")
	r.upload("", filesOf(scan))
	if err := r.connect().Broker.ForgetNotices(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.serve("ingest,work")
	r.settle(1).same(t, want)
}

func TestKilledAtEveryLabelledPoint(t *testing.T) {
	t.Parallel()
	scan := smallScan(1, scanFrames)
	want := truth(t, scan)
	for _, point := range []string{"fetched", "extracted", "fitted", "files-written", "current-moved", "published", "before-ack"} {
		t.Run(point, func(t *testing.T) {
			r := newRig(t)
			r.serve("nats,s3,ingest")
			victim := r.serve("work", "TACSTREAM_KILL_AT="+point)
			r.upload("", filesOf(scan))
			r.eventually(time.Minute, victim.ended, "the worker was not killed at "+point)
			r.serve("work")
			r.settle(1).same(t, want)
			r.drained()
		})
	}
}

func TestKilledAtTwentyRandomMoments(t *testing.T) {
	t.Parallel()
	scans := []phantom.Series{smallScan(1, scanFrames), smallScan(2, scanFrames), smallScan(3, scanFrames)}
	want := truth(t, scans...)
	r := newRig(t)
	roles := []string{"nats,s3", "ingest", "work"}
	procs := map[string]*proc{}
	for _, role := range roles {
		procs[role] = r.serve(role)
	}
	r.connect()
	var uploading sync.WaitGroup
	uploading.Go(func() {
		for _, s := range scans {
			r.upload("", shuffled(filesOf(s), 5))
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
		procs[role].kill()
		procs[role] = r.serve(role)
	}
	uploading.Wait()
	r.settle(len(scans)).same(t, want)
	r.drained()
}

// killChildren kills the child processes of a process.
func killChildren(pid int) {
	exec.Command("pkill", "-9", "-P", strconv.Itoa(pid)).Run()
}

func TestNoOrphanKeepsThePortOfTheStore(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for range 3 {
		p := r.serve("nats,s3")
		p.kill()
	}
}

// A worker sleeps through its AckWait while a newer revision goes through, and
// wakes up at every point where it could still do harm.
func TestPausedWhileANewerRevisionGoesThrough(t *testing.T) {
	t.Parallel()
	needsStopping(t)
	scan := smallScan(1, scanFrames)
	changed := overwrite(filesOf(scan))
	want := func() snapshot {
		r := newRig(t)
		r.serve("nats,s3,ingest,work")
		r.upload("", filesOf(scan))
		r.settle(1)
		r.upload("", changed)
		r.eventually(time.Minute, func() bool { return len(r.events("pet.v1.*.binding.*.*")) == 2 }, "no second revision")
		return r.settle(1)
	}()
	for _, point := range []string{"fetched", "extracted", "fitted", "files-written", "current-moved"} {
		t.Run(point, func(t *testing.T) {
			r := newRig(t)
			r.serve("nats,s3,ingest")
			sleeper := r.serve("work", "TACSTREAM_STOP_AT="+point)
			r.upload("", filesOf(scan))
			r.eventually(time.Minute, func() bool { return stopped(sleeper.Process.Pid) }, "the worker did not stop at "+point)
			r.upload("", changed)
			r.serve("work")
			r.eventually(time.Minute, func() bool {
				return slices.ContainsFunc(r.events("pet.v1.*.binding.*.*"), func(e jetstream.Event) bool { return strings.Contains(string(e.Body), `"revision":2`) })
			}, "no second revision")
			sleeper.resume()
			r.drained()
			got := r.settle(1)
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
	scans := []phantom.Series{smallScan(1, scanFrames), smallScan(2, scanFrames), smallScan(3, scanFrames)}
	want := truth(t, scans...)
	r := newRig(t)
	r.serve("nats,s3,ingest")
	for range 3 {
		r.serve("ingest,work")
	}
	for _, s := range scans {
		r.upload("", filesOf(s))
	}
	r.settle(len(scans)).same(t, want)
}

// Regions and the last slice arrive at the same moment, and two processes take
// the notices: one of them at least must see both.
func TestRegionsAndLastSliceAtTheSameMoment(t *testing.T) {
	t.Parallel()
	const times = 100
	r := newRig(t)
	r.serve("nats,s3,ingest,work")
	r.serve("ingest")
	r.serve("ingest")
	for i := range times {
		scan := smallScan(uint64(1000+i), 2)
		files := filesOf(scan)
		last := slices.IndexFunc(files, func(f phantom.File) bool { return strings.Contains(f.Name, "dseg") })
		r.upload("", files[:last-1])
		var both sync.WaitGroup
		for _, f := range files[last-1:] {
			both.Go(func() { r.put(f.Name, f.Data) })
		}
		both.Wait()
	}
	r.settle(times)
	r.drained()
	if got := r.snapshot(); len(got) != 2*times {
		t.Errorf("%d series left %d events and current.json", times, len(got))
	}
}

func TestUploadOrderShuffled(t *testing.T) {
	t.Parallel()
	scan := smallScan(1, scanFrames)
	want := truth(t, scan)
	r := newRig(t)
	r.serve("nats,s3,ingest,work")
	r.upload("", shuffled(filesOf(scan), 42))
	r.settle(1).same(t, want)
}

func TestNATSRestartedInTheMiddle(t *testing.T) {
	t.Parallel()
	scan := smallScan(1, scanFrames)
	want := truth(t, scan)
	r := newRig(t)
	servers := r.serve("nats,s3")
	r.serve("ingest,work")
	files := filesOf(scan)
	r.upload("", files[:len(files)/2])
	servers.terminate(t)
	r.serve("nats,s3")
	r.upload("", files[len(files)/2:])
	r.settle(1).same(t, want)
}

func TestTwoSeriesInterleavedUnderOnePrefix(t *testing.T) {
	t.Parallel()
	a, b := smallScan(1, scanFrames), smallScan(2, scanFrames)
	want := truth(t, a, b)
	r := newRig(t)
	r.serve("nats,s3,ingest,work")
	var files []phantom.File
	for i, s := range []phantom.Series{a, b} {
		for _, f := range filesOf(s) {
			f.Name = fmt.Sprintf("mixed/%d-%s", i, f.Name[strings.LastIndex(f.Name, "/")+1:])
			if strings.Contains(f.Name, "dseg") {
				f.Name = "mixed/regions/" + f.Name[strings.LastIndex(f.Name, "-")+1:]
			}
			files = append(files, f)
		}
	}
	r.upload("", shuffled(files, 3))
	r.settle(2).same(t, want)
}

func TestTheSameFilesAgainUnderOtherKeys(t *testing.T) {
	t.Parallel()
	scan := smallScan(1, scanFrames)
	want := truth(t, scan)
	r := newRig(t)
	r.serve("nats,s3,ingest,work")
	r.upload("", filesOf(scan))
	r.settle(1)
	r.upload("copies/", filesOf(scan))
	r.drained()
	r.settle(1).same(t, want)
}

func TestAMissingSliceAndWhatLiesBesideGoodFiles(t *testing.T) {
	t.Parallel()
	scan := smallScan(1, scanFrames)
	want := truth(t, scan)
	r := newRigQuiet(t, 2*time.Second)
	r.serve("nats,s3,ingest,work")
	files := filesOf(scan)
	hole := 20
	good := files[hole]
	r.upload("", append(slices.Clone(files[:hole]), files[hole+1:]...))
	ct := scan.CT()
	r.upload("", []phantom.File{
		{Name: scan.Folder + "/notes.txt", Data: []byte("nothing but text")},
		{Name: scan.Folder + "/empty.dcm"},
		{Name: scan.Folder + "/ct.dcm", Data: ct.Data},
		{Name: scan.Folder + "/cut.dcm", Data: phantom.Truncated(files[3].Data)},
	})
	name := fmt.Sprintf("frame %d slice %d", good.Slot.Frame, good.Slot.Slice)
	r.eventually(30*time.Second, func() bool {
		return slices.ContainsFunc(r.events("pet.v1.*.series.*"), func(e jetstream.Event) bool {
			return strings.Contains(string(e.Body), "series.incomplete") && strings.Contains(string(e.Body), name)
		})
	}, "no incomplete that names "+name)
	if got := r.snapshot(); len(got) != 0 {
		t.Errorf("an incomplete series was fitted: %v", keys(got))
	}
	var reasons []string
	if err := r.connect().Ledger.Others(t.Context(), func(rec ingest.Record) { reasons = append(reasons, string(rec.Fault.Code)) }); err != nil {
		t.Fatal(err)
	}
	slices.Sort(reasons)
	if got, want := strings.Join(reasons, " "), "EMPTY NOT_DICOM NOT_PET"; got != want {
		t.Errorf("unusable objects: %s, want %s", got, want)
	}
	// A truncated slice fills no slot.
	r.put(good.Name, phantom.Truncated(good.Data))
	r.eventually(30*time.Second, func() bool {
		return slices.ContainsFunc(r.events("pet.v1.*.series.*"), func(e jetstream.Event) bool { return strings.Contains(string(e.Body), "TRUNCATED") })
	}, "no incomplete that says TRUNCATED")
	r.put(good.Name, good.Data)
	r.settle(1).same(t, want)
}

func TestADeletedSliceWithdrawsTheResult(t *testing.T) {
	t.Parallel()
	scan := smallScan(1, scanFrames)
	r := newRigQuiet(t, 2*time.Second)
	r.serve("nats,s3,ingest,work")
	files := filesOf(scan)
	r.upload("", files)
	r.settle(1)
	if err := r.connect().Store.Delete(t.Context(), "inbox", files[5].Name); err != nil {
		t.Fatal(err)
	}
	last := func(kind string) func() bool {
		return func() bool {
			events := r.events("pet.v1.*.binding.*.*")
			return len(events) > 0 && strings.Contains(string(events[len(events)-1].Body), "binding."+kind)
		}
	}
	r.eventually(30*time.Second, last("withdrawn"), "no withdrawal")
	r.put(files[5].Name, files[5].Data)
	r.eventually(30*time.Second, last("estimated"), "no estimate after the slice came back")
	if n := len(r.events("pet.v1.*.binding.*.*")); n != 3 {
		t.Errorf("%d events, want estimated, withdrawn, estimated", n)
	}
}

// Another scan under the keys of one that was there takes its place and is watched
// as any: what is kept of the first hides nothing of the second. So does the
// first when it comes back.
func TestAnotherScanUnderTheSameKeys(t *testing.T) {
	t.Parallel()
	one, two := smallScan(1, scanFrames), smallScan(2, scanFrames)
	two.Folder = one.Folder
	r := newRigQuiet(t, 2*time.Second)
	r.serve("nats,s3,ingest,work")
	upload := func(s phantom.Series) map[string]float64 {
		r.upload("", filesOf(s))
		r.drained()
		r.settle(1)
		for _, f := range filesOf(s) {
			if o, err := r.connect().Ledger.Find(t.Context(), ingest.Object{Bucket: "inbox", Key: f.Name}); err != nil || o.Gone || o.Size != int64(len(f.Data)) {
				t.Fatalf("%s is not in the ledger as it is in the store: gone %v, %d bytes, %v", f.Name, o.Gone, o.Size, err)
			}
		}
		return potentials(bindingOf(r))
	}
	first := upload(one)
	if second := upload(two); fmt.Sprint(second) == fmt.Sprint(first) {
		t.Error("the second scan has the result of the first")
	}
	if err := r.connect().Store.Delete(t.Context(), "inbox", filesOf(two)[5].Name); err != nil {
		t.Fatal(err)
	}
	r.eventually(30*time.Second, func() bool {
		events := r.events("pet.v1.*.binding.*.*")
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
	r := newRigQuiet(t, 2*time.Second)
	servers := r.serve("nats,s3")
	ingesting := r.serve("ingest,work")
	scans := []phantom.Series{smallScan(1, scanFrames), smallScan(2, scanFrames), smallScan(3, scanFrames)}
	for _, s := range scans {
		r.upload("", filesOf(s))
	}
	r.settle(len(scans))
	remove := func(s phantom.Series) {
		for _, f := range filesOf(s) {
			if err := r.connect().Store.Delete(t.Context(), "inbox", f.Name); err != nil {
				t.Fatal(err)
			}
		}
	}
	withdrawn := func(n int) func() bool {
		return func() bool {
			got := 0
			for key, body := range r.snapshot() {
				if strings.HasSuffix(key, "current.json") && strings.Contains(body, `"withdrawn"`) {
					got++
				}
			}
			return got == n
		}
	}
	remove(scans[0])
	r.eventually(time.Minute, withdrawn(1), "the first series is not withdrawn")
	ingesting.terminate(t)
	remove(scans[1])
	if err := r.connect().Broker.ForgetNotices(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.serve("ingest,work") // its lister finds that the series is gone
	r.eventually(time.Minute, withdrawn(2), "the second series is not withdrawn")
	r.drained()
	r.upload("", filesOf(smallScan(4, scanFrames)))
	r.settle(2)
	err := r.connect().Ledger.States(t.Context(), func(s ingest.State) error {
		if s.Condition == ingest.Absent && (s.Result != ingest.Withdrawn || s.Site != "local") {
			t.Errorf("series %s of site %q is absent and %s", s.Series, s.Site, s.Result)
		}
		return nil
	})
	if err != nil || servers.ended() {
		t.Errorf("%v, servers ended: %v", err, servers.ended())
	}
}

func TestOneUIDWithTwoContentsIsInconsistent(t *testing.T) {
	t.Parallel()
	scan := smallScan(1, scanFrames)
	r := newRigQuiet(t, 2*time.Second)
	r.serve("nats,s3,ingest,work")
	files := filesOf(scan)
	r.upload("", files)
	r.settle(1)
	r.upload("other/", overwrite(files))
	r.eventually(30*time.Second, func() bool {
		events := r.events("pet.v1.*.binding.*.*")
		return len(events) == 2 && strings.Contains(string(events[1].Body), "binding.withdrawn") &&
			slices.ContainsFunc(r.events("pet.v1.*.series.*"), func(e jetstream.Event) bool { return strings.Contains(string(e.Body), "series.inconsistent") })
	}, "no withdrawal and no inconsistent")
}

func TestSIGTERMHandsBackAndExitsCleanly(t *testing.T) {
	t.Parallel()
	scan := smallScan(1, scanFrames)
	want := truth(t, scan)
	r := newRig(t)
	r.serve("nats,s3,ingest")
	w := r.serve("work")
	r.upload("", filesOf(scan))
	w.terminate(t)
	r.serve("work")
	r.settle(1).same(t, want)
	state, err := r.connect().Ledger.State(t.Context(), tokenOf(t, r))
	if err != nil || state.Attempts != 0 || state.Crashes != 0 {
		t.Errorf("%d attempts and %d crashes were counted, %v", state.Attempts, state.Crashes, err)
	}
}

// tokenOf returns the token of the only series.
func tokenOf(t *testing.T, r *rig) ingest.Token {
	t.Helper()
	var token ingest.Token
	if err := r.connect().Ledger.States(t.Context(), func(s ingest.State) error { token = s.Series; return nil }); err != nil {
		t.Fatal(err)
	}
	return token
}

// stopped reports whether a process sleeps after SIGSTOP.
func stopped(pid int) bool {
	out, err := exec.CommandContext(context.Background(), "ps", "-o", "stat=", "-p", strconv.Itoa(pid)).Output()
	return err == nil && strings.HasPrefix(strings.TrimSpace(string(out)), "T")
}
