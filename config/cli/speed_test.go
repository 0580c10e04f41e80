package cli

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"tacstream/config"
	"tacstream/config/figures"
	"tacstream/config/rig"
	"tacstream/extract/stream"
	"tacstream/ingest"
	"tacstream/ingest/dicom"
	"tacstream/ingest/phantom"
	"tacstream/ingest/s3"
)

// BenchmarkExtraction reads a series of 256 × 256 × 89 voxels, by default in
// 104 frames, which is 1.2 GB, from an S3 server on this machine, and compares
// its rate with two others of the same run: minio-go alone getting the same
// objects by as many goroutines, and dcm2niix converting the same files. The
// metrics are the ratios of the rates. TACSTREAM_FRAMES sets the number of
// frames.
//
//	go test ./config/cli -run '^$' -bench Extraction -benchtime 3x
func BenchmarkExtraction(b *testing.B) {
	row := figures.Speed(b, "1.2 GB in S3 to curves: rate over minio-go", 1)
	againstMinio := row.Median("# ×")
	row = figures.Speed(b, "the same, against dcm2niix converting the files", 1)
	againstDcm2niix := row.Median("# × the rate")
	frames := 104
	if n, err := strconv.Atoi(os.Getenv("TACSTREAM_FRAMES")); err == nil {
		frames = n
	}
	series := phantom.Large(frames)
	series.Size[0], series.Size[1] = 256, 256
	r := rig.New(b)
	r.Serve("nats,s3")
	a, labels, bytes := storeSeries(r, series)
	client, err := minio.New(r.S3Listen, &minio.Options{Creds: credentials.NewStaticV4("tacstream", "s3-for-tests-only", "")})
	if err != nil {
		b.Fatal(err)
	}
	store, err := s3.Open(s3.Options{Endpoint: "http://" + r.S3Listen, AccessKey: "tacstream", SecretKey: "s3-for-tests-only"})
	if err != nil {
		b.Fatal(err)
	}
	open := func(ctx context.Context, r ingest.Record) (io.ReadCloser, int64, error) {
		return store.Open(ctx, r.Bucket, r.Key, r.ETag)
	}
	b.SetBytes(bytes)
	var extracting, getting time.Duration
	for b.Loop() {
		start := time.Now()
		getAll(b, client, a.Slots)
		getting += time.Since(start)
		start = time.Now()
		if _, _, err := stream.Extract(b.Context(), a, stream.PlacedRegions{Segmentation: ingest.Segmentation{Labels: &labels}}, stream.Options{Open: open, Readers: config.DefaultReaders}); err != nil {
			b.Fatal(err)
		}
		extracting += time.Since(start)
	}
	b.ReportMetric(float64(bytes)*float64(b.N)/getting.Seconds()/1e6, "MB/s-minio")
	b.ReportMetric(float64(bytes)*float64(b.N)/extracting.Seconds()/1e6, "MB/s-tacstream")
	b.ReportMetric(getting.Seconds()/extracting.Seconds(), "×minio")
	againstMinio.Add(getting.Seconds() / extracting.Seconds())
	if converting, ok := dcm2niix(b, filepath.Join(r.Data, "s3", "inbox", "speed")); ok {
		b.ReportMetric(converting.Seconds()*float64(b.N)/extracting.Seconds(), "×dcm2niix")
		againstDcm2niix.Add(converting.Seconds() * float64(b.N) / extracting.Seconds())
	}
}

// BenchmarkDemo runs the demo in a process of its own.
//
//	go test ./config/cli -run '^$' -bench Demo -benchtime 1x
func BenchmarkDemo(b *testing.B) {
	row := figures.Speed(b, "demo: 8,880 objects, 24 series, one worker killed", 1)
	took := row.Median("# s")
	row = figures.Accuracy(b, "demo: error over standard error, root mean square", 1)
	ratio := row.AtMost("#")
	for b.Loop() {
		r := rig.New(b)
		p := r.Launch([]string{"demo", "--json"})
		r.Eventually(demoTimeout, p.Ended, "the demo did not end")
		out := p.Out.String()
		var report report
		if err := json.Unmarshal([]byte(out[max(0, strings.Index(out, "{")):]), &report); err != nil || !report.OK {
			b.Fatalf("%v: %s", err, out)
		}
		took.Add(report.Seconds)
		ratio.Add(report.RMS)
	}
}

// storeSeries puts a series into the inbox and returns what the ledger would say of
// it, its regions and the size of its objects.
func storeSeries(r *rig.Rig, series phantom.Series) (ingest.Assembly, ingest.Labels, int64) {
	r.T.Helper()
	var mu sync.Mutex
	var records []ingest.Record
	var bytes int64
	work := make(chan phantom.File)
	var wg sync.WaitGroup
	r.Connect()
	for range runtime.NumCPU() {
		wg.Go(func() {
			for f := range work {
				key := "speed/" + filepath.Base(f.Name)
				r.Put(key, f.Data)
				found := dicom.Options{}.ReadHeader(f.Data, int64(len(f.Data)))
				if !found.PET {
					continue
				}
				mu.Lock()
				bytes += int64(len(f.Data))
				records = append(records, ingest.Record{
					Object: ingest.Object{Bucket: "inbox", Key: key, Size: int64(len(f.Data))}, Kind: ingest.KindSlice,
					Instance: &found.Instance, Header: &found.Header,
				})
				mu.Unlock()
			}
		})
	}
	for f := range series.Files() {
		work <- f
	}
	close(work)
	wg.Wait()
	a, out := ingest.Assess("speed", records, true)
	if out.Condition != ingest.Ready {
		r.T.Fatalf("%+v", out)
	}
	return a, series.Labels(), bytes
}

// getAll gets every object once and forgets it.
func getAll(b *testing.B, client *minio.Client, records []ingest.Record) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range config.DefaultReaders {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(records)); i = next.Add(1) - 1 {
				o, err := client.GetObject(b.Context(), records[i].Bucket, records[i].Key, minio.GetObjectOptions{})
				if err == nil {
					_, err = io.Copy(io.Discard, o)
					o.Close()
				}
				if err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// dcm2niix converts the files of a folder and returns how long that took. Ok
// is false where the program or the folder is not there.
func dcm2niix(b *testing.B, dir string) (took time.Duration, ok bool) {
	b.Helper()
	if _, err := os.Stat(dir); err != nil {
		b.Logf("no folder to convert: %v", err)
		return 0, false
	}
	if _, err := exec.LookPath("dcm2niix"); err != nil {
		b.Log("dcm2niix is not there to compare with")
		return 0, false
	}
	start := time.Now()
	out, err := exec.Command("dcm2niix", "-z", "n", "-o", b.TempDir(), dir).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "Convert") {
		b.Fatalf("dcm2niix: %v\n%s", err, out)
	}
	return time.Since(start), true
}
