package s3

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// eventSource marks the events of tacstream's own store.
const eventSource = "tacstream:s3"

// The names of the events that Serve sends.
const (
	EventPut      = "s3:ObjectCreated:Put"
	EventComplete = "s3:ObjectCreated:CompleteMultipartUpload"
	EventCopy     = "s3:ObjectCreated:Copy"
	EventDelete   = "s3:ObjectRemoved:Delete"
)

// An Event is what tacstream's own store says of one object.
type Event struct {
	Name   string
	Bucket string
	Key    string
	ETag   string // without quotes
	Size   int64  // in bytes
	// When is the store's clock. It gives eventTime and the sequencer; both
	// are left out where it is zero.
	When time.Time
}

// Encode returns the event as S3's event JSON, version 2.1, with one record.
func (e Event) Encode() []byte {
	r := eventRecord{Version: "2.1", Source: eventSource, Name: e.Name}
	r.S3.SchemaVersion = "1.0"
	r.S3.Bucket.Name = e.Bucket
	r.S3.Object = eventObject{Key: encodeKey(e.Key), Size: e.Size, ETag: e.ETag}
	if !e.When.IsZero() {
		r.Time = e.When.UTC().Format("2006-01-02T15:04:05.000Z")
		r.S3.Object.Sequencer = fmt.Sprintf("%016X", e.When.UnixNano())
	}
	return marshal(struct{ Records []eventRecord }{[]eventRecord{r}})
}

type eventRecord struct {
	Version string `json:"eventVersion"`
	Source  string `json:"eventSource"`
	Time    string `json:"eventTime,omitempty"`
	Name    string `json:"eventName"`
	S3      struct {
		SchemaVersion string `json:"s3SchemaVersion"`
		Bucket        struct {
			Name string `json:"name"`
		} `json:"bucket"`
		Object eventObject `json:"object"`
	} `json:"s3"`
}

type eventObject struct {
	Key       string `json:"key"`
	Size      int64  `json:"size"`
	ETag      string `json:"eTag,omitempty"`
	Sequencer string `json:"sequencer,omitempty"`
}

// encodeKey form-encodes a key as AWS does: slashes stay.
func encodeKey(key string) string {
	return strings.ReplaceAll(url.QueryEscape(key), "%2F", "/")
}

// marshal encodes v, which holds nothing that JSON cannot express.
func marshal(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(err)
	}
	return bytes.TrimSpace(b.Bytes())
}
