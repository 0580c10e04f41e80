package cli

import (
	"fmt"
	"strings"

	"tacstream/config/line"
	"tacstream/ingest"
)

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
		return ingest.State{}, fmt.Errorf("%d series have tokens that begin with %s; give more of the token, see 'tacstream list'", len(found), token)
	}
	return found[0], nil
}
