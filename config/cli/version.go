package cli

import (
	"fmt"

	"tacstream/config"
)

type versionCmd struct{}

func (versionCmd) Run(e *env) error {
	_, err := fmt.Fprintln(e.stdout, "tacstream "+config.Version)
	return err
}
