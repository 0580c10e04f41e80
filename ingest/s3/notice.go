package s3

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"

	"tacstream/ingest"
)

// A Dialect says how the sender of notices writes keys. S3 servers differ:
// AWS, MinIO and RustFS form-encode them ("+" is a space), versitygw sends
// them plain.
type Dialect string

// The dialects.
const (
	// DialectAuto decides by each notice's own marks. It is right for every
	// server named here; the other reading goes into Notice.AltKey.
	DialectAuto      Dialect = ""
	DialectAWS       Dialect = "aws"
	DialectMinIO     Dialect = "minio"
	DialectRustFS    Dialect = "rustfs"
	DialectVersityGW Dialect = "versitygw"
	DialectTacstream Dialect = "tacstream" // what Serve sends
)

// Check returns an error unless d is one of the dialects.
func (d Dialect) Check() error {
	switch d {
	case DialectAuto, DialectAWS, DialectMinIO, DialectRustFS, DialectVersityGW, DialectTacstream:
		return nil
	}
	return fmt.Errorf("no dialect of notices is called %q", string(d))
}

// Bounds on what a notice may hold. S3 itself allows keys of 1024 bytes.
const (
	maxPayload = 1 << 20
	maxKey     = 1024
	maxBucket  = 255
)

// ErrNotice means that a payload is no notice of any dialect.
var ErrNotice = ingest.NewSentinel(ingest.CodeMalformed, "malformed notice")

// envelope is every shape in which a notice comes: S3's own Records, the test
// event without any, an event of EventBridge, a message of SNS around either.
type envelope struct {
	Records []record `json:"Records"`
	Event   string   `json:"Event"` // s3:TestEvent

	Source     string `json:"source"` // EventBridge: aws.s3
	DetailType string `json:"detail-type"`
	Detail     struct {
		Bucket named     `json:"bucket"`
		Object objectRef `json:"object"`
	} `json:"detail"`

	Type    string `json:"Type"` // SNS: Notification
	Message string `json:"Message"`
}

type record struct {
	Version string `json:"eventVersion"`
	Source  string `json:"eventSource"`
	Name    string `json:"eventName"`
	S3      struct {
		Bucket named     `json:"bucket"`
		Object objectRef `json:"object"`
	} `json:"s3"`
}

type named struct {
	Name string `json:"name"`
	ARN  string `json:"arn"`
}

type objectRef struct {
	Key  string          `json:"key"`
	ETag string          `json:"eTag"`
	Size json.RawMessage `json:"size"` // read of tacstream's own events only
}

// ParseNotice returns what a payload says happened to objects. Events that
// bring no new data and take none away, such as new tags, are left out; so
// nil without an error is a notice of nothing. Fields that are not known are
// ignored, sizes and sequencers too: several stores send wrong ones.
//
// A deletion whose key can be read in two ways gives two notices, since
// neither key will be found.
func ParseNotice(payload []byte, source Dialect) ([]ingest.Notice, error) {
	return parse(payload, source, true)
}

func parse(payload []byte, source Dialect, unwrap bool) ([]ingest.Notice, error) {
	if len(payload) > maxPayload {
		return nil, ErrNotice.With("%d bytes", len(payload))
	}
	var e envelope
	if err := json.Unmarshal(payload, &e); err != nil {
		return nil, ErrNotice.With("no JSON object of the expected form")
	}
	switch {
	case e.Type == "Notification" && unwrap:
		return parse([]byte(e.Message), source, false)
	case e.Source == "aws.s3":
		return e.bridged()
	case e.Records == nil && !isTest(e.Event):
		return nil, ErrNotice.With("no Records")
	}
	var notices []ingest.Notice
	for i, r := range e.Records {
		some, err := r.notices(source)
		if err != nil {
			return notices, fmt.Errorf("record %d: %w", i, err)
		}
		notices = append(notices, some...)
	}
	return notices, nil
}

// sizeOf reads a size, 0 where it is none.
func sizeOf(body json.RawMessage) int64 {
	var size int64
	if json.Unmarshal(body, &size) != nil {
		return 0
	}
	return max(size, 0)
}

func isTest(event string) bool { return strings.HasSuffix(event, "TestEvent") }

// bridged reads an event of EventBridge, which holds the plain key.
func (e envelope) bridged() ([]ingest.Notice, error) {
	if e.DetailType != "Object Created" && e.DetailType != "Object Deleted" {
		return nil, nil
	}
	n := ingest.Notice{
		Bucket: e.Detail.Bucket.Name, Key: e.Detail.Object.Key,
		ETag: unquote(e.Detail.Object.ETag), Gone: e.DetailType == "Object Deleted",
	}
	if err := check(n); err != nil {
		return nil, err
	}
	return []ingest.Notice{n}, nil
}

func (r record) notices(source Dialect) ([]ingest.Notice, error) {
	if major, _, _ := strings.Cut(r.Version, "."); major != "2" {
		return nil, ErrNotice.With("not version 2 of S3's events")
	}
	gone, ok := meaning(r.Name)
	if !ok {
		return nil, nil
	}
	n := ingest.Notice{Bucket: r.S3.Bucket.Name, ETag: unquote(r.S3.Object.ETag), Gone: gone}
	if r.Source == eventSource {
		n.Size = sizeOf(r.S3.Object.Size)
	}
	n.Key, n.AltKey = r.keys(source)
	if !usable(n.AltKey) {
		n.AltKey = ""
	}
	if err := check(n); err != nil {
		return nil, err
	}
	if gone && n.AltKey != "" {
		alt := n
		alt.Key, n.AltKey, alt.AltKey = n.AltKey, "", ""
		return []ingest.Notice{n, alt}, nil
	}
	return []ingest.Notice{n}, nil
}

// meaning reads an event's name; ok is false where no data came or went.
func meaning(name string) (gone, ok bool) {
	kind, what, _ := strings.Cut(strings.TrimPrefix(name, "s3:"), ":")
	switch kind {
	case "ObjectCreated":
		switch what {
		case "Put", "Post", "Copy", "CompleteMultipartUpload":
			return false, true
		}
	case "ObjectRemoved":
		return true, what != "NoOP"
	case "LifecycleExpiration":
		return true, true
	}
	return false, false
}

// keys returns the key as the dialect reads it, and the other reading of it
// where that differs.
func (r record) keys(source Dialect) (key, alt string) {
	sent := r.S3.Object.Key
	decoded, err := url.QueryUnescape(sent)
	if err != nil || decoded == sent || !utf8.ValidString(decoded) {
		return sent, ""
	}
	switch {
	case source == DialectTacstream, r.Source == eventSource:
		return decoded, "" // its encoding is known for certain, whoever else sends for the site
	case r.plain(source):
		return sent, decoded
	}
	return decoded, sent
}

// plain reports whether the sender does not encode keys.
func (r record) plain(source Dialect) bool {
	if source != DialectAuto {
		return source == DialectVersityGW
	}
	// versitygw says aws:s3 but quotes the ETag twice, puts the key into the
	// bucket's ARN and has an event of its own.
	return r.Source == "aws:s3" && (strings.HasPrefix(r.S3.Object.ETag, `"`) ||
		strings.HasPrefix(r.S3.Bucket.ARN, "arn:aws:s3:::/") ||
		strings.Count(r.S3.Bucket.ARN, "/") > 0 ||
		strings.HasSuffix(r.Name, ":DeleteObjects"))
}

func unquote(etag string) string { return strings.Trim(etag, `"`) }

// check bounds the names in a notice.
func check(n ingest.Notice) error {
	switch {
	case n.Bucket == "" || len(n.Bucket) > maxBucket:
		return ErrNotice.With("no usable bucket name")
	case !usable(n.Key):
		return ErrNotice.With("no usable key")
	}
	return nil
}

// usable reports whether S3 allows the key.
func usable(key string) bool {
	return key != "" && len(key) <= maxKey && utf8.ValidString(key) && !strings.ContainsRune(key, 0)
}

// EncodeNotice returns the payload that ParseNotice reads as n, in the dialect
// of tacstream. The same notice gives the same bytes.
func EncodeNotice(n ingest.Notice) []byte {
	name := EventPut
	if n.Gone {
		name = EventDelete
	}
	return Event{Name: name, Bucket: n.Bucket, Key: n.Key, ETag: n.ETag, Size: n.Size}.Encode()
}
