package s3_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"tacstream/ingest"
	"tacstream/ingest/s3"
)

// one wraps a record's parts as servers do.
func one(version, source, name, bucket, arn, object string) string {
	return fmt.Sprintf(`{"Records":[{"eventVersion":%q,"eventSource":%q,"eventName":%q,
		"s3":{"bucket":{"name":%q,"arn":%q},"object":%s}}]}`, version, source, name, bucket, arn, object)
}

func TestNoticesOfEveryServer(t *testing.T) {
	const (
		minioObject  = `{"key":"raw%2Fsub-01%2Fa+b%2B%C3%BC%25.dcm","size":5,"eTag":"5d41","sequencer":"17F0"}`
		versityPlain = `{"key":"raw/sub-01/a b+ü%.dcm","size":5,"eTag":"\"5d41\"","versionId":null,"sequencer":"1"}`
	)
	const key = "raw/sub-01/a b+ü%.dcm"
	tests := map[string]struct {
		dialect s3.Dialect
		payload string
		want    []ingest.Notice
	}{
		"MinIO, with its extra fields": {payload: `{"EventName":"s3:ObjectCreated:Put","Key":"inbox/` + key + `",` +
			strings.TrimPrefix(one("2.0", "minio:s3", "s3:ObjectCreated:Put", "inbox", "arn:aws:s3:::inbox", minioObject), "{"),
			want: []ingest.Notice{{Bucket: "inbox", Key: key, AltKey: "raw%2Fsub-01%2Fa+b%2B%C3%BC%25.dcm", ETag: "5d41"}}},
		"versitygw, by its own marks": {payload: one("2.2", "aws:s3", "s3:ObjectCreated:Put", "inbox", "arn:aws:s3:::inbox/"+key, versityPlain),
			want: []ingest.Notice{{Bucket: "inbox", Key: key, ETag: "5d41"}}},
		"versitygw, a plain key that looks encoded": {payload: one("2.2", "aws:s3", "s3:ObjectCreated:Put", "inbox", "arn:aws:s3:::inbox/a+b", `{"key":"a+b","eTag":"\"5d41\""}`),
			want: []ingest.Notice{{Bucket: "inbox", Key: "a+b", AltKey: "a b", ETag: "5d41"}}},
		"versitygw, as configured": {dialect: s3.DialectVersityGW, payload: one("2.2", "aws:s3", "s3:ObjectCreated:Copy", "inbox", "", `{"key":"a%20b"}`),
			want: []ingest.Notice{{Bucket: "inbox", Key: "a%20b", AltKey: "a b"}}},
		"versitygw, bulk deletion": {payload: one("2.2", "aws:s3", "s3:ObjectRemoved:DeleteObjects", "inbox", "arn:aws:s3:::/inbox/a", `{"key":"a"}`),
			want: []ingest.Notice{{Bucket: "inbox", Key: "a", Gone: true}}},
		"AWS, names without s3:": {payload: one("2.1", "aws:s3", "ObjectCreated:CompleteMultipartUpload", "inbox", "arn:aws:s3:::inbox", `{"key":"a/red+flower.dcm","eTag":"d41d-3"}`),
			want: []ingest.Notice{{Bucket: "inbox", Key: "a/red flower.dcm", AltKey: "a/red+flower.dcm", ETag: "d41d-3"}}},
		"RustFS": {payload: one("2.1", "rustfs:s3", "s3:ObjectCreated:Post", "inbox", "", `{"key":"a%2Fb","eTag":"e"}`),
			want: []ingest.Notice{{Bucket: "inbox", Key: "a/b", AltKey: "a%2Fb", ETag: "e"}}},
		"a deletion that can be read in two ways": {payload: one("2.0", "minio:s3", "s3:ObjectRemoved:Delete", "inbox", "", `{"key":"a%2Bb"}`),
			want: []ingest.Notice{{Bucket: "inbox", Key: "a+b", Gone: true}, {Bucket: "inbox", Key: "a%2Bb", Gone: true}}},
		"a key that is no form encoding": {dialect: s3.DialectAWS, payload: one("2.1", "aws:s3", "ObjectCreated:Put", "inbox", "", `{"key":"100%.dcm"}`),
			want: []ingest.Notice{{Bucket: "inbox", Key: "100%.dcm"}}},
		"a lifecycle deletion": {payload: one("2.3", "aws:s3", "LifecycleExpiration:Delete", "inbox", "", `{"key":"a"}`),
			want: []ingest.Notice{{Bucket: "inbox", Key: "a", Gone: true}}},
		"new tags bring no data":      {payload: one("2.1", "minio:s3", "s3:ObjectCreated:PutTagging", "inbox", "", `{"key":"a"}`)},
		"a legal hold brings no data": {payload: one("2.1", "minio:s3", "s3:ObjectCreated:PutLegalHold", "inbox", "", `{"key":"a"}`)},
		"reading brings no data":      {payload: one("2.0", "minio:s3", "s3:ObjectAccessed:Get", "inbox", "", `{"key":"a"}`)},
		"a test event":                {payload: `{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"inbox"}`},
		"no records":                  {payload: `{"Records":[]}`},
		"EventBridge holds the plain key": {payload: `{"version":"0","source":"aws.s3","detail-type":"Object Created",
			"detail":{"bucket":{"name":"inbox"},"object":{"key":"a+b","etag":"e"}}}`,
			want: []ingest.Notice{{Bucket: "inbox", Key: "a+b", ETag: "e"}}},
		"SNS around it": {payload: fmt.Sprintf(`{"Type":"Notification","Message":%q}`, one("2.1", "aws:s3", "ObjectRemoved:Delete", "inbox", "", `{"key":"a"}`)),
			want: []ingest.Notice{{Bucket: "inbox", Key: "a", Gone: true}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := s3.ParseNotice([]byte(tt.payload), tt.dialect)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPayloadsThatAreNoNotice(t *testing.T) {
	for name, payload := range map[string]string{
		"nothing":                 "",
		"no JSON":                 "hello",
		"another object":          `{"series":"x"}`,
		"an array":                `[]`,
		"a key of the wrong type": `{"Records":[{"eventVersion":"2.1","eventName":"s3:ObjectCreated:Put","s3":{"bucket":{"name":"b"},"object":{"key":7}}}]}`,
		"another version":         one("3.0", "aws:s3", "s3:ObjectCreated:Put", "inbox", "", `{"key":"CANARY"}`),
		"no version":              one("", "aws:s3", "s3:ObjectCreated:Put", "inbox", "", `{"key":"CANARY"}`),
		"no key":                  one("2.1", "aws:s3", "s3:ObjectCreated:Put", "inbox", "", `{}`),
		"no bucket":               one("2.1", "aws:s3", "s3:ObjectCreated:Put", "", "", `{"key":"CANARY"}`),
		"a key too long":          one("2.1", "aws:s3", "s3:ObjectCreated:Put", "inbox", "", `{"key":"CANARY`+strings.Repeat("x", 1024)+`"}`),
		"a zero byte":             one("2.1", "aws:s3", "s3:ObjectCreated:Put", "inbox", "", `{"key":"CANARY%00"}`),
		"a payload too large":     `{"Records":[],"pad":"` + strings.Repeat("x", 1<<20) + `"}`,
		"SNS in SNS":              `{"Type":"Notification","Message":"{\"Type\":\"Notification\",\"Message\":\"{}\"}"}`,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := s3.ParseNotice([]byte(payload), s3.DialectAuto)
			if !errors.Is(err, s3.ErrNotice) || !errors.Is(err, ingest.ErrRejected) {
				t.Fatalf("%v, want ErrNotice", err)
			}
			if strings.Contains(err.Error(), "CANARY") {
				t.Errorf("the error holds the key: %v", err)
			}
		})
	}
}

func TestSoundRecordsBeforeABadOneAreKept(t *testing.T) {
	payload := `{"Records":[
		{"eventVersion":"2.1","eventName":"s3:ObjectCreated:Put","s3":{"bucket":{"name":"b"},"object":{"key":"a"}}},
		{"eventVersion":"9.1"}]}`
	got, err := s3.ParseNotice([]byte(payload), s3.DialectAuto)
	if err == nil || len(got) != 1 {
		t.Errorf("%v, %v", got, err)
	}
}

func TestEncodedNoticesReadBack(t *testing.T) {
	for name, key := range awkward {
		for _, n := range []ingest.Notice{{Bucket: "inbox", Key: key, ETag: "e-2"}, {Bucket: "inbox", Key: key, Gone: true}} {
			got, err := s3.ParseNotice(s3.EncodeNotice(n), s3.DialectAuto)
			if err != nil || len(got) != 1 || got[0] != n {
				t.Errorf("%s: %+v, %v", name, got, err)
			}
		}
	}
}

// The encoding is the one that AWS documents: "red flower.jpg" becomes
// "red+flower.jpg".
func TestTheEventIsS3sOwnForm(t *testing.T) {
	e := s3.Event{Name: s3.EventPut, Bucket: "inbox", Key: "site a/ü+1.dcm", ETag: "5d41", Size: 7, When: time.Unix(1, 5e8)}
	want := `{"Records":[{"eventVersion":"2.1","eventSource":"tacstream:s3","eventTime":"1970-01-01T00:00:01.500Z",` +
		`"eventName":"s3:ObjectCreated:Put","s3":{"s3SchemaVersion":"1.0","bucket":{"name":"inbox"},` +
		`"object":{"key":"site+a/%C3%BC%2B1.dcm","size":7,"eTag":"5d41","sequencer":"0000000059682F00"}}}]}`
	if diff := cmp.Diff(want, string(e.Encode())); diff != "" {
		t.Error(diff)
	}
}

// The mark of tacstream's own store says how its keys are written, whoever else
// sends for a site.
func TestOwnNoticesAreReadRightInEveryDialect(t *testing.T) {
	for _, d := range []s3.Dialect{s3.DialectAuto, s3.DialectAWS, s3.DialectMinIO, s3.DialectRustFS, s3.DialectVersityGW, s3.DialectTacstream} {
		for name, key := range awkward {
			n := ingest.Notice{Bucket: "inbox", Key: key, ETag: "e", Size: 7}
			if got, err := s3.ParseNotice(s3.EncodeNotice(n), d); err != nil || len(got) != 1 || got[0] != n {
				t.Errorf("%s in dialect %q: %+v, %v", name, d, got, err)
			}
		}
	}
	for _, size := range []string{`"x"`, "-1", "1e99", "null", "{}"} {
		payload := one("2.1", "tacstream:s3", s3.EventPut, "inbox", "", `{"key":"a","size":`+size+`}`)
		if got, err := s3.ParseNotice([]byte(payload), s3.DialectAuto); err != nil || len(got) != 1 || got[0].Size != 0 {
			t.Errorf("size %s: %+v, %v", size, got, err)
		}
	}
}

func TestDialectsAreKnownByName(t *testing.T) {
	if err := s3.DialectMinIO.Check(); err != nil {
		t.Error(err)
	}
	if s3.Dialect("ceph").Check() == nil {
		t.Error("an unknown dialect passes")
	}
}

// Whatever comes, what is returned is bounded and encodes to itself.
func FuzzParseNotice(f *testing.F) {
	f.Add(one("2.0", "minio:s3", "s3:ObjectCreated:Put", "inbox", "", `{"key":"raw%2Fa+b%2B%C3%BC%25.dcm","eTag":"5d41"}`), "")
	f.Add(one("2.2", "aws:s3", "s3:ObjectRemoved:DeleteObjects", "inbox", "arn:aws:s3:::/inbox/a", `{"key":"a+b"}`), "versitygw")
	f.Add(`{"Type":"Notification","Message":"{\"Records\":[]}"}`, "aws")
	f.Add(`{"source":"aws.s3","detail-type":"Object Created","detail":{"bucket":{"name":"b"},"object":{"key":"k"}}}`, "")
	f.Add(`{"Event":"s3:TestEvent"}`, "minio")
	f.Fuzz(func(t *testing.T, payload, dialect string) {
		notices, _ := s3.ParseNotice([]byte(payload), s3.Dialect(dialect))
		for _, n := range notices {
			if n.Key == "" || len(n.Key) > 1024 || len(n.AltKey) > 1024 || !utf8.ValidString(n.Key) || n.Key == n.AltKey || n.Bucket == "" {
				t.Fatalf("%+v", n)
			}
			n.AltKey = ""
			back, err := s3.ParseNotice(s3.EncodeNotice(n), s3.DialectTacstream)
			if n.ETag = strings.Trim(n.ETag, `"`); n.Gone {
				n.ETag = back[0].ETag
			}
			if err != nil || len(back) != 1 || back[0] != n {
				t.Fatalf("%+v came back as %+v, %v", n, back, err)
			}
		}
	})
}
