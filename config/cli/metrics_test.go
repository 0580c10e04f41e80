package cli

import (
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"tacstream/config/rig"
	"tacstream/ingest"
	"tacstream/ingest/phantom"
)

// A metered rig runs roles that serve metrics, and adds up what they count.
type metered struct {
	*rig.Rig
	t     *testing.T
	addrs []string
	ended map[string]float64 // what processes counted that were stopped
}

// serve starts roles and returns their process and the address of its metrics.
func (m *metered) serve(only string, env ...string) (p *rig.Proc, addr string) {
	m.t.Helper()
	addr = rig.FreeAddr(m.t)
	config := strings.Replace(rig.Configuration(2*time.Second), "workers: 1\n", "workers: 1\n  attempts: 1\n", 1)
	file := filepath.Join(m.Dir, strings.ReplaceAll(addr, ":", "-")+".yaml")
	rig.WriteFile(m.t, file, config+"http_listen: "+addr+"\n")
	servers := m.Config
	m.Config = file
	defer func() { m.Config = servers }()
	p = m.Serve(only, env...)
	m.addrs = append(m.addrs, addr)
	return p, addr
}

// stop ends a process and keeps what it counted.
func (m *metered) stop(p *rig.Proc, addr string) {
	m.t.Helper()
	for sample, v := range samples(m.scrape(addr)) {
		m.ended[sample] += v
	}
	m.addrs = slices.DeleteFunc(m.addrs, func(a string) bool { return a == addr })
	p.Terminate(m.t)
}

// scrape returns the metrics at an address.
func (m *metered) scrape(addr string) string {
	m.t.Helper()
	return get(m.t, "http://"+addr+"/metrics")
}

// counted returns the sum of every sample over all processes.
func (m *metered) counted() map[string]float64 {
	m.t.Helper()
	sum := maps.Clone(m.ended)
	for _, addr := range m.addrs {
		for sample, v := range samples(m.scrape(addr)) {
			sum[sample] += v
		}
	}
	return sum
}

// await waits until a sample is above 0.
func (m *metered) await(sample string) {
	m.t.Helper()
	m.Eventually(time.Minute, func() bool { return m.counted()[sample] > 0 }, sample+" stays 0")
}

// samples reads metrics as Prometheus does: a name with its labels, and a value.
func samples(text string) map[string]float64 {
	all := map[string]float64{}
	for line := range strings.Lines(text) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), "} ")
		if ok {
			name += "}"
		} else {
			name, value, _ = strings.Cut(strings.TrimSpace(line), " ")
		}
		if v, err := strconv.ParseFloat(value, 64); err == nil {
			all[name] = v
		}
	}
	return all
}

// jobsEndedAs is the sample that counts jobs with a result.
func jobsEndedAs(result string) string { return `tacstream_jobs_total{result="` + result + `"}` }

// Every metric moves in a run in which everything happens once, and jobs end in
// every way that the help of their metric names, and in no other.
func TestEveryMetricMoves(t *testing.T) {
	t.Parallel()
	m := &metered{Rig: rig.NewQuiet(t, 2*time.Second), t: t, ended: map[string]float64{}}
	m.Serve("nats,s3")
	broker := m.Connect().Broker

	// The first scan is found by a listing. The others end as a failure, as a
	// contradiction, as curves alone and as dead.
	sound, short, torn := rig.SmallScan(1, scanFrames), rig.SmallScan(2, 2), rig.SmallScan(3, scanFrames)
	strange, doomed := rig.SmallScan(4, scanFrames), rig.SmallScan(5, scanFrames)
	m.Upload("", rig.FilesOf(sound))
	if err := broker.ForgetNotices(t.Context()); err != nil {
		t.Fatal(err)
	}
	ingest, addr := m.serve("ingest")
	m.await("tacstream_recovered_by_listing_total")
	another := overwrite(rig.FilesOf(torn))
	m.Upload("other/", another)
	for _, scan := range []phantom.Series{short, torn, strange, doomed} {
		m.Upload("", rig.FilesOf(scan))
	}
	queued := func() int {
		series, err := broker.Queued(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return len(series)
	}
	m.Eventually(time.Minute, func() bool { return queued() == 5 && m.recorded("other/"+another[0].Name) }, "there are not five jobs")

	// The jobs of below are no state's. Who judges would replace them by those
	// that the states ask for.
	m.stop(ingest, addr)

	other, addr := m.serve("work", rig.AsRelease("77"))
	m.await(jobsEndedAs("handed-back"))
	m.stop(other, addr)

	job := m.jobOf(m.seriesOf(strange))
	job.Protocol, job.Redrive = nil, 1
	m.enqueue(job)
	// No event can name such a site, so that the attempt ends in an error.
	job = m.jobOf(m.seriesOf(doomed))
	job.Site, job.Redrive = "NO SITE", 1
	m.enqueue(job)
	m.serve("work")
	m.await(jobsEndedAs("error"))
	job = m.jobOf(job.Series)
	job.Redrive = 2
	m.enqueue(job)
	for _, result := range []string{"estimated", "failed", "curves", "inconsistent", "dead"} {
		m.await(jobsEndedAs(result))
	}
	job.Revision += 100 // of a revision that the ledger does not know
	m.enqueue(job)
	m.await(jobsEndedAs("stale"))
	_, ingesting := m.serve("ingest")
	if err := broker.Notify(t.Context(), "facility", []byte("rubbish")); err != nil {
		t.Fatal(err)
	}
	m.await(`tacstream_notices_not_followed_total{source="facility",why="malformed"}`)
	m.compare(ingesting)
}

// compare reports families that have not moved, and results of jobs that are
// named and not counted, or counted and not named.
func (m *metered) compare(addr string) {
	m.t.Helper()
	counted, text := m.counted(), m.scrape(addr)
	families := regexp.MustCompile(`(?m)^# TYPE (tacstream_\w+) `).FindAllStringSubmatch(text, -1)
	for _, f := range append(families, []string{"", "tacstream_jobs_total"}, []string{"", "tacstream_notices_not_followed_total"}) {
		moved := false
		for sample, v := range counted {
			moved = moved || strings.HasPrefix(sample, f[1]) && v > 0
		}
		if !moved {
			m.t.Errorf("%s has not moved", f[1])
		}
	}
	if len(families) < 2 {
		m.t.Errorf("only %d families of metrics are served: %s", len(families), text)
	}
	var results []string
	for sample := range counted {
		if label, ok := strings.CutPrefix(sample, `tacstream_jobs_total{result="`); ok {
			results = append(results, strings.TrimSuffix(label, `"}`))
		}
	}
	slices.Sort(results)
	if want := m.promised(); !slices.Equal(results, want) {
		m.t.Errorf("jobs ended as %v, and the help names %v", results, want)
	}
}

// promised returns the results that the help of the metric of jobs names.
func (m *metered) promised() []string {
	m.t.Helper()
	for _, addr := range m.addrs {
		if help := regexp.MustCompile(`(?m)^# HELP tacstream_jobs_total .*by how: (.*)\.$`).FindStringSubmatch(m.scrape(addr)); help != nil {
			named := strings.Split(help[1], ", ")
			slices.Sort(named)
			return named
		}
	}
	m.t.Fatal("no process helps with the metric of jobs")
	return nil
}

// seriesOf returns the token of a scan that was uploaded.
func (m *metered) seriesOf(s phantom.Series) ingest.Token {
	m.t.Helper()
	files := rig.FilesOf(s)
	i := slices.IndexFunc(files, func(f phantom.File) bool { return f.Slot.Frame > 0 })
	r, err := m.Connect().Ledger.Find(m.t.Context(), ingest.Object{Bucket: "inbox", Key: files[i].Name})
	if err != nil || r.Series == "" {
		m.t.Fatalf("%+v, %v", r, err)
	}
	return r.Series
}

// recorded reports whether the ledger knows an object.
func (m *metered) recorded(key string) bool {
	m.t.Helper()
	r, err := m.Connect().Ledger.Find(m.t.Context(), ingest.Object{Bucket: "inbox", Key: key})
	return err == nil && r.Kind != ""
}

// jobOf returns the job that the state of a series asks for.
func (m *metered) jobOf(series ingest.Token) ingest.Job {
	m.t.Helper()
	s, err := m.Connect().Ledger.State(m.t.Context(), series)
	if err != nil || s.Revision == 0 {
		m.t.Fatalf("%+v, %v", s, err)
	}
	return s.Job()
}

func (m *metered) enqueue(j ingest.Job) {
	m.t.Helper()
	if err := m.Connect().Broker.Enqueue(m.t.Context(), j); err != nil {
		m.t.Fatal(err)
	}
}
