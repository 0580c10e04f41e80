package s3

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"slices"
)

// A Notifier passes notices on.
type Notifier interface {
	// Notify returns when payload, an S3 event as JSON, is where no crash
	// loses it. It may be called concurrently.
	Notify(ctx context.Context, payload []byte) error
}

// ServerOptions say how tacstream's own store runs.
type ServerOptions struct {
	// Dir holds the buckets, each a plain folder. It is made if missing. No
	// two servers may share it.
	Dir       string
	Listen    string // host:port; port 0 takes a free one
	AccessKey string
	SecretKey string
	CertFile  string // PEM; with KeyFile, TLS is on
	KeyFile   string
	Region    string   // default DefaultRegion
	Buckets   []string // to make at start

	// Sidecar keeps the objects' metadata (ETag, content type) in files beside
	// Dir. It is the default only where the file system has no extended
	// attributes: overwriting is not atomic with it, as for a moment the new
	// metadata stand beside the old content.
	Sidecar bool

	// Notifier takes the notices of NotifyBuckets; nil sends none.
	Notifier      Notifier
	NotifyBuckets []string
	// Owed is called, perhaps concurrently, when a notice was not taken: the
	// bucket must be listed once notices are taken again.
	Owed func(bucket string)

	// Ready is called once with the address, when connections are accepted.
	Ready func(addr string)
	Log   *slog.Logger // default: silent
}

// Check reports everything that is wrong with the options.
func (o ServerOptions) Check() error {
	var errs []error
	if o.Dir == "" {
		errs = append(errs, errors.New("dir: no folder for the buckets"))
	}
	if _, _, err := net.SplitHostPort(o.Listen); err != nil {
		errs = append(errs, errors.New("listen: not of the form host:port"))
	}
	if o.AccessKey == "" || o.SecretKey == "" {
		errs = append(errs, errors.New("keys: access key and secret key are both needed"))
	}
	if (o.CertFile == "") != (o.KeyFile == "") {
		errs = append(errs, errors.New("tls: certificate and key are both needed"))
	}
	return errors.Join(errs...)
}

func (o *ServerOptions) notifies(bucket string) bool { return slices.Contains(o.NotifyBuckets, bucket) }
