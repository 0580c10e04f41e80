package jetstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"tacstream/ingest"
)

const formatSubject = "_tac.ledger.format"

// treeFormat is the version of the notes in the tree. Version 1, which no record
// tells, had =s, =r and =o alone.
const treeFormat = 2

// upgrade adds the notes to a ledger of an earlier release that RegionsNear and
// SeriesNear go by. Several processes may do so at once.
func (l *Ledger) upgrade(ctx context.Context) error {
	msg, err := last(ctx, l.stream, formatSubject)
	if err != nil {
		return fmt.Errorf("the ledger's format: %w", err)
	}
	if msg != nil {
		return nil
	}
	old, err := l.oldNotes(ctx)
	if err == nil {
		err = l.renote(ctx, old)
	}
	if err != nil {
		return fmt.Errorf("the notes of an earlier release: %w", err)
	}
	if _, err := l.put(ctx, formatSubject, treeFormat, 0); !errors.Is(err, ingest.ErrConflict) {
		return err
	}
	return nil // another process was faster
}

// An oldNote is a note of a series or of a region source in a folder.
type oldNote struct {
	place
	subject string
}

func (l *Ledger) oldNotes(ctx context.Context) (notes []oldNote, err error) {
	err = scan(ctx, l.stream, []string{"_tac.ledger.tree.>"}, func(msg jetstream.Msg, _ uint64) error {
		n := oldNote{subject: msg.Subject()}
		if !ofObjects(n.subject) || strings.HasSuffix(above(n.subject), ".=o") {
			return nil
		}
		if err := json.Unmarshal(msg.Data(), &n.place); err != nil {
			return err
		}
		notes = append(notes, n)
		return nil
	})
	return notes, err
}

// renote writes what is missing. Where a series looks for regions is not known,
// so it is noted in every folder above its own; its next judgement takes back
// what is too much. Series come before region sources: these are offered only
// from folders that hold none.
func (l *Ledger) renote(ctx context.Context, old []oldNote) error {
	for _, n := range old {
		if !strings.HasSuffix(above(n.subject), ".=s") {
			continue
		}
		if err := l.mark(ctx, n.Bucket, n.Folder); err != nil {
			return err
		}
		for folder := n.Folder; ; folder = folderAbove(folder) {
			if err := l.Watch(ctx, n.Bucket, folder, ingest.Token(lastToken(n.subject))); err != nil {
				return err
			}
			if folder == "" {
				break
			}
		}
	}
	for _, n := range old {
		if !strings.HasSuffix(above(n.subject), ".=r") {
			continue
		}
		if err := l.offer(ctx, n.Bucket, n.Folder, lastToken(n.subject)); err != nil {
			return err
		}
	}
	return nil
}
