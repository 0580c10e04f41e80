package s3

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"

	aws "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/gofiber/fiber/v3"
	"github.com/versity/versitygw/auth"
	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/embedgw"
	"github.com/versity/versitygw/s3api"
)

// Bounds on what clients may ask at a time.
const (
	maxConnections = 4096
	maxRequests    = 1024
	maxActions     = 512     // of the file system; each may take a thread
	maxParts       = 10000   // of a multipart upload, as with AWS
	maxCopy        = 5 << 30 // bytes in one CopyObject, as with AWS
)

// gcPercent has the store collect garbage late: it holds a few megabytes, and
// the litter of requests would have it collected over and over.
const gcPercent = 400

// listenTries is how often a free port is looked for.
const listenTries = 5

// Serve runs the store until ctx ends. It owns the process that it runs in:
// it changes the working directory and, so that no key of the gateway's
// messages gets out, replaces os.Stdout, os.Stderr and the log package's
// writer for good. Loggers and writers that were made before keep their files.
// It also sets how often garbage is collected. Only one Serve can run in a
// process.
func Serve(ctx context.Context, opts ServerOptions) error {
	if err := opts.Check(); err != nil {
		return err
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if err := hush(opts.Log); err != nil {
		return err
	}
	debug.SetGCPercent(gcPercent)
	for try := 1; ; try++ {
		be, err := open(&opts)
		if err != nil {
			return err
		}
		addr, fixed, err := address(opts.Listen)
		if err != nil {
			return err
		}
		ready := false
		err = embedgw.RunVersityGW(ctx, be, opts.gateway(addr, func() {
			ready = true
			if opts.Ready != nil {
				opts.Ready(addr)
			}
		}))
		if err == nil || ctx.Err() != nil {
			return nil
		}
		if ready || fixed || try == listenTries {
			return fmt.Errorf("s3 server: %w", err)
		}
	}
}

// address returns listen with a port that is free at this moment in the place
// of port 0; fixed tells that listen names its port. The gateway takes no
// listener, so somebody else may take the port before it does.
func address(listen string) (addr string, fixed bool, err error) {
	host, port, err := net.SplitHostPort(listen)
	if err != nil || port != "0" {
		return listen, true, err
	}
	l, err := net.Listen("tcp", net.JoinHostPort(host, port))
	if err != nil {
		return "", false, fmt.Errorf("s3 server: %w", err)
	}
	defer l.Close()
	_, port, err = net.SplitHostPort(l.Addr().String())
	return net.JoinHostPort(host, port), false, err
}

// gateway returns the settings of versitygw.
func (o *ServerOptions) gateway(addr string, ready func()) *embedgw.Config {
	return &embedgw.Config{
		RootUserAccess:    o.AccessKey,
		RootUserSecret:    o.SecretKey,
		Region:            o.Region,
		Ports:             []string{addr},
		MaxConnections:    maxConnections,
		MaxRequests:       maxRequests,
		MultipartMaxParts: maxParts,
		CertFile:          o.CertFile,
		KeyFile:           o.KeyFile,
		Quiet:             true,
		KeepAlive:         true,
		DisableACLs:       true,
		S3Options:         []s3api.Option{s3api.WithOnListen(ready), s3api.WithMiddleware("/", closeAfterChunked)},
	}
}

// closeAfterChunked ends the connection of a request with chunked transfer
// encoding, as MinIO's clients send an empty object. The gateway leaves part
// of such a body unread and would take it for the next request.
func closeAfterChunked(ctx fiber.Ctx) error {
	err := ctx.Next()
	if ctx.Request().Header.ContentLength() == -1 {
		ctx.Response().Header.SetConnectionClose()
	}
	return err
}

// open prepares the folder and returns the backend over it.
func open(opts *ServerOptions) (*durable, error) {
	for _, p := range []*string{&opts.Dir, &opts.CertFile, &opts.KeyFile} {
		if *p == "" {
			continue
		}
		abs, err := filepath.Abs(*p) // the working directory is about to change
		if err != nil {
			return nil, err
		}
		*p = abs
	}
	if err := os.MkdirAll(opts.Dir, 0o755); err != nil {
		return nil, fmt.Errorf("s3 server: %w", err)
	}
	store, sidecar, err := metadata(opts.Dir, opts.Sidecar)
	if err != nil {
		return nil, err
	}
	// Without O_TMPFILE an object is renamed into place. The other way makes
	// a name of 30 more characters beside it, which shows up in listings, is
	// left behind by a crash and does not fit beside the longest names.
	be, err := posix.New(opts.Dir, store, posix.PosixOpts{
		ForceNoTmpFile: true, ValidateBucketNames: true, Concurrency: maxActions, CopyObjectThreshold: maxCopy,
	})
	if err != nil {
		return nil, fmt.Errorf("s3 server: %w", err)
	}
	for _, bucket := range opts.Buckets {
		if err := makeBucket(be, bucket, opts.AccessKey); err != nil {
			return nil, fmt.Errorf("s3 server: bucket %s: %w", bucket, err)
		}
	}
	return &durable{Backend: be, opts: opts, sidecar: sidecar}, sweep()
}

// metadata returns where the objects' metadata are kept: extended attributes
// or, where the file system has none or files are wanted, files in a folder
// beside dir, whose path is then returned too.
func metadata(dir string, asFiles bool) (meta.MetadataStorer, string, error) {
	if !asFiles && hasAttributes(dir) {
		return meta.XattrMeta{}, "", nil
	}
	sidecar := filepath.Join(filepath.Dir(dir), "."+filepath.Base(dir)+"-metadata")
	if err := os.MkdirAll(sidecar, 0o755); err != nil {
		return nil, "", fmt.Errorf("s3 server: %w", err)
	}
	store, err := meta.NewSideCar(sidecar)
	return store, sidecar, err
}

// hasAttributes tries whether files in dir can carry extended attributes.
// Reading alone does not tell: some file systems answer "none" to a read and
// refuse the write.
func hasAttributes(dir string) bool {
	f, err := os.CreateTemp(dir, ".attributes-*")
	if err != nil {
		return false
	}
	defer os.Remove(f.Name())
	defer f.Close()
	return meta.XattrMeta{}.StoreAttribute(f, "", "", "probe", []byte("1")) == nil
}

// makeBucket makes a bucket unless it is there. A folder that somebody else
// made becomes a bucket as it is.
func makeBucket(be *posix.Posix, bucket, owner string) error {
	acl, err := json.Marshal(auth.ACL{Owner: owner})
	if err != nil {
		return err
	}
	ctx := context.Background()
	if info, err := os.Stat(bucket); err == nil && info.IsDir() {
		return be.PutBucketAcl(ctx, bucket, acl)
	}
	return be.CreateBucket(ctx, &aws.CreateBucketInput{
		Bucket:                    &bucket,
		ObjectOwnership:           types.ObjectOwnershipBucketOwnerEnforced,
		CreateBucketConfiguration: &types.CreateBucketConfiguration{},
	}, acl)
}

// sweep removes what uploads that a crash cut short left in the buckets'
// temporary folders. Parts of multipart uploads stay, as clients may go on
// with them.
func sweep() error {
	left, err := filepath.Glob(filepath.Join("*", posix.MetaTmpDir, "*.*"))
	if err != nil {
		return err
	}
	for _, name := range left {
		if info, err := os.Lstat(name); err == nil && info.Mode().IsRegular() {
			if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("s3 server: %w", unsynced(err))
			}
		}
	}
	return nil
}

// UntilEOF returns a context that ends with ctx or when nothing more comes
// from r, the standard input of a child process: its parent is gone.
func UntilEOF(ctx context.Context, r io.Reader) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		defer cancel()
		_, _ = io.Copy(io.Discard, r)
	}()
	return ctx, cancel
}
