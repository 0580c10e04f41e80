package s3

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	aws "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/versity/versitygw/backend"
	"github.com/versity/versitygw/s3response"
)

// notifyPatience bounds how long a client waits for its notice to be taken.
const notifyPatience = 10 * time.Second

// durable is the gateway's backend with two promises added: what a client was
// told is stored survives a power loss, and its notice was taken before, or
// Owed was called.
type durable struct {
	backend.Backend
	opts *ServerOptions
	// sidecar is the folder of the objects' metadata, "" where they are
	// extended attributes.
	sidecar string
}

// PutObject stores, syncs and notifies.
func (d *durable) PutObject(ctx context.Context, in s3response.PutObjectInput) (s3response.PutObjectOutput, error) {
	out, err := d.Backend.PutObject(ctx, in)
	if err == nil {
		err = d.stored(ctx, EventPut, *in.Bucket, *in.Key, out.ETag)
	}
	return out, err
}

// CompleteMultipartUpload puts the parts together, syncs and notifies.
func (d *durable) CompleteMultipartUpload(ctx context.Context, in *aws.CompleteMultipartUploadInput) (s3response.CompleteMultipartUploadResult, string, error) {
	out, version, err := d.Backend.CompleteMultipartUpload(ctx, in)
	if err == nil {
		err = d.stored(ctx, EventComplete, *in.Bucket, *in.Key, deref(out.ETag))
	}
	return out, version, err
}

// CopyObject copies, syncs and notifies.
func (d *durable) CopyObject(ctx context.Context, in s3response.CopyObjectInput) (s3response.CopyObjectOutput, error) {
	out, err := d.Backend.CopyObject(ctx, in)
	if err == nil {
		etag := ""
		if out.CopyObjectResult != nil {
			etag = deref(out.CopyObjectResult.ETag)
		}
		err = d.stored(ctx, EventCopy, *in.Bucket, *in.Key, etag)
	}
	return out, err
}

// DeleteObject deletes, syncs and notifies.
func (d *durable) DeleteObject(ctx context.Context, in *aws.DeleteObjectInput) (*aws.DeleteObjectOutput, error) {
	out, err := d.Backend.DeleteObject(ctx, in)
	if err == nil {
		err = d.deleted(ctx, *in.Bucket, *in.Key)
	}
	return out, err
}

// DeleteObjects deletes, syncs and notifies, one by one.
func (d *durable) DeleteObjects(ctx context.Context, in *aws.DeleteObjectsInput) (s3response.DeleteResult, error) {
	out, err := d.Backend.DeleteObjects(ctx, in)
	for _, gone := range out.Deleted {
		if err == nil && gone.Key != nil {
			err = d.deleted(ctx, *in.Bucket, *gone.Key)
		}
	}
	return out, err
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// stored makes an object durable and gives notice of it.
func (d *durable) stored(ctx context.Context, event, bucket, key, etag string) error {
	if strings.HasSuffix(key, "/") {
		return nil // a folder marker
	}
	key = d.NormalizeObjectKey(bucket, key)
	size, err := syncFile(filepath.Join(bucket, key))
	if errors.Is(err, fs.ErrNotExist) {
		return nil // deleted meanwhile, of which there is a notice of its own
	}
	if err == nil {
		err = d.syncFolders(bucket, key)
	}
	if err != nil {
		return unsynced(err)
	}
	d.notify(ctx, Event{Name: event, Bucket: bucket, Key: key, ETag: unquote(etag), Size: size})
	return nil
}

func (d *durable) deleted(ctx context.Context, bucket, key string) error {
	if strings.HasSuffix(key, "/") {
		return nil
	}
	key = d.NormalizeObjectKey(bucket, key)
	if err := d.syncFolders(bucket, key); err != nil {
		return unsynced(err)
	}
	d.notify(ctx, Event{Name: EventDelete, Bucket: bucket, Key: key})
	return nil
}

// unsynced drops the path from an error of the file system.
func unsynced(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return fmt.Errorf("sync object: %w", err)
}

// syncFile flushes a file, its extended attributes included, to disk and
// returns its size.
func syncFile(name string) (int64, error) {
	flag := os.O_RDONLY
	if runtime.GOOS == "windows" {
		// Only what is open for writing can be flushed there, and a folder never:
		// its entries are in a journal.
		if info, err := os.Stat(name); err != nil || info.IsDir() {
			return 0, err
		}
		flag = os.O_RDWR
	}
	f, err := os.OpenFile(name, flag, 0)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), f.Sync()
}

// syncFolders flushes the folders from the object's up to the bucket, any of
// which may be new, and the object's metadata where those are files. Folders
// that are gone were empty and need no sync.
func (d *durable) syncFolders(bucket, key string) error {
	if d.sidecar != "" {
		if err := syncTree(filepath.Join(d.sidecar, bucket, key, "meta")); err != nil {
			return err
		}
		if err := syncUp(d.sidecar, filepath.Join(bucket, key)); err != nil {
			return err
		}
	}
	return syncUp(".", filepath.Join(bucket, filepath.Dir(key)))
}

// syncUp flushes the folder below root and every folder between them.
func syncUp(root, folder string) error {
	for ; folder != "." && folder != "/"; folder = filepath.Dir(folder) {
		if _, err := syncFile(filepath.Join(root, folder)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// syncTree flushes the files of a folder and the folder itself.
func syncTree(folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return ignoreMissing(err)
	}
	for _, e := range entries {
		if _, err := syncFile(filepath.Join(folder, e.Name())); ignoreMissing(err) != nil {
			return err
		}
	}
	_, err = syncFile(folder)
	return ignoreMissing(err)
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// notify gives notice of an event. The object is stored whatever becomes of
// its notice, so the client is told success; what was not taken is owed.
func (d *durable) notify(ctx context.Context, e Event) {
	if d.opts.Notifier == nil || !d.opts.notifies(e.Bucket) {
		return
	}
	e.When = time.Now()
	// The client may hang up; its object is stored all the same.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), notifyPatience)
	defer cancel()
	if err := d.opts.Notifier.Notify(ctx, e.Encode()); err != nil {
		d.opts.Log.Warn("a notice was not taken, so the bucket will be listed", "bucket", e.Bucket, "err", err)
		if d.opts.Owed != nil {
			d.opts.Owed(e.Bucket)
		}
	}
}
