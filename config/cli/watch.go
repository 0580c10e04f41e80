package cli

import (
	"fmt"
	"strings"

	"tacstream/ingest/jetstream"
	"tacstream/publish"
)

type watchCmd struct {
	where
	JSON    bool   `name:"json" help:"Print the events as JSON lines."`
	All     bool   `help:"Begin with the first event in the stream."`
	Subject string `help:"Only events under this subject." default:"pet.v1.>" placeholder:"SUBJECT"`
}

// Help shows examples.
func (watchCmd) Help() string {
	return `Prints each event once, in the order of the stream, until it is interrupted.

Examples:
  tacstream watch
  tacstream watch --all --subject 'pet.v1.*.binding.>' --json`
}

func (c watchCmd) Run(e *env) error {
	if !strings.HasPrefix(c.Subject, publish.Prefix) {
		return fmt.Errorf("--subject %s: public subjects begin with %s", c.Subject, publish.Prefix)
	}
	line, err := c.where.open(e)
	if err != nil {
		return err
	}
	defer line.Close()
	return line.Broker.Watch(e.ctx, c.Subject, c.All, func(ev jetstream.Event) error {
		if c.JSON {
			_, err := fmt.Fprintf(e.stdout, "%s\n", ev.Body)
			return err
		}
		event, err := publish.Decode(ev.Body)
		if err != nil {
			return fmt.Errorf("event %d of the stream: %w", ev.Seq, err)
		}
		_, err = fmt.Fprintln(e.stdout, publish.Describe(event))
		return err
	})
}
