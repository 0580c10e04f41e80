package cli

import (
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"tacstream/config/line"
	"tacstream/ingest"
)

type refitCmd struct {
	where
	Tokens []string `arg:"" optional:"" name:"token" help:"Tokens of series, or the beginnings of them; none means all."`
	Tracer string   `help:"Only results of the tracer with this label." placeholder:"LABEL"`
	Since  string   `help:"Only results of revisions made since a date such as 2026-11-30, or within a time such as 48h." placeholder:"WHEN"`
	DryRun bool     `name:"dry-run" help:"Print what would change; change nothing."`
	JSON   bool     `name:"json" help:"Print JSON lines."`
}

// Help says what is changed and shows examples.
func (refitCmd) Help() string {
	return `A result keeps the protocol and the release that made it, so a new configuration or an upgrade changes no result. refit
lists every result that today's configuration or release would change, and what differs. Without --dry-run it then asks
the running line to redo these; each new event names the one that it supersedes. The line uses its own configuration, so
give this command the same one.

Examples:
  tacstream refit --dry-run
  tacstream refit --tracer dasb --since 2026-11-01
  tacstream refit 7k2m`
}

func (c refitCmd) Run(e *env) error {
	since, err := sinceTime(c.Since, time.Now())
	if err != nil {
		return err
	}
	l, err := c.where.open(e)
	if err != nil {
		return err
	}
	defer l.Close()
	choice := line.Choice{Tracer: c.Tracer, Since: since}
	for _, token := range c.Tokens {
		s, err := findState(e, l, token)
		if err != nil {
			return err
		}
		choice.Series = append(choice.Series, s.Series)
	}
	list, err := l.Outdated(e.ctx, choice)
	if err != nil {
		return err
	}
	if err := c.print(e, list); err != nil || c.DryRun {
		return err
	}
	for _, r := range list {
		if err := l.Ask(e.ctx, r.Series, ingest.AskRefit); err != nil {
			return err
		}
	}
	if !c.JSON && len(list) > 0 {
		_, err = fmt.Fprintf(e.stdout, "%d results are being redone; 'tacstream watch' shows them\n", len(list))
	}
	return err
}

func (c refitCmd) print(e *env, list []line.Refit) error {
	if c.JSON {
		enc := json.NewEncoder(e.stdout)
		for _, r := range list {
			if err := enc.Encode(r); err != nil {
				return err
			}
		}
		return nil
	}
	if len(list) == 0 {
		_, err := fmt.Fprintln(e.stdout, "every result agrees with today's configuration and release")
		return err
	}
	w := tabwriter.NewWriter(plain{e.stdout}, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "SERIES\tTRACER\tRESULT\tCHANGES")
	for _, r := range list {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", r.Series, r.Tracer, r.Result, strings.Join(r.Changes, "; "))
	}
	return w.Flush()
}

// sinceTime reads a date, a time or how long ago something was; "" is the zero
// time.
func sinceTime(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if ago, err := time.ParseDuration(text); err == nil && ago >= 0 {
		return now.Add(-ago), nil
	}
	for _, layout := range []string{time.DateOnly, time.DateTime, time.RFC3339} {
		if t, err := time.ParseInLocation(layout, text, time.Local); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("--since %s: give a date such as 2026-11-30, or a duration such as 48h", text)
}
