package jetstream

import (
	"context"
	"encoding/json"
	"path"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"tacstream/ingest"
)

// RegionsNear returns the present region sources and look-up tables in a
// folder and in the folders one level below it, except for those that hold
// series of their own: their regions belong to these.
func (l *Ledger) RegionsNear(ctx context.Context, bucket, folder string) ([]ingest.Record, error) {
	at := folderSubject(bucket, folder)
	here, err := l.regionsUnder(ctx, at+".=r.*")
	if err != nil {
		return nil, err
	}
	below, err := l.regionsUnder(ctx, at+".*.=r.*")
	if err != nil {
		return nil, err
	}
	taken := map[string]bool{}
	for _, r := range below {
		owned, known := taken[r.Folder()]
		if !known {
			if owned, err = l.holdsSeries(ctx, bucket, r.Folder()); err != nil {
				return nil, err
			}
			taken[r.Folder()] = owned
		}
		if !owned {
			here = append(here, r)
		}
	}
	return here, nil
}

// regionsUnder returns the present records that tree subjects lead to.
func (l *Ledger) regionsUnder(ctx context.Context, filter string) ([]ingest.Record, error) {
	names, err := subjects(ctx, l.broker.ledger, filter)
	if err != nil {
		return nil, err
	}
	var records []ingest.Record
	for _, name := range names {
		r, err := l.record(ctx, objectSubject(ingest.ClassRegions, lastToken(name)))
		if err != nil {
			return nil, err
		}
		if r.Revision > 0 && !r.Gone {
			records = append(records, r)
		}
	}
	return records, nil
}

// holdsSeries reports whether a series lies in a folder or beneath it.
func (l *Ledger) holdsSeries(ctx context.Context, bucket, folder string) (bool, error) {
	names, err := subjects(ctx, l.broker.ledger, folderSubject(bucket, folder)+".>")
	return len(seriesOf(names)) > 0, err
}

// SeriesNear returns the series that a region source in a folder may serve:
// those in the folder, in the one above it, and anywhere below these.
func (l *Ledger) SeriesNear(ctx context.Context, bucket, folder string) ([]ingest.Token, error) {
	above := folder
	if folder != "" {
		above = strings.Trim(strings.TrimSuffix(path.Dir(folder), "."), "/")
	}
	names, err := subjects(ctx, l.broker.ledger, folderSubject(bucket, above)+".>")
	if err != nil {
		return nil, err
	}
	return seriesOf(names), nil
}

func seriesOf(names []string) []ingest.Token {
	var series []ingest.Token
	seen := map[string]bool{}
	for _, name := range names {
		if token := lastToken(name); strings.Contains(name, ".=s.") && !seen[token] {
			seen[token] = true
			series = append(series, ingest.Token(token))
		}
	}
	return series
}

func lastToken(subject string) string { return subject[strings.LastIndexByte(subject, '.')+1:] }

// A Folder is one folder of a bucket.
type Folder struct{ Bucket, Name string }

// Folders calls visit with every folder that ever held an object, some of
// them more than once.
func (l *Ledger) Folders(ctx context.Context, visit func(Folder)) error {
	return l.broker.scan(ctx, l.broker.ledger, []string{"_tac.ledger.tree.>"}, func(msg jetstream.Msg, _ uint64) error {
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
	return l.broker.scan(ctx, l.broker.ledger, []string{folderSubject(p.Bucket, strings.Trim(top, "/")) + ".>"}, func(msg jetstream.Msg, _ uint64) error {
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

// In returns the present records of all objects directly in a folder.
func (l *Ledger) In(ctx context.Context, f Folder) (map[string]ingest.Record, error) {
	at := folderSubject(f.Bucket, f.Name)
	names, err := subjects(ctx, l.broker.ledger, at+".*.*")
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
	return l.broker.scan(ctx, l.broker.ledger, []string{"_tac.ledger.state.*"}, func(msg jetstream.Msg, seq uint64) error {
		var s ingest.State
		if err := json.Unmarshal(msg.Data(), &s); err != nil {
			return err
		}
		s.Revision = seq
		return visit(s)
	})
}

// Others calls visit with the record of every object that serves for nothing.
func (l *Ledger) Others(ctx context.Context, visit func(ingest.Record)) error {
	return l.broker.scan(ctx, l.broker.ledger, []string{objectSubject(ingest.ClassOther, "*")}, func(msg jetstream.Msg, seq uint64) error {
		var r ingest.Record
		if err := json.Unmarshal(msg.Data(), &r); err != nil {
			return err
		}
		if r.Revision = seq; !r.Gone {
			visit(r)
		}
		return nil
	})
}
