package cli

import (
	"fmt"

	"tacstream/ingest"
)

type redriveCmd struct {
	where
	Token string `arg:"" help:"Token of the series, or the beginning of one."`
}

// Help shows an example.
func (redriveCmd) Help() string {
	return `Forgets the attempts at a series that failed, is dead or is stuck, and asks the running line to try it again, with
the line's own configuration. The exit status is 1 if there is nothing to try again. To redo an existing result, see
'tacstream refit'.

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
	if err := l.Ask(e.ctx, state.Series, ingest.AskRedrive); err != nil {
		return err
	}
	_, err = fmt.Fprintf(e.stdout, "series %s will be tried again\n", state.Series)
	return err
}
