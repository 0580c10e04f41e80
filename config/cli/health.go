package cli

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

type healthCmd struct {
	URL string `arg:"" help:"URL to ask, such as http://127.0.0.1:9464/readyz."`
}

// Help shows an example.
func (healthCmd) Help() string {
	return `The exit status is 0 if the server answers with a status below 500.

Example:
  tacstream health http://127.0.0.1:9464/readyz`
}

// healthWait is how long a server may take to answer.
const healthWait = 2 * time.Second

func (c healthCmd) Run(e *env) error {
	ctx, cancel := context.WithTimeout(e.ctx, healthWait)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.URL, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode >= http.StatusInternalServerError {
		return fmt.Errorf("%s: %s", c.URL, resp.Status)
	}
	return nil
}
