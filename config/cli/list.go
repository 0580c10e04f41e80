package cli

import (
	"encoding/json"
	"fmt"
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
	return `Prints every series with its state and the reason in words, then the unusable objects, one line for each folder
and cause. It prints tokens, not names, ids or keys: 'tacstream show TOKEN' opens a token.

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

// A listed is a state as list prints it in JSON: the ledger writes the revision
// under the key number, events under revision.
type listed struct {
	ingest.State
	Revision int `json:"revision"`
}

func listJSON(e *env, states []ingest.State, others []other) error {
	enc := json.NewEncoder(e.stdout)
	for _, s := range states {
		if err := enc.Encode(listed{s, s.Revision}); err != nil {
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
	case s.Why.Code != "" && s.Done == s.Revision:
		return s.Why.String()
	case s.Unfinished() && s.HandBacks > 0:
		return fmt.Sprintf("%s (handed back %d times)", s.HandedBack, s.HandBacks)
	case s.Reason.Code != "":
		return s.Reason.String()
	}
	return fmt.Sprintf("%d of %d slots filled", s.Have, s.Want) + publish.RelativesLine(s.Relatives)
}
