package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"

	"tacstream/config/line"
	"tacstream/ingest"
)

type showCmd struct {
	where
	Token string `arg:"" help:"Token of a series, object or folder, or the beginning of one."`
	JSON  bool   `name:"json" help:"Print the records as JSON lines."`
}

// Help warns and shows an example.
func (showCmd) Help() string {
	return `Prints the objects behind a token with their keys and UIDs; only for the operator at the machine.

Example:
  tacstream show 7k2m`
}

func (c showCmd) Run(e *env) error {
	line, err := c.where.open(e)
	if err != nil {
		return err
	}
	defer line.Close()
	state, err := findState(e, line, c.Token)
	if err != nil {
		return c.showOther(e, line)
	}
	records, err := line.Ledger.Load(e.ctx, state.Series)
	if err != nil {
		return err
	}
	slices.SortFunc(records, func(a, b ingest.Record) int { return strings.Compare(a.Key, b.Key) })
	if c.JSON {
		enc := json.NewEncoder(e.stdout)
		for _, r := range records {
			if err := enc.Encode(r); err != nil {
				return err
			}
		}
		return nil
	}
	work, err := workOf(e, line, state)
	if err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "series    %s\nstate     %s\nresult    %s\nwhy       %s\nrevision  %d (%d attempts, %d crashes, handed back %d times)\n",
		state.Series, state.Condition, work, whyOf(state), state.Revision, state.Attempts, state.Crashes, state.HandBacks)
	if i := slices.IndexFunc(records, func(r ingest.Record) bool { return r.Header != nil }); i >= 0 {
		fmt.Fprintf(e.stdout, "uid       %s\n", records[i].Header.Strict.SeriesInstanceUID)
	}
	if view, err := line.Judge.View(e.ctx, state.Series, true, state.Atlas); err == nil && view.Regions.Image.Key != "" {
		table := ""
		if view.Regions.LUT.Key != "" {
			table = " with " + view.Regions.LUT.Key
		}
		fmt.Fprintf(plain{e.stdout}, "regions   %s/%s%s\n", view.Regions.Image.Bucket, view.Regions.Image.Key, table)
	}
	if state.Event != "" {
		fmt.Fprintf(e.stdout, "files     %s/%s/%s/\n", line.Config.S3.Results, state.Series, state.Event)
	}
	printObjects(plain{e.stdout}, records)
	return nil
}

// printObjects prints the objects of a series, those that are sound folder by
// folder.
func printObjects(w io.Writer, records []ingest.Record) {
	sound := map[string]int{}
	for _, r := range records {
		if r.Gone || r.Fault.Code != "" {
			fmt.Fprintf(w, "object    %s/%s  %s\n", r.Bucket, r.Key, statusOf(r))
			continue
		}
		sound[path.Dir(r.Bucket+"/"+r.Key)]++
	}
	for _, folder := range slices.Sorted(maps.Keys(sound)) {
		fmt.Fprintf(w, "objects   %s/  %d, their headers are sound\n", folder, sound[folder])
	}
}

func statusOf(r ingest.Record) string {
	switch {
	case r.Gone:
		return "gone"
	case r.Fault.Code != "":
		return r.Fault.String()
	}
	return "its header is sound"
}

// showOther looks for the token among the objects that serve for nothing and
// their folders.
func (c showCmd) showOther(e *env, line *line.Line) error {
	found := false
	print := func(r ingest.Record) {
		found = true
		if c.JSON {
			_ = json.NewEncoder(e.stdout).Encode(r)
			return
		}
		fmt.Fprintf(plain{e.stdout}, "object    %s/%s  %s\n", r.Bucket, r.Key, statusOf(r))
	}
	folders := folderLister{sites: line.Sites, token: c.Token, known: map[folderOfSite]bool{}}
	err := line.Ledger.Others(e.ctx, func(r ingest.Record) {
		switch own := r.Token != "" && strings.HasPrefix(string(r.Token), c.Token); {
		case own, c.JSON && folders.asked(r):
			print(r)
		case folders.asked(r):
			folders.add(r)
		}
	})
	for _, f := range folders.found {
		for _, r := range f.first {
			print(r)
		}
		if more := f.count - len(f.first); more > 0 {
			fmt.Fprintf(plain{e.stdout}, "objects   %s/%s/  %d more: %s\n", f.first[0].Bucket, f.first[0].Folder(), more, f.first[0].Fault.Code)
		}
	}
	if err == nil && !found {
		err = fmt.Errorf("no series, object or folder has a token that begins with %s; 'tacstream list' prints the tokens", c.Token)
	}
	return err
}
