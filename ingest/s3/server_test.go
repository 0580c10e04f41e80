package s3_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"tacstream/ingest"
	"tacstream/ingest/s3"
)

// awkward are keys that stores and parsers get wrong.
var awkward = map[string]string{
	"plain":                      "site/sub-01/1.dcm",
	"spaces":                     "site/red flower .dcm",
	"plus":                       "site/a+b.dcm",
	"percent":                    "site/100%.dcm",
	"percent that looks encoded": "site/a%20b%2Fc.dcm",
	"unicode":                    "site/Müller–日本.dcm",
	"quotes and ampersands":      `site/a"b'c&d<e>.dcm`,
	"question mark and hash":     "site/a?b#c=d;e.dcm",
	"a leading dot":              "site/.hidden",
	"255 bytes in a segment":     "site/" + strings.Repeat("s", 255),
	"1024 bytes":                 name1024,
	"backslash and colon":        `site/a\b:c.dcm`,
	"tilde, star, brackets":      "site/~*[a](b){c}^|.dcm",
}

func TestAwkwardKeysComeThroughEveryDoor(t *testing.T) {
	s := start(t)
	ctx := t.Context()
	for name, key := range awkward {
		t.Run(name, func(t *testing.T) {
			before := len(lines(t, s.Notices))
			want := []byte("content of " + name)
			etag, err := s.Put(ctx, "inbox", key, want, "application/dicom")
			if err != nil {
				t.Fatal(err)
			}
			wantObj := ingest.Object{Bucket: "inbox", Key: key, ETag: etag, Size: int64(len(want))}
			if obj, err := s.Stat(ctx, "inbox", key); err != nil || obj != wantObj {
				t.Errorf("Stat = %+v, %v", obj, err)
			}
			if got, err := s.Read(ctx, "inbox", key, etag, nil); err != nil || !bytes.Equal(got, want) {
				t.Errorf("Read = %q, %v", got, err)
			}
			listed := 0
			for obj, err := range s.List(ctx, "inbox", key) {
				if err != nil {
					t.Fatal(err)
				}
				if obj == wantObj {
					listed++
				}
			}
			if listed != 1 {
				t.Errorf("listed %d times, want once", listed)
			}
			noticed(t, lines(t, s.Notices)[before:], ingest.Notice{Bucket: "inbox", Key: key, ETag: etag, Size: int64(len(want))})

			// Overwriting goes another way through the file system.
			if _, err := s.Put(ctx, "inbox", key, []byte("newer"), ""); err != nil {
				t.Fatal(err)
			}
			before = len(lines(t, s.Notices))
			if err := s.Delete(ctx, "inbox", key); err != nil {
				t.Fatal(err)
			}
			noticed(t, lines(t, s.Notices)[before:], ingest.Notice{Bucket: "inbox", Key: key, Gone: true})
			if _, err := s.Stat(ctx, "inbox", key); !errors.Is(err, s3.ErrGone) {
				t.Errorf("Stat after Delete: %v, want ErrGone", err)
			}
		})
	}
}

// noticed checks that the payloads are exactly one notice, however the parser
// is told to read it.
func noticed(t *testing.T, payloads [][]byte, want ingest.Notice) {
	t.Helper()
	if len(payloads) != 1 {
		t.Fatalf("%d notices, want 1", len(payloads))
	}
	for _, d := range []s3.Dialect{s3.DialectAuto, s3.DialectTacstream} {
		got, err := s3.ParseNotice(payloads[0], d)
		if err != nil || len(got) != 1 || got[0] != want {
			t.Errorf("dialect %q: %+v, %v; want %+v", d, got, err, want)
		}
	}
}

func TestKeysThatLeaveTheBucketAreRefused(t *testing.T) {
	s := start(t)
	secret := filepath.Join(filepath.Dir(s.Dir), "secret")
	if err := os.WriteFile(secret, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"../secret", "../../secret", "a/../../../secret", "..", "a/../..", "../results/x"} {
		if _, err := s.Put(t.Context(), "inbox", key, []byte("evil"), ""); err == nil {
			t.Errorf("PUT %q was taken", key)
		}
		if data, _, err := s.ReadPrefix(t.Context(), "inbox", key, 10); err == nil {
			t.Errorf("GET %q gave %q", key, data)
		}
	}
	if data, _ := os.ReadFile(secret); string(data) != "x" {
		t.Errorf("a file outside the buckets now holds %q", data)
	}
}

// Where a file system has no extended attributes, metadata are files.
func TestMetadataAsFiles(t *testing.T) {
	dir := t.TempDir()
	s := startIn(t, dir, true)
	ctx := t.Context()
	for _, key := range []string{"a b/c+d.dcm", "a b/c+d.dcm", "top"} {
		etag, err := s.Put(ctx, "inbox", key, []byte(key), "")
		if err != nil {
			t.Fatal(err)
		}
		if got, err := s.Read(ctx, "inbox", key, etag, nil); err != nil || string(got) != key {
			t.Errorf("%q, %v", got, err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, ".store-metadata", "inbox", "top", "meta", "etag")); err != nil {
		t.Error(err)
	}
	if err := s.Delete(ctx, "inbox", "a b/c+d.dcm"); err != nil {
		t.Fatal(err)
	}
	if n := len(lines(t, s.Notices)); n != 4 {
		t.Errorf("%d notices, want 4", n)
	}
}

func TestABucketIsAPlainFolder(t *testing.T) {
	s := start(t)
	if _, err := s.Put(t.Context(), "inbox", "site/a.dcm", []byte("bytes"), ""); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(s.Dir, "inbox", "site", "a.dcm"))
	if err != nil || string(data) != "bytes" {
		t.Errorf("file holds %q, %v", data, err)
	}
}

func TestAWrongSecretIsRefused(t *testing.T) {
	s := start(t)
	store := s.client(t, "another secret")
	if _, err := store.Put(t.Context(), "inbox", "a", []byte("x"), ""); err == nil {
		t.Error("an object was stored with a wrong secret")
	}
}

// Notices come only from the buckets that were named.
func TestOtherBucketsSendNoNotices(t *testing.T) {
	s := start(t)
	if _, err := s.Put(t.Context(), "results", "a", []byte("x"), ""); err != nil {
		t.Fatal(err)
	}
	if got := lines(t, s.Notices); got != nil {
		t.Errorf("notices: %s", got)
	}
}

func TestMultipartCopyAndBulkDeleteGiveNotice(t *testing.T) {
	s := start(t)
	ctx := t.Context()
	mc, err := minio.New(s.addr, &minio.Options{Creds: credentials.NewStaticV4(accessKey, secretKey, ""), Region: s3.DefaultRegion})
	if err != nil {
		t.Fatal(err)
	}
	data := bytes.Repeat([]byte("0123456789abcdef"), 11<<20/16) // 11 MiB in parts of 5
	up, err := mc.PutObject(ctx, "inbox", "big file.nii", bytes.NewReader(data), int64(len(data)), minio.PutObjectOptions{PartSize: 5 << 20})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(up.ETag, "-3") {
		t.Errorf("ETag %q does not say three parts", up.ETag)
	}
	got, err := s.Read(ctx, "inbox", "big file.nii", up.ETag, make([]byte, 3))
	if err != nil || !bytes.Equal(got, data) {
		t.Errorf("Read gives %d bytes, %v; want %d", len(got), err, len(data))
	}
	if _, err := mc.CopyObject(ctx, minio.CopyDestOptions{Bucket: "inbox", Object: "copy+1"}, minio.CopySrcOptions{Bucket: "inbox", Object: "big file.nii"}); err != nil {
		t.Fatal(err)
	}
	keys := make(chan minio.ObjectInfo, 2)
	keys <- minio.ObjectInfo{Key: "big file.nii"}
	keys <- minio.ObjectInfo{Key: "copy+1"}
	close(keys)
	for e := range mc.RemoveObjects(ctx, "inbox", keys, minio.RemoveObjectsOptions{}) {
		t.Error(e.Err)
	}
	var names []string
	for _, line := range lines(t, s.Notices) {
		n, err := s3.ParseNotice(line, s3.DialectAuto)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, fmt.Sprint(n[0].Key, " ", n[0].Gone))
	}
	want := []string{"big file.nii false", "copy+1 false", "big file.nii true", "copy+1 true"}
	if !slices.Equal(names, want) {
		t.Errorf("notices %q, want %q", names, want)
	}
	if !strings.Contains(string(lines(t, s.Notices)[0]), `"size":`+strconv.Itoa(len(data))) {
		t.Error("the notice of the multipart upload does not tell its size")
	}
}

// Clients of MinIO's making send nothing as a chunked body.
func TestEmptyObjectsDoNotSpoilTheConnection(t *testing.T) {
	s := start(t)
	mc, err := minio.New(s.addr, &minio.Options{
		Creds: credentials.NewStaticV4(accessKey, secretKey, ""), Region: s3.DefaultRegion, MaxRetries: 1,
		Transport: &http.Transport{MaxConnsPerHost: 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 50 {
		if _, err := mc.PutObject(t.Context(), "inbox", "empty", bytes.NewReader(nil), 0, minio.PutObjectOptions{}); err != nil {
			t.Fatalf("after %d: %v", i, err)
		}
	}
	if n := len(lines(t, s.Notices)); n != 50 {
		t.Errorf("%d notices, want 50", n)
	}
}

func TestARefusedNoticeIsOwedAndTheObjectStored(t *testing.T) {
	s := start(t)
	if err := os.WriteFile(s.Refuse, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	const key = "CANARY^NAME/1.dcm"
	if _, err := s.Put(t.Context(), "inbox", key, []byte("x"), ""); err != nil {
		t.Fatalf("the client must not suffer: %v", err)
	}
	if obj, err := s.Stat(t.Context(), "inbox", key); err != nil || obj.Size != 1 {
		t.Errorf("Stat = %+v, %v", obj, err)
	}
	if got := lines(t, s.Owed); len(got) != 1 || string(got[0]) != "inbox" {
		t.Errorf("owed: %s", got)
	}
	if log := s.log.String(); !strings.Contains(log, "notice was not taken") || strings.Contains(log, "CANARY") {
		t.Errorf("log: %s", log)
	}
}

// A key that is a folder to another key cannot be stored; that the gateway
// says so must not put the name into the log.
func TestTheGatewaysOwnMessagesAreKeptFromTheLog(t *testing.T) {
	s := start(t)
	ctx := t.Context()
	if _, err := s.Put(ctx, "inbox", "CANARY/a", []byte("x"), ""); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(s.Dir, "inbox", "CANARY"), 0); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"CANARY/a/b", "CANARY", "CANARY/a/b/c"} {
		_, _ = s.Put(ctx, "inbox", key, []byte("x"), "")
	}
	s.stop()
	if log := s.log.String(); strings.Contains(log, "CANARY") {
		t.Errorf("log: %s", log)
	}
}

func TestAKilledChildComesBackAtTheSameAddress(t *testing.T) {
	s := start(t)
	ctx := t.Context()
	etag, err := s.Put(ctx, "inbox", "before", []byte("kept"), "")
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("pgrep", "-P", strconv.Itoa(os.Getpid())).Output()
	if err != nil {
		t.Skip("no pgrep")
	}
	for _, field := range strings.Fields(string(out)) {
		pid, err := strconv.Atoi(field)
		if err != nil {
			t.Fatal(err)
		}
		exe, _ := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
		if self, _ := os.Executable(); exe != self {
			continue
		}
		p, err := os.FindProcess(pid)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Kill(); err != nil {
			t.Fatal(err)
		}
	}
	if addr := <-s.readys; addr != s.addr {
		t.Errorf("came back at %s, was at %s", addr, s.addr)
	}
	if got, err := s.Read(ctx, "inbox", "before", etag, nil); err != nil || string(got) != "kept" {
		t.Errorf("Read = %q, %v", got, err)
	}
	if log := s.log.String(); !strings.Contains(log, "died and is started again") {
		t.Errorf("log: %s", log)
	}
}

// The child notices its parent's end by the end of its standard input alone.
func TestTheChildEndsWithItsParent(t *testing.T) {
	s := start(t)
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cmd := exec.Command(exe, "s3", "127.0.0.1:0")
	cmd.Env = append(os.Environ(), "S3_TEST_SECRET="+secretKey, fmt.Sprintf(`S3_TEST_SETTINGS={"Dir":%q}`, dir))
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 100)
	n, err := stdout.Read(line)
	if err != nil {
		t.Fatal(err)
	}
	addr := strings.TrimSpace(strings.TrimPrefix(string(line[:n]), "ready "))
	stdin.Close()
	if err := cmd.Wait(); err != nil {
		t.Errorf("the child ended with %v", err)
	}
	if !refuses(t, addr) {
		t.Errorf("something still listens at %s", addr)
	}
	s.stop()
	if !refuses(t, s.addr) {
		t.Errorf("something still listens at %s after RunChild returned", s.addr)
	}
}

func TestAChildThatNeverGetsReadyIsAnError(t *testing.T) {
	err := s3.RunChild(t.Context(), s3.Child{
		Args: func(string) []string { return []string{"s3", "not an address"} },
		Env:  []string{`S3_TEST_SETTINGS={}`},
	})
	if err == nil {
		t.Error("no error")
	}
}

func TestServeRefusesOptionsThatMakeNoSense(t *testing.T) {
	err := s3.Serve(context.Background(), s3.ServerOptions{Listen: "nowhere", CertFile: "a"})
	for _, part := range []string{"dir:", "listen:", "keys:", "tls:"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%v does not speak of %s", err, part)
		}
	}
}

// A folder that was there before becomes a bucket, and what an upload that a
// crash cut short left in it goes.
func TestALeftoverUploadIsSweptAway(t *testing.T) {
	dir := t.TempDir()
	tmp := filepath.Join(dir, "store", "inbox", ".sgwtmp")
	if err := os.MkdirAll(filepath.Join(tmp, "multipart"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(tmp, "abcd.123"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s := startIn(t, dir, false)
	if _, err := s.Put(t.Context(), "inbox", "a", []byte("x"), ""); err != nil {
		t.Error(err)
	}
	left, err := os.ReadDir(tmp)
	if err != nil || len(left) != 1 || left[0].Name() != "multipart" {
		t.Errorf("left: %v, %v", left, err)
	}
}
