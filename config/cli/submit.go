package cli

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"tacstream/config/line"
	"tacstream/ingest"
	"tacstream/publish"
)

type submitCmd struct {
	where
	Dir     string        `arg:"" help:"Folder with DICOM files and their regions." type:"existingdir"`
	Prefix  string        `help:"Key prefix in the inbox; default: the folder's name." placeholder:"PREFIX"`
	Bucket  string        `help:"Inbox; default: the first site's." placeholder:"NAME"`
	Replace bool          `help:"Overwrite files that are in the inbox under the same name with other content."`
	Timeout time.Duration `help:"How long to wait for a result." default:"10m"`
	JSON    bool          `name:"json" help:"Print the events as JSON lines."`
}

// Help shows examples.
func (submitCmd) Help() string {
	return `Uploads every file of the folder, keeping its subfolders, and waits until each series in it has a result or a reason why
it has none. The exit status is 0 only if every series was estimated. Files that are in the inbox with the same content
are sent again. If any file is there with other content, nothing is sent, unless --replace is given.

Examples:
  tacstream submit scans/sub-01
  tacstream submit scans/sub-01 --prefix study7/sub-01 --json`
}

// uploads is how many files are sent at once.
const uploads = 16

func (c submitCmd) Run(e *env) error {
	line, err := c.where.open(e)
	if err != nil {
		return err
	}
	defer line.Close()
	if c.Bucket == "" {
		c.Bucket = line.Config.Sites[0].Bucket
	}
	if c.Prefix = strings.Trim(path.Clean("/"+c.Prefix), "/"); c.Prefix == "" {
		dir, err := filepath.Abs(c.Dir)
		if err != nil {
			return err
		}
		c.Prefix = filepath.Base(dir)
	}
	reaching, stop := context.WithTimeout(e.ctx, storeWithin)
	defer stop()
	if err := line.WaitForStore(reaching); err != nil {
		return fmt.Errorf("the S3 store cannot be reached: %w", err)
	}
	sent, err := c.upload(e, line)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(e.ctx, c.Timeout)
	defer cancel()
	ok, err := c.await(ctx, e, line, sent)
	if err != nil {
		return err
	}
	if !ok {
		return errSilent
	}
	return nil
}

// A parcel is what was uploaded: the objects, and the series among them.
type parcel struct {
	objects []ingest.Object
	series  []ingest.Token
}

// upload sends every file and notes which series they belong to.
func (c submitCmd) upload(e *env, line *line.Line) (parcel, error) {
	files, err := c.files()
	if err != nil {
		return parcel{}, err
	}
	if !c.Replace {
		if err := c.vacant(e.ctx, line, files); err != nil {
			return parcel{}, err
		}
	}
	sent := parcel{objects: make([]ingest.Object, len(files))}
	tokens := make([]ingest.Token, len(files))
	bar := newBar(e.stderr, "uploading", len(files))
	g, ctx := errgroup.WithContext(e.ctx)
	g.SetLimit(uploads)
	for i, file := range files {
		g.Go(func() error {
			data, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			key := c.key(file)
			tokens[i] = line.SeriesOf(c.Bucket, key, data)
			etag, err := line.Store.Put(ctx, c.Bucket, key, data, "application/octet-stream")
			sent.objects[i] = ingest.Object{Bucket: c.Bucket, Key: key, ETag: etag, Size: int64(len(data))}
			bar.add(1)
			return err
		})
	}
	err = g.Wait()
	bar.done()
	seen := map[ingest.Token]bool{"": true}
	for _, t := range tokens {
		if !seen[t] {
			seen[t] = true
			sent.series = append(sent.series, t)
		}
	}
	return sent, err
}

// files returns those of the folder, without what is no input by its name.
func (c submitCmd) files() (files []string, err error) {
	err = filepath.WalkDir(c.Dir, func(p string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && !ingest.Ours(filepath.ToSlash(p)) {
			files = append(files, p)
		}
		return err
	})
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("%s holds no files", c.Dir)
	}
	return files, err
}

// key returns that of a file of the folder.
func (c submitCmd) key(file string) string {
	rel, err := filepath.Rel(c.Dir, file)
	if err != nil {
		rel = filepath.Base(file)
	}
	return path.Join(c.Prefix, filepath.ToSlash(rel))
}

// vacant returns an error where files would replace others: two folders of one
// name mostly hold different scans.
func (c submitCmd) vacant(ctx context.Context, line *line.Line, files []string) error {
	there := map[string]ingest.Object{}
	for o, err := range line.Store.List(ctx, c.Bucket, c.Prefix+"/") {
		if err != nil {
			return err
		}
		there[o.Key] = o
	}
	taken := 0
	for _, file := range files {
		o, ok := there[c.key(file)]
		if !ok {
			continue
		}
		same, err := holds(ctx, line, o, file)
		if err != nil {
			return err
		}
		if !same {
			taken++
		}
	}
	if taken > 0 {
		return fmt.Errorf("%d of %d files already exist under %s/ in the inbox with other content; use --prefix to upload elsewhere or --replace to overwrite", taken, len(files), c.Prefix)
	}
	return nil
}

// holds reports whether an object is a file, byte for byte.
func holds(ctx context.Context, line *line.Line, o ingest.Object, file string) (bool, error) {
	info, err := os.Stat(file)
	if err != nil || info.Size() != o.Size {
		return false, err
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return false, err
	}
	sum := md5.Sum(data)
	if o.ETag == hex.EncodeToString(sum[:]) {
		return true, nil
	}
	there, _, err := line.Store.Get(ctx, o.Bucket, o.Key) // not every store's ETag is the digest
	return bytes.Equal(data, there), err
}

// await waits until every object is in the ledger, prints which files serve for
// nothing, and then what became of each series. It reports whether all were
// estimated.
func (c submitCmd) await(ctx context.Context, e *env, line *line.Line, sent parcel) (bool, error) {
	var others ingest.Gathering
	if err := c.recorded(ctx, e, line, sent.objects, others.Add); err != nil {
		return false, err
	}
	if err := c.reportOthers(e.stdout, othersOf(line.Sites, others.Groups())); err != nil {
		return false, err
	}
	if len(sent.series) == 0 {
		return false, fmt.Errorf("%s holds no PET series; everything was uploaded", c.Dir)
	}
	return c.awaitSeries(ctx, e, line, sent.series)
}

// awaitSeries waits until every series has come to an end, and prints what
// became of each. It reports whether all were estimated.
func (c submitCmd) awaitSeries(ctx context.Context, e *env, line *line.Line, sent []ingest.Token) (bool, error) {
	for _, series := range sent {
		if _, err := settled(ctx, e, line, series); err != nil {
			return false, err
		}
	}
	all := true
	quiet := *e
	quiet.stderr = io.Discard
	for _, series := range sent { // a later one may have joined an earlier one
		state, err := settled(ctx, &quiet, line, series)
		if err != nil {
			return false, err
		}
		all = all && (state.Condition == ingest.Joined || state.Result == ingest.Estimated && state.Condition == ingest.Ready)
		if err := c.report(ctx, e.stdout, line, state); err != nil {
			return false, err
		}
	}
	return all, nil
}

// reportOthers prints which of the files serve for nothing: the ledger knows that
// before any event says so.
func (c submitCmd) reportOthers(w io.Writer, others []other) error {
	for _, o := range others {
		if c.JSON {
			if err := json.NewEncoder(w).Encode(o); err != nil {
				return err
			}
			continue
		}
		if _, err := fmt.Fprintf(w, "%s %s: unusable: %s; tacstream show %s says which\n", o.noun(), o.token(), o.why(), o.token()); err != nil {
			return err
		}
	}
	return nil
}

// recorded waits until the ledger holds every object as it was sent, and calls
// visit with its record.
func (c submitCmd) recorded(ctx context.Context, e *env, line *line.Line, objects []ingest.Object, visit func(ingest.Record)) error {
	bar := newBar(e.stderr, "noticed", len(objects))
	defer bar.done()
	for _, o := range objects {
		for !ingest.Ours(o.Key) {
			r, err := line.Ledger.Find(ctx, o)
			if err != nil {
				return err
			}
			if r.ETag == o.ETag && !r.Gone {
				visit(r)
				break
			}
			if err := rest(ctx, 200*time.Millisecond); err != nil {
				return fmt.Errorf("the upload was not noticed; is 'tacstream serve' running? (%w)", err)
			}
		}
		bar.add(1)
	}
	return nil
}

// settled waits until a series has come to an end: a result for its newest
// revision, or a condition in which nothing more will happen by itself.
func settled(ctx context.Context, e *env, line *line.Line, series ingest.Token) (ingest.State, error) {
	bar := newBar(e.stderr, "working", 0)
	defer bar.done()
	for still := 0; ; {
		s, err := line.Ledger.State(ctx, series)
		if err != nil {
			return s, err
		}
		bar.say("series " + string(series) + " " + publish.StateLine(s.Outcome()))
		end := s.Look != "" && s.Done == s.Revision
		switch s.Condition {
		case ingest.Waiting, ingest.Incomplete, ingest.Inconsistent, ingest.Rejected, ingest.Absent:
			end = true
		case ingest.Joined:
			lead, err := line.Ledger.State(ctx, s.Lead)
			if err != nil {
				return s, err
			}
			end = slices.Contains(lead.Parts, s.Series)
		}
		// Twice in a row: the ledger may have the last object a moment
		// before the judgement on it.
		if still++; !end {
			still = 0
		}
		if still > 2 {
			return s, nil
		}
		if err := rest(ctx, 250*time.Millisecond); err != nil {
			return s, fmt.Errorf("series %s has no result within --timeout; its state is %s", series, s.Condition)
		}
	}
}

// report prints the result of a series, or why there is none.
func (c submitCmd) report(ctx context.Context, w io.Writer, line *line.Line, s ingest.State) error {
	last, err := line.Outbox.CurrentResult(ctx, s)
	if err != nil {
		return err
	}
	event, ok := last.Body, last.Seq > 0
	switch {
	case c.JSON && ok:
		_, err = fmt.Fprintf(w, "%s\n", event)
	case c.JSON:
		err = json.NewEncoder(w).Encode(s.Outcome())
	case ok && s.Condition == ingest.Ready:
		err = publish.Print(w, event)
	default:
		_, err = fmt.Fprintf(w, "series %s: %s\n", s.Series, publish.StateLine(s.Outcome()))
	}
	return err
}
