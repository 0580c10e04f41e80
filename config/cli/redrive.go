package cli

import (
	"errors"
	"fmt"

	"tacstream/config/line"
	"tacstream/ingest"
)

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
