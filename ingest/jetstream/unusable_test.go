package jetstream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"tacstream/ingest"
	"tacstream/ingest/watch"
)

// A crier is a Sink that keeps what is said of unusable objects. It dies, once
// the event is out, as often as deaths says.
type crier struct {
	watch.Sink
	mu     sync.Mutex
	said   []ingest.Byproducts
	deaths int
}

func (c *crier) PublishUnusable(_ context.Context, b ingest.Byproducts) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	b.Seq = 0
	c.said = append(c.said, b)
	if c.deaths > 0 {
		c.deaths--
		return "", errors.New("dead")
	}
	return fmt.Sprintf("%s of %d", b.Reason.Code, b.Count), nil
}

// news returns the statements, each once, in order.
func (c *crier) news() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	seen := map[ingest.Byproducts]bool{}
	var list []string
	for _, b := range c.said {
		if b.Event = ""; !seen[b] {
			seen[b] = true
			list = append(list, strings.TrimSuffix(fmt.Sprintf("%s of %d for %s", b.Reason.Code, b.Count, b.Supersedes), " for "))
		}
	}
	return strings.Join(list, ", ")
}

// newIntake returns an intake, on a server of its own, whose sink is a crier.
func newIntake(t *testing.T) (*Intake, *crier) {
	t.Helper()
	server, err := StartServer(ServerOptions{StoreDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Shutdown)
	conn, err := nats.Connect("", server.InProcess())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	b, err := Connect(t.Context(), conn, Options{QuietTime: time.Second, AckWait: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	c := &crier{}
	return &Intake{
		Broker: b, Ledger: b.Ledger(), Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Relist: func(...ingest.Place) {},
		Door:  &watch.Door{Sites: ingest.Sites{{Bucket: "inbox", Site: "local", Key: ingest.Key("a key for tests only")}}},
		Judge: &watch.Judge{Book: b.Ledger(), Queue: b, Sink: c},
	}, c
}

// drop appends records of unusable objects to the ledger.
func (in *Intake) drop(t *testing.T, folder string, from, to int, change func(*ingest.Record)) {
	t.Helper()
	for i := from; i < to; i++ {
		r := ingest.Record{
			Object: ingest.Object{Bucket: "inbox", Key: fmt.Sprintf("%s/%d.json", folder, i), ETag: "e", Size: 2},
			Kind:   ingest.KindOther, Site: "local", Token: ingest.Token(fmt.Sprintf("t%d", i)), Fault: ingest.Reason{Code: ingest.CodeNotDICOM},
		}
		change(&r)
		last, err := in.Ledger.LastIn(t.Context(), ingest.ClassOther, r.Object)
		if err == nil {
			err = in.Ledger.Append(t.Context(), r, last)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func same(*ingest.Record) {}

// The timer of a folder, armed however often, goes off once, carries the folder's
// name and has what lies in it counted.
func TestAFolderIsCountedWhenItIsQuiet(t *testing.T) {
	in, c := newIntake(t)
	f := Folder{"inbox", "sub 1/pet"}
	in.drop(t, f.Name, 0, 5, same)
	in.drop(t, f.Name+"/below", 5, 9, same)
	in.drop(t, f.Name, 9, 12, func(r *ingest.Record) { r.Fault.Code = ingest.CodeNotPET })
	in.drop(t, f.Name, 12, 14, func(r *ingest.Record) { r.Gone = true })
	in.drop(t, f.Name, 14, 16, func(r *ingest.Record) { r.Site, r.Token = "", "" })
	for range 3 {
		if err := in.Broker.ArmFolder(t.Context(), f); err != nil {
			t.Fatal(err)
		}
	}
	if got := c.news(); got != "" {
		t.Errorf("at once: %s", got)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
	defer cancel()
	in.Run(ctx)
	if got, want := c.news(), "NOT_DICOM of 5, NOT_PET of 3"; got != want || len(c.said) != 2 {
		t.Errorf("said %s, in %d events; want %s", got, len(c.said), want)
	}
	token, _ := in.Door.Sites.FolderToken("local", "inbox", f.Name)
	if b, err := in.Ledger.Byproducts(t.Context(), token, ingest.CodeNotPET); err != nil || b.Count != 3 || b.Event != "NOT_PET of 3" || b.Time.IsZero() {
		t.Errorf("the ledger has %+v, %v", b, err)
	}
}

func TestAFolderIsStatedByCauseAndGrowth(t *testing.T) {
	in, c := newIntake(t)
	f := Folder{"inbox", "a"}
	steps := []struct {
		name string
		do   func()
		want string // all that was said by then
	}{
		{"stated singly by a process of before", func() { in.drop(t, "a", 0, 3, func(r *ingest.Record) { r.Stated = true }) }, ""},
		{"one more", func() { in.drop(t, "a", 3, 4, same) }, "NOT_DICOM of 4"},
		{"nothing more", func() {}, "NOT_DICOM of 4"},
		{"two go", func() { in.drop(t, "a", 0, 2, func(r *ingest.Record) { r.Gone = true }) }, "NOT_DICOM of 4"},
		{"three more", func() { in.drop(t, "a", 4, 7, same) }, "NOT_DICOM of 4, NOT_DICOM of 5 for NOT_DICOM of 4"},
		{"another cause", func() { in.drop(t, "a", 7, 8, func(r *ingest.Record) { r.Fault.Code = ingest.CodeEmpty }) }, "NOT_DICOM of 4, NOT_DICOM of 5 for NOT_DICOM of 4, EMPTY of 1"},
	}
	for _, step := range steps {
		step.do()
		if err := in.stateFolder(t.Context(), f, nil); err != nil {
			t.Fatal(err)
		}
		if got := c.news(); got != step.want {
			t.Errorf("%s: said %q, want %q", step.name, got, step.want)
		}
	}
}

// Whoever dies after the event is out and before that is noted says the same
// again, though more has come meanwhile, and only then what is new.
func TestADeathBetweenStatementAndNoteSaysItAgain(t *testing.T) {
	in, c := newIntake(t)
	f := Folder{"inbox", "a"}
	in.drop(t, "a", 0, 3, same)
	c.deaths = 2
	for i := range 3 {
		if err := in.stateFolder(t.Context(), f, nil); (err == nil) != (i == 2) {
			t.Fatal(err)
		}
		in.drop(t, "a", 3+i, 4+i, same)
	}
	if err := in.stateFolder(t.Context(), f, nil); err != nil {
		t.Fatal(err)
	}
	if got, want := c.news(), "NOT_DICOM of 3, NOT_DICOM of 5 for NOT_DICOM of 3, NOT_DICOM of 6 for NOT_DICOM of 5"; got != want {
		t.Errorf("said %q, want %q", got, want)
	}
}

// Many who count a folder at once, while it grows, say one thing after the
// other, each naming the one before.
func TestManyWhoCountAFolderAtOnce(t *testing.T) {
	in, c := newIntake(t)
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			for n := range 5 {
				in.drop(t, "a", 10*i+n, 10*i+n+1, same)
				if err := in.stateFolder(t.Context(), Folder{"inbox", "a"}, nil); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	before, count := "", 0
	for _, text := range strings.Split(c.news(), ", ") {
		var n int
		if _, err := fmt.Sscanf(text, "NOT_DICOM of %d", &n); err != nil || n <= count || before != "" && !strings.HasSuffix(text, " for "+before) {
			t.Errorf("%q after %q", text, before)
		}
		before, count = fmt.Sprintf("NOT_DICOM of %d", n), n
	}
	if count != 20 {
		t.Errorf("in the end %d of 20 are stated", count)
	}
}

// A folder of many objects is read a few at a time.
func TestAFolderIsReadAFewAtATime(t *testing.T) {
	in, _ := newIntake(t)
	deep := strings.Repeat("d/", maxDepth+1)
	in.drop(t, deep+"x", 0, 2*othersAtOnce+5, same)
	in.drop(t, deep+"y", 0, 3, same)
	seen, pauses := 0, 0
	err := in.Ledger.OthersIn(t.Context(), Folder{"inbox", deep + "x"}, func() { pauses++ }, func(ingest.Record) { seen++ })
	if err != nil || seen != 2*othersAtOnce+5 || pauses < 3 {
		t.Errorf("%d objects, %d pauses, %v", seen, pauses, err)
	}
}
