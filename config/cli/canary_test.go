package cli

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"tacstream/config/rig"
	tacjs "tacstream/ingest/jetstream"
	"tacstream/ingest/phantom"
)

// canaries are marked values where a scan and its drop may identify a person.
// None of them may leave.
var canaries = []string{
	"CANARYNAME", "CANARYID", "19310204", "CANARYDESC", "1.2.826.0.1.99", "CANARYKEY", "CANARYTEXT", "20110305", "2011-03-05", "11:12:13", "111213",
}

func canaryScan() phantom.Series {
	s := rig.SmallScan(77, scanFrames)
	s.Patient = phantom.Patient{Name: "CANARYNAME^ANNA", ID: "CANARYID7", BirthDate: "19310204"}
	s.Description = "CANARYDESC dasb"
	s.UIDRoot = "1.2.826.0.1.99"
	s.Folder, s.Name = "CANARYKEY/scan", "CANARYKEY"
	s.Start = time.Date(2011, 3, 5, 11, 12, 13, 0, time.UTC)
	return s
}

func TestNothingThatIdentifiesAPersonLeaves(t *testing.T) {
	r := rig.NewQuiet(t, 2*time.Second)
	http := rig.FreeAddr(t)
	rig.WriteFile(t, r.Config, rig.Configuration(2*time.Second)+"http_listen: "+http+"\n")
	p := r.Serve("nats,s3,ingest,work", "TACSTREAM_DEBUG=1")
	heard := listenAsConsumer(r)
	scan := canaryScan()
	files := rig.FilesOf(scan)
	r.Upload("", files)
	r.Settle(1)
	// Everything that can go wrong says why, in words.
	broken := canaryScan()
	broken.Name, broken.Folder = "CANARYKEY2", "CANARYKEY2/scan"
	bad := rig.FilesOf(broken)
	r.Upload("", bad[:len(bad)/2])
	r.Put("CANARYKEY2/note.txt", []byte("CANARYTEXT"))
	r.Put("CANARYKEY2/cut.dcm", phantom.Truncated(files[1].Data))
	r.Put("CANARYKEY2/ct.dcm", scan.CT().Data)
	r.Put("CANARYKEY2/x_dseg.nii.gz", []byte("CANARYTEXT, no image"))
	r.Put("CANARYKEY2/dseg.tsv", []byte("index\tname\n1\tCerebellum\n"))
	r.Upload("", overwrite(files))
	if err := r.Connect().Store.Delete(t.Context(), "inbox", files[9].Name); err != nil {
		t.Fatal(err)
	}
	r.Eventually(time.Minute, func() bool { return strings.Count(heard(), "series.incomplete") >= 2 }, "two incomplete series")
	r.AwaitDrained()

	seen := map[string]string{"core subscriber": heard(), "log": p.Out.String(), "metrics": get(t, "http://"+http+"/metrics")}
	for _, e := range r.Events("pet.v1.>") {
		seen["event "+e.Subject+" "+e.ID] = e.Subject + e.ID + string(e.Body)
	}
	line := r.Connect()
	results := 0
	for o, err := range line.Store.List(t.Context(), line.Config.S3.Results, "") {
		if err != nil {
			t.Fatal(err)
		}
		body, _, err := line.Store.Get(t.Context(), o.Bucket, o.Key)
		if err != nil {
			t.Fatal(err)
		}
		seen["result "+o.Key] = o.Key + "\n" + string(body)
		results++
	}
	if results < 8 || len(seen) < 15 {
		t.Errorf("only %d files of results and %d things were looked at", results, len(seen))
	}
	for what, text := range seen {
		for _, c := range canaries {
			if strings.Contains(text, c) {
				t.Errorf("%s holds %s: …%s…", what, c, around(text, c))
			}
		}
	}
}

func around(text, what string) string {
	i := strings.Index(text, what)
	return text[max(0, i-60):min(len(text), i+60)]
}

func get(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", url, resp.Status, err)
	}
	return string(body)
}

// listenAsConsumer subscribes to everything that a consumer may hear, headers included.
func listenAsConsumer(r *rig.Rig) (heard func() string) {
	r.T.Helper()
	var b rig.Buffer
	conn := r.Consumer()
	if _, err := conn.Subscribe("pet.v1.>", func(m *nats.Msg) { fmt.Fprintf(&b, "%s %v %s\n", m.Subject, m.Header, m.Data) }); err != nil {
		r.T.Fatal(err)
	}
	if err := conn.Flush(); err != nil {
		r.T.Fatal(err)
	}
	return b.String
}

func TestAConsumerCannotReadWhatIsInternal(t *testing.T) {
	r := rig.New(t)
	r.Serve("nats,s3,ingest,work")
	conn := r.Consumer()
	sub, err := conn.SubscribeSync("_tac.>")
	if err == nil {
		err = conn.Flush()
	}
	scan := rig.SmallScan(1, 3)
	r.Upload("", rig.FilesOf(scan))
	r.Settle(1)
	if err == nil {
		if m, err := sub.NextMsg(100 * time.Millisecond); err == nil {
			t.Errorf("a consumer hears %s", m.Subject)
		}
	}
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	// A request that is not allowed gets no answer.
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	for _, stream := range []string{tacjs.StreamLedger, tacjs.StreamJobs, tacjs.StreamNotices} {
		if _, err := js.Stream(ctx, stream); err == nil {
			t.Errorf("a consumer sees the stream %s", stream)
		}
		if _, err := js.CreateConsumer(ctx, stream, jetstream.ConsumerConfig{}); err == nil {
			t.Errorf("a consumer reads the stream %s", stream)
		}
	}
	events, err := js.OrderedConsumer(t.Context(), tacjs.StreamEvents, jetstream.OrderedConsumerConfig{FilterSubjects: []string{"pet.v1.>"}})
	if err != nil {
		t.Fatal(err)
	}
	if m, err := events.Next(jetstream.FetchMaxWait(10 * time.Second)); err != nil || !strings.HasPrefix(m.Subject(), "pet.v1.local.") {
		t.Errorf("a consumer does not get the public events: %v", err)
	}
}
