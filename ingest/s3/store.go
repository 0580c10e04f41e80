package s3

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"tacstream/ingest"
)

// Options say where a store is and how to enter it.
type Options struct {
	Endpoint  string // http://host:port or https://host:port
	Region    string // default DefaultRegion
	AccessKey string
	SecretKey string
	// VirtualHost puts the bucket into the host name. The default puts it
	// into the path, which every store understands.
	VirtualHost bool
	CAFile      string // PEM of authorities to trust besides the system's
	MaxBytes    int64  // of an object that is read whole; default DefaultMaxBytes
}

// Defaults of Options.
const (
	DefaultRegion   = "us-east-1"
	DefaultMaxBytes = 1 << 30
)

// requestTries is how often the client repeats a request that a store
// answered with a passing error.
const requestTries = 3

// A Store is a client of an S3 store. It is safe for concurrent use and
// implements watch.Store.
type Store struct {
	core      minio.Core
	transport *http.Transport
	region    string
	maxBytes  int64
}

// Open returns a client of a store. It does not connect.
func Open(opts Options) (*Store, error) {
	u, err := url.Parse(opts.Endpoint)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, errors.New("s3: the endpoint must be http://host:port or https://host:port")
	}
	if strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.User != nil {
		return nil, errors.New("s3: the endpoint must have no path, query or user")
	}
	transport, err := newTransport(u.Scheme == "https", opts.CAFile)
	if err != nil {
		return nil, err
	}
	s := &Store{transport: transport, region: opts.Region, maxBytes: opts.MaxBytes}
	if s.region == "" {
		s.region = DefaultRegion
	}
	if s.maxBytes <= 0 {
		s.maxBytes = DefaultMaxBytes
	}
	lookup := minio.BucketLookupPath
	if opts.VirtualHost {
		lookup = minio.BucketLookupDNS
	}
	// TrailingHeaders stays off: several stores answer BadDigest to them.
	client, err := minio.New(u.Host, &minio.Options{
		Creds:        credentials.NewStaticV4(opts.AccessKey, opts.SecretKey, ""),
		Secure:       u.Scheme == "https",
		Transport:    transport,
		Region:       s.region,
		BucketLookup: lookup,
		MaxRetries:   requestTries,
	})
	if err != nil {
		return nil, fmt.Errorf("s3: %w", err)
	}
	s.core = minio.Core{Client: client}
	return s, nil
}

func newTransport(secure bool, caFile string) (*http.Transport, error) {
	t, err := minio.DefaultTransport(secure)
	if err != nil {
		return nil, fmt.Errorf("s3: %w", err)
	}
	if caFile == "" {
		return t, nil
	}
	pem, err := os.ReadFile(caFile)
	if err != nil {
		return nil, fmt.Errorf("s3: authorities: %w", err)
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}
	if !roots.AppendCertsFromPEM(pem) {
		return nil, errors.New("s3: authorities: the file holds no certificate")
	}
	if t.TLSClientConfig == nil {
		t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	t.TLSClientConfig.RootCAs = roots
	return t, nil
}

// Close drops idle connections. The store can still be used.
func (s *Store) Close() { s.transport.CloseIdleConnections() }

// Stat returns what the store says of an object, or ErrGone.
func (s *Store) Stat(ctx context.Context, bucket, key string) (ingest.Object, error) {
	info, err := s.core.StatObject(ctx, bucket, key, minio.StatObjectOptions{})
	if err != nil {
		return ingest.Object{}, s.confirm(ctx, bucket, wrap("stat", bucket, err))
	}
	return objectOf(bucket, key, info), nil
}

func objectOf(bucket, key string, info minio.ObjectInfo) ingest.Object {
	return ingest.Object{Bucket: bucket, Key: key, ETag: strings.Trim(info.ETag, `"`), Size: info.Size}
}

// confirm asks for the bucket before ErrGone is believed: the 404 of a HEAD
// does not say what is missing, and a foreign web server says 404 too.
func (s *Store) confirm(ctx context.Context, bucket string, err error) error {
	var e *Error
	if !errors.Is(err, ErrGone) || !errors.As(err, &e) {
		return err
	}
	ok, bucketErr := s.core.BucketExists(ctx, bucket)
	switch {
	case bucketErr != nil:
		return wrap(e.Op, bucket, bucketErr)
	case !ok:
		return &Error{Op: e.Op, Bucket: bucket, Code: minio.NoSuchBucket, Status: http.StatusNotFound}
	}
	return err
}

// Put stores an object and returns its ETag.
func (s *Store) Put(ctx context.Context, bucket, key string, data []byte, contentType string) (etag string, err error) {
	return s.put(ctx, bucket, key, data, putOptions(contentType))
}

// PutIf stores an object if the one that is there now has the ETag, or if
// there is none where etag is "". It is ErrPrecondition if not, unless what is
// there are these very bytes: then an earlier attempt, whose answer was lost,
// succeeded, and PutIf does too. Of several writers that name the same ETag,
// one succeeds.
func (s *Store) PutIf(ctx context.Context, bucket, key string, data []byte, contentType, etag string) (string, error) {
	opts := putOptions(contentType)
	if etag == "" {
		opts.SetMatchETagExcept("*")
	} else {
		opts.SetMatchETag(etag)
	}
	written, err := s.put(ctx, bucket, key, data, opts)
	if err == nil {
		return written, nil
	}
	var e *Error
	if !errors.As(err, &e) || (!errors.Is(err, ErrPrecondition) && !errors.Is(err, ErrGone) && e.Status != http.StatusConflict) {
		return "", err
	}
	e.class = ErrPrecondition
	if now, statErr := s.Stat(ctx, bucket, key); statErr == nil && now.ETag == md5Hex(data) && now.Size == int64(len(data)) {
		return now.ETag, nil
	}
	return "", e
}

// md5Hex is the ETag of an object that was stored in one piece.
func md5Hex(data []byte) string {
	sum := md5.Sum(data)
	return hex.EncodeToString(sum[:])
}

func putOptions(contentType string) minio.PutObjectOptions {
	return minio.PutObjectOptions{ContentType: contentType, DisableMultipart: true}
}

func (s *Store) put(ctx context.Context, bucket, key string, data []byte, opts minio.PutObjectOptions) (string, error) {
	// Nothing needs no signature of its content, and with one the client
	// would send it in a form that trips some servers.
	opts.DisableContentSha256 = len(data) == 0
	info, err := s.core.Client.PutObject(ctx, bucket, key, bytes.NewReader(data), int64(len(data)), opts)
	if err != nil {
		return "", wrap("put", bucket, err)
	}
	return strings.Trim(info.ETag, `"`), nil
}

// Delete removes an object. One that is not there counts as removed.
func (s *Store) Delete(ctx context.Context, bucket, key string) error {
	err := s.core.RemoveObject(ctx, bucket, key, minio.RemoveObjectOptions{})
	if err = wrap("delete", bucket, err); errors.Is(err, ErrGone) {
		return nil
	}
	return err
}

// EnsureBucket makes the bucket unless it is there.
func (s *Store) EnsureBucket(ctx context.Context, bucket string) error {
	ok, err := s.core.BucketExists(ctx, bucket)
	if err != nil || ok {
		return wrap("look for bucket", bucket, err)
	}
	err = s.core.MakeBucket(ctx, bucket, minio.MakeBucketOptions{Region: s.region})
	if err == nil {
		return nil
	}
	if ok, _ := s.core.BucketExists(ctx, bucket); ok {
		return nil // somebody else made it in between
	}
	return wrap("make bucket", bucket, err)
}

// Endpoint returns the URL of the store.
func (s *Store) Endpoint() string { return s.core.EndpointURL().String() }

// Wait returns when the store answers to the bucket's name, at once if it
// refuses to, or with the last error when ctx ends.
func (s *Store) Wait(ctx context.Context, bucket string) error {
	for {
		_, err := s.core.BucketExists(ctx, bucket)
		if err == nil {
			return nil
		}
		if refused(wrap("reach", bucket, err)) {
			return fmt.Errorf("%w: are s3.access_key and s3.secret_key right, and may they list the bucket?", wrap("reach", bucket, err))
		}
		if pause(ctx, 200*time.Millisecond) != nil {
			return wrap("reach", bucket, err)
		}
	}
}

// pause waits for d or until ctx ends, whose error it then returns.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
