package cli

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
	"text/tabwriter"

	"tacstream/config/line"
	"tacstream/ingest"
	"tacstream/publish"
)

type listCmd struct {
	where
	JSON bool `name:"json" help:"Print one JSON object a line."`
}

// Help shows examples.
func (listCmd) Help() string {
	return `Every series with its state and plain reason, then the objects that serve for nothing, one line for each
folder and cause. Names, ids and keys stay inside: 'tacstream show TOKEN' opens them.

Examples:
  tacstream list
  tacstream list --json | jq 'select(.condition == "incomplete")'`
}

func (c listCmd) Run(e *env) error {
	line, err := c.where.open(e)
	if err != nil {
		return err
	}
	defer line.Close()
	var states []ingest.State
	if err := line.Ledger.States(e.ctx, func(s ingest.State) error { states = append(states, s); return nil }); err != nil {
		return err
	}
	for i, s := range states {
		if err := recount(e, line, &states[i]); err != nil {
			return fmt.Errorf("series %s: %w", s.Series, err)
		}
	}
	slices.SortFunc(states, func(a, b ingest.State) int { return strings.Compare(string(a.Series), string(b.Series)) })
	var gathered ingest.Gathering
	if err := line.Ledger.Others(e.ctx, gathered.Add); err != nil {
		return err
	}
	others := othersOf(line.Sites, gathered.Groups())
	if c.JSON {
		return listJSON(e, states, others)
	}
	w := tabwriter.NewWriter(plain{e.stdout}, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "SERIES\tSITE\tSTATE\tRESULT\tWHY")
	for _, s := range states {
		work, err := workOf(e, line, s)
		if err != nil {
			return fmt.Errorf("series %s: %w", s.Series, err)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", s.Series, s.Site, s.Condition, work, whyOf(s))
	}
	for _, o := range others {
		fmt.Fprintf(w, "%s\t%s\t%s\tunusable\t%s\n", o.token(), o.Site, o.noun(), o.why())
	}
	return w.Flush()
}

// recount counts the objects of a series that is being received: its state is
// not written anew for each.
func recount(e *env, line *line.Line, s *ingest.State) error {
	if s.Condition != ingest.Receiving || s.Multiframe {
		return nil
	}
	n, err := line.Ledger.Count(e.ctx, s.Series)
	s.Have = max(s.Have, min(n, s.Want))
	return err
}

// An other is what serves for nothing: one object, or several of a folder for
// one cause.
type other struct {
	Object ingest.Token  `json:"object,omitempty"` // where it is one, and of a site
	Folder ingest.Token  `json:"folder,omitempty"` // else
	Site   ingest.Site   `json:"site,omitempty"`
	Count  int           `json:"count"`
	Reason ingest.Reason `json:"reason"`
}

// othersOf returns groups by their tokens, in order of these.
func othersOf(sites ingest.Sites, groups []ingest.Group) []other {
	list := make([]other, len(groups))
	for i, g := range groups {
		o := other{Site: g.Site, Count: g.Count, Reason: g.Reason()}
		if g.Count == 1 {
			o.Object = g.First
		}
		if o.Object == "" {
			o.Folder, _ = sites.FolderToken(g.Site, g.Bucket, g.Folder)
		}
		list[i] = o
	}
	slices.SortStableFunc(list, func(a, b other) int { return cmp.Compare(a.token(), b.token()) })
	return list
}

func (o other) token() ingest.Token { return cmp.Or(o.Object, o.Folder) }

func (o other) noun() string {
	if o.Count == 1 {
		return "object"
	}
	return "objects"
}

// why returns the reason and how many objects it is that of.
func (o other) why() string {
	if o.Count == 1 {
		return o.Reason.String()
	}
	return fmt.Sprintf("%s (%d objects)", o.Reason, o.Count)
}

func listJSON(e *env, states []ingest.State, others []other) error {
	enc := json.NewEncoder(e.stdout)
	for _, s := range states {
		if err := enc.Encode(s); err != nil {
			return err
		}
	}
	for _, o := range others {
		if err := enc.Encode(o); err != nil {
			return err
		}
	}
	return nil
}

// workOf says how far an unfinished series is. A series is at work while a
// process answers for it; one whose worker died is handed out again after the
// configured ack_wait.
func workOf(e *env, line *line.Line, s ingest.State) (string, error) {
	if !s.Unfinished() || !s.Open {
		return resultOf(s), nil
	}
	held, err := line.Broker.Held(e.ctx, s.Series)
	if err == nil && held {
		return "at work", nil
	}
	return "left by a worker", err
}

func resultOf(s ingest.State) string {
	switch {
	case s.Unfinished() && s.HandBacks > 0:
		return "handed back"
	case s.Unfinished():
		return "queued"
	case s.Result == "":
		return "-"
	}
	return string(s.Result)
}

func whyOf(s ingest.State) string {
	switch {
	case s.Why.Code != "" && s.Done == s.Number:
		return s.Why.String()
	case s.Unfinished() && s.HandBacks > 0:
		return fmt.Sprintf("%s (handed back %d times)", s.HandedBack, s.HandBacks)
	case s.Reason.Code != "":
		return s.Reason.String()
	}
	return fmt.Sprintf("%d of %d slots filled", s.Have, s.Want) + publish.FamilyLine(s.Family)
}

type showCmd struct {
	where
	Token string `arg:"" help:"Token of a series, object or folder, or the beginning of one."`
	JSON  bool   `name:"json" help:"Print the records as JSON lines."`
}

// Help warns and shows an example.
func (showCmd) Help() string {
	return `Prints what is behind a token, object keys and UIDs among it: for the operator at the machine only.

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
	fmt.Fprintf(e.stdout, "series    %s\nstate     %s\nresult    %s\nwhy       %s\nnumber    %d (%d attempts, %d crashes, handed back %d times)\n",
		state.Series, state.Condition, work, whyOf(state), state.Number, state.Attempts, state.Crashes, state.HandBacks)
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

// shownOthers is how many objects of each cause in a folder are shown.
const shownOthers = 20

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
		err = fmt.Errorf("no series, object or folder is called %s; 'tacstream list' prints them", c.Token)
	}
	return err
}

// A folderLister keeps the first objects of each cause in the folders whose
// tokens begin so.
type folderLister struct {
	sites ingest.Sites
	token string
	known map[folderOfSite]bool // whether the folder's token begins so
	found []*listedGroup
}

// A folderOfSite is what has a token.
type folderOfSite struct {
	site           ingest.Site
	bucket, folder string
}

// A listedGroup is the objects of a folder with one cause.
type listedGroup struct {
	at    folderOfSite
	code  ingest.Code
	count int
	first []ingest.Record // at most shownOthers, in order of their keys
}

// asked reports whether a record lies in a folder that is looked for.
func (l *folderLister) asked(r ingest.Record) bool {
	at := folderOfSite{r.Site, r.Bucket, r.Folder()}
	asked, known := l.known[at]
	if !known {
		token, _ := l.sites.FolderToken(at.site, at.bucket, at.folder)
		asked = strings.HasPrefix(string(token), l.token)
		l.known[at] = asked
	}
	return asked
}

// add counts a record, and keeps it if it is among the first.
func (l *folderLister) add(r ingest.Record) {
	at := folderOfSite{r.Site, r.Bucket, r.Folder()}
	i := slices.IndexFunc(l.found, func(g *listedGroup) bool { return g.at == at && g.code == r.Fault.Code })
	if i < 0 {
		i = len(l.found)
		l.found = append(l.found, &listedGroup{at: at, code: r.Fault.Code})
	}
	g := l.found[i]
	g.count++
	k, _ := slices.BinarySearchFunc(g.first, r.Key, func(r ingest.Record, key string) int { return strings.Compare(r.Key, key) })
	g.first = slices.Insert(g.first, k, r)
	g.first = g.first[:min(len(g.first), shownOthers)]
}

// findState returns the only series whose token begins so.
func findState(e *env, line *line.Line, token string) (ingest.State, error) {
	var found []ingest.State
	err := line.Ledger.States(e.ctx, func(s ingest.State) error {
		if strings.HasPrefix(string(s.Series), token) {
			found = append(found, s)
		}
		return nil
	})
	switch {
	case err != nil:
		return ingest.State{}, err
	case len(found) != 1:
		return ingest.State{}, fmt.Errorf("%d series are called %s…; 'tacstream list' prints them", len(found), token)
	}
	return found[0], nil
}

type redriveCmd struct {
	where
	Token string `arg:"" help:"Token of the series, or the beginning of one."`
}

// Help shows an example.
func (redriveCmd) Help() string {
	return `Forgets the attempts at a series that failed, died or is stuck, and has the running line try it again, by the
configuration of that line. A result that stands is not touched: see 'tacstream refit'.

Example:
  tacstream redrive 7k2m`
}

func (c redriveCmd) Run(e *env) error {
	l, err := c.where.open(e)
	if err != nil {
		return err
	}
	defer l.Close()
	state, err := findState(e, l, c.Token)
	if err != nil {
		return err
	}
	err = l.Ask(e.ctx, state.Series, ingest.AskRedrive)
	if errors.Is(err, line.ErrHasResult) {
		_, err = fmt.Fprintf(e.stdout, "nothing is tried again: %v\n", err)
		return err
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(e.stdout, "series %s is tried again\n", state.Series)
	return err
}
