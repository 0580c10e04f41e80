package s3

import (
	"context"
	"iter"
	"strings"

	"github.com/minio/minio-go/v7"

	"tacstream/ingest"
)

// List returns the objects whose keys begin with prefix, in the order of
// their keys, page by page: memory does not grow with their number. Empty
// folder markers (keys that end in a slash) are left out. After an error the
// sequence ends.
func (s *Store) List(ctx context.Context, bucket, prefix string) iter.Seq2[ingest.Object, error] {
	return func(yield func(ingest.Object, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		opts := minio.ListObjectsOptions{Prefix: prefix, Recursive: true}
		for info := range s.core.ListObjectsIter(ctx, bucket, opts) {
			if info.Err != nil {
				yield(ingest.Object{}, wrap("list", bucket, info.Err))
				return
			}
			if info.Size == 0 && strings.HasSuffix(info.Key, "/") {
				continue
			}
			if !yield(objectOf(bucket, info.Key, info), nil) {
				return
			}
		}
		if err := ctx.Err(); err != nil {
			yield(ingest.Object{}, wrap("list", bucket, err))
		}
	}
}

// A Lister walks buckets, since notices are lost now and then. What the
// ledger lacks of what it sees is for the caller to decide.
type Lister struct {
	Store *Store
}

// Walk calls visit with every object whose key begins with prefix, in the
// order of keys, until visit or the store returns an error.
func (l Lister) Walk(ctx context.Context, bucket, prefix string, visit func(ingest.Object) error) error {
	for obj, err := range l.Store.List(ctx, bucket, prefix) {
		if err != nil {
			return err
		}
		if err := visit(obj); err != nil {
			return err
		}
	}
	return nil
}
