package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"tacstream/config"
	"tacstream/config/inspect"
	"tacstream/ingest"
	"tacstream/ingest/regions"
)

type inspectCmd struct {
	where
	Place   string `arg:"" help:"A file, a folder, or s3://bucket/prefix." placeholder:"FILE|DIR|s3://BUCKET/PREFIX"`
	Headers bool   `help:"Read headers only: faster, without values and slopes."`
	JSON    bool   `name:"json" help:"Print one JSON object."`
}

// Help shows examples.
func (inspectCmd) Help() string {
	return `Prints what tacstream sees, without changing anything: for each acquisition the scanner, tracer, dose, weight, units,
decay correction, geometry, regions and reference region, table of frames, what is missing and what is doubtful, each
with what to do about it; then the objects with regions and those that are broken. Series that are the parts of one
acquisition are joined as 'tacstream serve' joins them and shown together. It never prints names, ids, dates or UIDs of
the header; it prints paths as you gave them.

` + modelZero + ` In the table of frames, a slope turns a stored number
into a value, and the decay factor of the header stands beside the one computed from its times, half-life and origin.

The exit status is 0 if every series and every region source could be used, else 1.

Examples:
  tacstream inspect scans/sub-01
  tacstream inspect IM0001.dcm                  # what is wrong with this file?
  tacstream inspect s3://inbox/sub-01 --headers
  tacstream inspect scans/sub-01 --json | jq '.series[] | {number, condition, doubts}'`
}

func (c inspectCmd) Run(e *env) error {
	shelf, cfg, done, err := c.shelf(e)
	if err != nil {
		return err
	}
	defer done()
	in, err := inspect.Inspect(e.ctx, shelf, cfg, !c.Headers)
	if err != nil {
		return err
	}
	if c.JSON {
		enc := json.NewEncoder(e.stdout)
		enc.SetIndent("", "  ")
		err = enc.Encode(in)
	} else {
		err = printInspection(plain{e.stdout}, in)
	}
	if err != nil {
		return err
	}
	switch {
	case in.Objects == 0:
		return c.nothing()
	case len(in.Series) == 0:
		return fmt.Errorf("%s holds no PET series", c.Place)
	}
	for _, s := range in.Series {
		if s.Condition != ingest.Ready {
			return errSilent
		}
	}
	for _, r := range in.Regions {
		if r.Reason.Code != "" {
			return errSilent
		}
	}
	return nil
}

// nothing says that the place is empty.
func (c inspectCmd) nothing() error {
	if strings.HasPrefix(c.Place, "s3://") {
		return fmt.Errorf("no object under %s", c.Place)
	}
	return fmt.Errorf("%s holds no files", c.Place)
}

// shelf opens the place. Done lets go of it.
func (c inspectCmd) shelf(e *env) (shelf inspect.Shelf, cfg config.Config, done func(), err error) {
	name, remote := strings.CutPrefix(c.Place, "s3://")
	if !remote {
		cfg, err = c.where.load()
		return inspect.FileShelf(c.Place), cfg, func() {}, err
	}
	line, err := c.where.open(e)
	if err != nil {
		return nil, cfg, nil, err
	}
	bucket, prefix, _ := strings.Cut(name, "/")
	ctx, stop := context.WithTimeout(e.ctx, storeWithin)
	defer stop()
	if err := line.WaitForStore(ctx); err != nil {
		line.Close()
		return nil, cfg, nil, fmt.Errorf("the S3 store cannot be reached: %w", err)
	}
	return inspect.StoreShelf{Store: line.Store, Bucket: bucket, Folder: prefix}, line.Config, line.Close, nil
}

// printInspection writes everything for people to read.
func printInspection(w io.Writer, in inspect.Inspection) error {
	for _, a := range in.Acquisitions {
		if err := printAcquisition(w, in, a); err != nil {
			return err
		}
	}
	if len(in.Regions) > 0 {
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		fmt.Fprintln(t, "REGIONS\tKIND\tFOR SERIES")
		for _, r := range in.Regions {
			fmt.Fprintf(t, "%s\t%s\t%s\n", r.Object, r.Kind, numbers(r))
		}
		fmt.Fprintln(t)
		if err := t.Flush(); err != nil {
			return err
		}
	} else if len(in.Series) > 0 {
		fmt.Fprintf(w, "REGIONS: none here. The series waits for %s.\n\n", regions.Wanted())
	}
	for _, r := range in.Regions {
		if r.Reason.Code != "" {
			fmt.Fprintf(w, "%s\n  %s\n", r.Object, r.Reason)
		}
		if r.Do != "" {
			fmt.Fprintf(w, "  → %s\n", r.Do)
		}
		for _, d := range r.Doubts {
			fmt.Fprintf(w, "%s\n  %s\n", r.Object, d)
		}
	}
	return printBroken(w, in.Broken)
}

func numbers(r inspect.RegionView) string {
	switch {
	case r.Reason.Code != "":
		return "none, see below"
	case r.Companion():
		return "those of its image"
	case len(r.Fits) == 0:
		return "-"
	}
	return runs(r.Fits)
}

// mostBroken bounds how many objects are named of one reason.
const mostBroken = 10

func printBroken(w io.Writer, broken []inspect.BrokenView) error {
	seen := map[ingest.Code]int{}
	for _, b := range broken {
		seen[b.Reason.Code]++
		switch n := seen[b.Reason.Code]; {
		case n <= mostBroken:
			fmt.Fprintf(w, "%s\n  %s\n", b.Object, b.Reason)
			if n == 1 && b.Do != "" {
				fmt.Fprintf(w, "  → %s\n", b.Do)
			}
		case n == mostBroken+1:
			fmt.Fprintf(w, "… more of %s; --json names all\n", b.Reason.Code)
		}
	}
	return nil
}
