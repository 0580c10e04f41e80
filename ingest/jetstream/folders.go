package jetstream

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"tacstream/ingest"
)

// Folders calls visit with every folder that ever held an object, some of
// them more than once.
func (l *Ledger) Folders(ctx context.Context, visit func(Folder)) error {
	return scan(ctx, l.stream, []string{"_tac.ledger.tree.>"}, func(msg jetstream.Msg, _ uint64) error {
		if !ofObjects(msg.Subject()) {
			return nil
		}
		var p place
		if err := json.Unmarshal(msg.Data(), &p); err != nil {
			return err
		}
		visit(Folder{p.Bucket, p.Folder})
		return nil
	})
}

// FoldersUnder calls visit as Folders does, with the folders that may hold
// objects of a place.
func (l *Ledger) FoldersUnder(ctx context.Context, p ingest.Place, visit func(Folder)) error {
	top := p.Prefix[:max(strings.LastIndexByte(p.Prefix, '/'), 0)] // the rest is no whole name
	return scan(ctx, l.stream, []string{folderSubject(p.Bucket, strings.Trim(top, "/")) + ".>"}, func(msg jetstream.Msg, _ uint64) error {
		if !ofObjects(msg.Subject()) {
			return nil
		}
		var at place
		if err := json.Unmarshal(msg.Data(), &at); err != nil {
			return err
		}
		if at.Bucket == p.Bucket && (strings.HasPrefix(at.Folder+"/", p.Prefix) || strings.HasPrefix(p.Prefix, at.Folder)) {
			visit(Folder{at.Bucket, at.Folder})
		}
		return nil
	})
}

// ofObjects reports whether a note of the tree says that objects are there.
func ofObjects(subject string) bool {
	rest := above(subject)
	return strings.HasSuffix(rest, ".=s") || strings.HasSuffix(rest, ".=r") || strings.HasSuffix(rest, ".=o")
}

// In returns the present records of all objects directly in a folder.
func (l *Ledger) In(ctx context.Context, f Folder) (map[string]ingest.Record, error) {
	at := folderSubject(f.Bucket, f.Name)
	names, err := subjects(ctx, l.stream, at+".*.*")
	if err != nil {
		return nil, err
	}
	here := map[string]ingest.Record{}
	keep := func(r ingest.Record) {
		if !r.Gone && r.Bucket == f.Bucket && r.Folder() == f.Name {
			here[r.Key] = r
		}
	}
	for _, name := range names {
		rest := strings.TrimPrefix(name, at+".")
		class, id, _ := strings.Cut(rest, ".")
		switch class {
		case "=s":
			records, err := l.Load(ctx, ingest.Token(id))
			if err != nil {
				return nil, err
			}
			for _, r := range records {
				keep(r)
			}
		case "=r", "=o":
			r, err := l.record(ctx, objectSubject(map[string]string{"=r": ingest.ClassRegions, "=o": ingest.ClassOther}[class], id))
			if err != nil {
				return nil, err
			}
			keep(r)
		}
	}
	return here, nil
}

// States calls visit with the state of every series.
func (l *Ledger) States(ctx context.Context, visit func(ingest.State) error) error {
	return scan(ctx, l.stream, []string{"_tac.ledger.state.*"}, func(msg jetstream.Msg, seq uint64) error {
		var s ingest.State
		if err := json.Unmarshal(msg.Data(), &s); err != nil {
			return err
		}
		s.Seq = seq
		return visit(s)
	})
}

// Others calls visit with the record of every object that serves for nothing.
func (l *Ledger) Others(ctx context.Context, visit func(ingest.Record)) error {
	return scan(ctx, l.stream, []string{objectSubject(ingest.ClassOther, "*")}, func(msg jetstream.Msg, seq uint64) error {
		var r ingest.Record
		if err := json.Unmarshal(msg.Data(), &r); err != nil {
			return err
		}
		if r.Seq = seq; !r.Gone {
			visit(r)
		}
		return nil
	})
}
