//go:build linux

package cli

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"tacstream/config/rig"
	"tacstream/ingest"
)

// keptFile holds the data directory of a line as release 0.1.0 (75aaf07) left
// it. It was written there by
//
//	TACSTREAM_WRITE_KEPT=testdata/line-0.1.0.tar.zst go test ./config/cli -run TestWriteKept
//
// and must never be written by a later release: it is what an upgrade finds.
const keptFile = "testdata/line-0.1.0.tar.zst"

// The kept line's results: keptPlain series with regions of their own, one of
// two parts, one by the atlas. Beside them one series of a tracer without a
// protocol, one without regions that fit, one with a slice missing, and an
// object that is no input.
const (
	keptPlain   = 22
	keptResults = keptPlain + 2
)

// TestWriteKept writes keptFile where it is asked to.
func TestWriteKept(t *testing.T) {
	file := os.Getenv("TACSTREAM_WRITE_KEPT")
	if file == "" {
		t.Skip("set TACSTREAM_WRITE_KEPT to write the data directory of this release")
	}
	r := rig.NewQuiet(t, keptQuiet)
	rig.WriteFile(t, r.Config, keptConfig())
	p := r.Serve("nats,s3,ingest,work")
	for n := range keptPlain {
		r.Upload("", rig.FilesOf(keptScan(n)))
	}
	early, late := splitAfter(t, keptScan(keptPlain), 7)
	r.Upload("", early)
	r.Upload("", late)
	for _, f := range rig.FilesOf(keptScan(keptPlain + 1)) {
		switch {
		case strings.HasSuffix(f.Name, "dseg.nii.gz"):
			r.Put("atlases/mine/a_dseg.nii.gz", f.Data)
		case strings.HasSuffix(f.Name, "dseg.tsv"):
			r.Put("atlases/mine/dseg.tsv", f.Data)
		default:
			r.Put(f.Name, f.Data)
		}
	}
	r.Put(keptScan(keptPlain+1).Folder+"/sub_from-atlas_to-pet_mode-image_xfm.1D", []byte("1 0 0 0 0 1 0 0 0 0 1 0\n"))
	r.Upload("", withTracer(rig.FilesOf(keptScan(40)), "[11C]DASB", "[11C]XYZB"))
	for _, f := range rig.FilesOf(keptScan(42)) {
		if f.Slot.Frame > 0 {
			r.Put(f.Name, f.Data)
		}
	}
	r.Upload("", rig.FilesOf(keptScan(44))[1:])
	r.Put("kept-0/notes.json", []byte("{}"))
	r.Eventually(3*time.Minute, func() bool {
		done, failed, incomplete := 0, 0, 0
		err := r.Connect().Ledger.States(t.Context(), func(s ingest.State) error {
			switch {
			case s.Done == s.Revision && s.Result == ingest.Estimated:
				done++
			case s.Done == s.Revision && s.Result == ingest.Failed:
				failed++
			case s.Condition == ingest.Incomplete:
				incomplete++
			}
			return nil
		})
		return err == nil && done == keptResults && failed == 1 && incomplete == 1
	}, "the kept line is not done")
	r.AwaitDrained()
	if err := rest(t.Context(), 3*keptQuiet); err != nil {
		t.Fatal(err)
	}
	r.AwaitDrained()
	for _, s := range r.States() {
		t.Logf("%s number %d %s %s %s %s", s.Series, s.Revision, s.Condition, s.Result, s.Reason.Code, s.Why.Code)
	}
	r.Disconnect()
	p.Terminate(t)
	pack(t, r.Data, file)
}

// xattrPrefix begins the records of a tar file that hold extended attributes,
// in which the store keeps the objects' metadata.
const xattrPrefix = "SCHILY.xattr."

// pack writes a folder with its extended attributes into a compressed tar file.
func pack(t *testing.T, dir, file string) {
	t.Helper()
	var buf bytes.Buffer
	z, err := zstd.NewWriter(&buf, zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithWindowSize(8<<20))
	if err != nil {
		t.Fatal(err)
	}
	w := tar.NewWriter(z)
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		h := &tar.Header{Name: filepath.ToSlash(name), Mode: 0o600, Typeflag: tar.TypeReg, Format: tar.FormatPAX, PAXRecords: attributes(path)}
		var data []byte
		if d.IsDir() {
			h.Typeflag, h.Mode = tar.TypeDir, 0o700
		} else if data, err = os.ReadFile(path); err != nil {
			return err
		}
		h.Size = int64(len(data))
		if err := w.WriteHeader(h); err != nil {
			return err
		}
		_, err = w.Write(data)
		return err
	})
	if err = errors.Join(err, w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, buf.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

func attributes(path string) map[string]string {
	names := make([]byte, 4096)
	n, err := syscall.Listxattr(path, names)
	if err != nil || n == 0 {
		return nil
	}
	all := map[string]string{}
	for name := range strings.SplitSeq(strings.TrimRight(string(names[:n]), "\x00"), "\x00") {
		value := make([]byte, 4096)
		if n, err := syscall.Getxattr(path, name, value); err == nil && strings.HasPrefix(name, "user.") {
			all[xattrPrefix+name] = string(value[:n])
		}
	}
	return all
}

// unpackKept lays the kept data directory out. Where the file system has no
// extended attributes it skips the test.
func unpackKept(t *testing.T, dir string) {
	t.Helper()
	f, err := os.Open(keptFile)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := zstd.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, filepath.FromSlash(h.Name))
		if h.Typeflag == tar.TypeDir {
			err = os.MkdirAll(path, 0o700)
		} else {
			var data []byte
			if data, err = io.ReadAll(r); err == nil {
				err = os.WriteFile(path, data, 0o600)
			}
		}
		for name, value := range h.PAXRecords {
			if attribute, ok := strings.CutPrefix(name, xattrPrefix); ok && err == nil {
				err = syscall.Setxattr(path, attribute, []byte(value), 0)
				if errors.Is(err, syscall.ENOTSUP) {
					t.Skip("the file system has no extended attributes")
				}
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
