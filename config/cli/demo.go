package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"tacstream/config/line"
	"tacstream/ingest"
	"tacstream/ingest/jetstream"
	"tacstream/ingest/phantom"
	"tacstream/publish"
)

type demoCmd struct {
	Animals int    `help:"Animals in the study; each is scanned with 2 tracers in 3 conditions." default:"4"`
	Seed    uint64 `help:"Seed of the animals and of the noise." default:"1"`
	Keep    string `help:"Work in this new directory and keep it; default: a temporary one." placeholder:"DIR"`
	JSON    bool   `name:"json" help:"Print one JSON object."`
}

// Help says what happens and shows examples.
func (demoCmd) Help() string {
	return `Makes a synthetic study of ketamine and NBQX in monkeys: dynamic PET series as DICOM files, with noise. Uploads them
in shuffled order into an embedded S3 store like any client, kills a worker once on the way, waits for every binding
event and compares the estimates with the truth. Everything it prints is synthetic. The exit status is 0 only if every
series gave a result and the estimates differ from the truth by as much as their standard errors say.

Examples:
  tacstream demo
  tacstream demo --seed 7 --json | jq .ok
  tacstream demo --keep /tmp/study     # the buckets are plain folders in /tmp/study/s3`
}

// demoTimeout bounds the whole demo.
const demoTimeout = 10 * time.Minute

func (c demoCmd) Run(e *env) error {
	if c.Animals < 1 || c.Animals > 100 {
		return fmt.Errorf("--animals must be from 1 to 100, and is %d", c.Animals)
	}
	began := time.Now()
	dir, cleanup, err := c.directory()
	if err != nil {
		return err
	}
	defer cleanup()
	ctx, cancel := context.WithTimeout(e.ctx, demoTimeout)
	defer cancel()
	d := &demo{demoCmd: c, env: e, where: where{Data: dir, Config: filepath.Join(dir, "tacstream.yaml")}}
	results, err := d.run(ctx)
	if err != nil {
		return err
	}
	report := newReport(d.scans, results)
	report.Seconds = time.Since(began).Seconds()
	if c.JSON {
		err = report.writeJSON(e.stdout)
	} else {
		err = report.writeTable(e.stdout)
	}
	if c.Keep != "" && err == nil && !c.JSON {
		_, err = fmt.Fprintf(e.stdout, "\nKept in %s: scans in s3/inbox, results in s3/results. To go on: tacstream serve --data %s, then tacstream list --data %s\n", dir, dir, dir)
	}
	if err == nil && !report.OK {
		err = errSilent
	}
	return err
}

// directory returns where the demo works and what tidies up after it.
func (c demoCmd) directory() (string, func(), error) {
	if c.Keep != "" {
		dir, err := filepath.Abs(c.Keep)
		if err == nil {
			err = os.MkdirAll(dir, 0o700)
		}
		if there, _ := os.ReadDir(dir); err == nil && len(there) > 0 {
			err = fmt.Errorf("--keep: %s is not empty; name a new folder", c.Keep)
		}
		return dir, func() {}, err
	}
	dir, err := os.MkdirTemp("", "tacstream-demo-")
	return dir, func() { os.RemoveAll(dir) }, err
}

// A demo is one run of the line on a synthetic study.
type demo struct {
	demoCmd
	env    *env
	where  where
	line   *line.Line
	scans  map[ingest.Token]phantom.Scan
	worker *exec.Cmd
}

// demoConfig makes the line quick to notice a dead worker.
const demoConfig = "timing: {ack_wait: 3s, quiet: 2m}\nlimits: {workers: 2}\n"

// run starts the line, drops the study and collects the results.
func (d *demo) run(ctx context.Context) (map[ingest.Token]*publish.Binding, error) {
	if err := os.WriteFile(d.where.Config, []byte(demoConfig), 0o600); err != nil {
		return nil, err
	}
	var err error
	if d.where.NATSListen, d.where.S3Listen, err = twoFreeAddrs(); err != nil {
		return nil, err
	}
	d.say("synthetic study of %d animals: everything below is invented", d.Animals)
	stop, err := d.serve(ctx)
	if err != nil {
		return nil, err
	}
	defer stop()
	if d.line, err = d.where.open(&env{ctx: ctx, stderr: io.Discard}); err != nil {
		return nil, err
	}
	defer d.line.Close()
	if err := d.hire(ctx); err != nil {
		return nil, err
	}
	defer d.fire()
	files, err := d.study(ctx)
	if err != nil {
		return nil, err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return d.drop(ctx, files) })
	results := map[ingest.Token]*publish.Binding{}
	g.Go(func() error { return d.collect(ctx, results) })
	return results, g.Wait()
}

func (d *demo) say(format string, args ...any) {
	fmt.Fprintf(d.env.stderr, format+"\n", args...)
}

// twoFreeAddrs returns two addresses on loopback that nobody uses.
func twoFreeAddrs() (string, string, error) {
	a, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", "", err
	}
	defer a.Close()
	b, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", "", err
	}
	defer b.Close()
	return a.Addr().String(), b.Addr().String(), nil
}

// serve runs servers and ingest in this process until stop is called.
func (d *demo) serve(ctx context.Context) (stop func(), err error) {
	cfg, err := d.where.load()
	if err != nil {
		return nil, err
	}
	serving, cancel := context.WithCancel(ctx)
	ready, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- line.Serve(serving, line.ServeOptions{
			Config: cfg, Data: d.where.Data, Only: []string{line.RoleNATS, line.RoleS3, line.RoleIngest},
			NATSListen: d.where.NATSListen, S3Listen: d.where.S3Listen, Log: slog.New(slog.DiscardHandler),
			Ready: func(line.Started) { close(ready) },
		})
	}()
	select {
	case <-ready:
		return func() { cancel(); <-ended }, nil
	case err := <-ended:
		cancel()
		return nil, err
	}
}

// hire starts a worker in a process of its own.
func (d *demo) hire(ctx context.Context) error {
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	d.worker = exec.CommandContext(ctx, exe, "serve", "--only", line.RoleWork, "--config", d.where.Config, "--data", d.where.Data,
		"--nats-listen", d.where.NATSListen, "--s3-listen", d.where.S3Listen)
	return d.worker.Start()
}

// fire kills the worker without a warning.
func (d *demo) fire() {
	if d.worker != nil && d.worker.Process != nil {
		d.worker.Process.Kill()
		d.worker.Wait()
	}
	d.worker = nil
}

// study makes the files of every scan, in shuffled order.
func (d *demo) study(ctx context.Context) ([]phantom.File, error) {
	study := phantom.Study{Animals: d.Animals, Base: phantom.Series{Seed: d.Seed}}
	scans := study.Scans()
	d.scans = map[ingest.Token]phantom.Scan{}
	byScan := make([][]phantom.File, len(scans))
	made := newBar(d.env.stderr, "scanning", len(scans))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(2)
	for i, scan := range scans {
		g.Go(func() error {
			for f := range scan.Files() {
				byScan[i] = append(byScan[i], f)
			}
			made.add(1)
			return ctx.Err()
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	made.done()
	var files []phantom.File
	for i, scan := range scans {
		first := byScan[i][0]
		d.scans[d.line.SeriesOf("inbox", first.Name, first.Data)] = scan
		files = append(files, byScan[i]...)
	}
	rng := rand.New(rand.NewPCG(d.Seed, 0))
	rng.Shuffle(len(files), func(i, j int) { files[i], files[j] = files[j], files[i] })
	return files, nil
}

// drop uploads files as a facility does.
func (d *demo) drop(ctx context.Context, files []phantom.File) error {
	sent := newBar(d.env.stderr, "uploading, in shuffled order: file", len(files))
	defer sent.done()
	var next atomic.Int64
	g, ctx := errgroup.WithContext(ctx)
	for range uploads {
		g.Go(func() error {
			for i := int(next.Add(1)) - 1; i < len(files); i = int(next.Add(1)) - 1 {
				if _, err := d.line.Store.Put(ctx, "inbox", files[i].Name, files[i].Data, "application/dicom"); err != nil {
					return err
				}
				sent.add(1)
			}
			return nil
		})
	}
	return g.Wait()
}

// errAll ends the collection.
var errAll = errors.New("all results are there")

// collect waits for one result of every series. After the first it kills the
// worker and hires another.
func (d *demo) collect(ctx context.Context, results map[ingest.Token]*publish.Binding) error {
	done := newBar(d.env.stderr, "binding events", len(d.scans))
	defer done.done()
	killed := false
	err := d.line.Broker.Watch(ctx, publish.Prefix+"*.binding.*.*", true, func(ev jetstream.Event) error {
		event, err := publish.Decode(ev.Body)
		if err != nil {
			return err
		}
		series := event.Cause().Series
		if b, ok := event.Data.(*publish.Binding); ok && results[series] == nil {
			results[series] = b
			done.add(1)
		} else if !ok {
			return fmt.Errorf("series %s: %s", series, publish.Describe(event))
		}
		if !killed {
			killed = true
			d.fire()
			d.say("killed a worker in the middle of its work; another takes over")
			if err := d.hire(ctx); err != nil {
				return err
			}
		}
		if len(results) == len(d.scans) {
			return errAll
		}
		return nil
	})
	if errors.Is(err, errAll) {
		return nil
	}
	if err == nil {
		err = fmt.Errorf("%d of %d series gave a result in time", len(results), len(d.scans))
	}
	return err
}
