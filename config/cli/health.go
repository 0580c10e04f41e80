package cli

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"
)

type healthCmd struct {
	URL string `arg:"" help:"URL to ask, such as http://127.0.0.1:9464/readyz."`
}

// Help shows an example.
func (healthCmd) Help() string {
	return `The exit status is 0 if the server answers with a status below 400, or asks for credentials (401, 403), as an S3 store
does that is ready.

Example:
  tacstream health http://127.0.0.1:9464/readyz`
}

// healthWait is how long a server may take to answer.
const healthWait = 2 * time.Second

func (c healthCmd) Run(e *env) error {
	if !strings.HasPrefix(c.URL, "http://") && !strings.HasPrefix(c.URL, "https://") {
		return fmt.Errorf("%s: begin the address with http:// or https://", c.URL)
	}
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
	switch code := resp.StatusCode; {
	case code < http.StatusBadRequest, code == http.StatusUnauthorized, code == http.StatusForbidden:
		return nil
	}
	return fmt.Errorf("%s: %s", c.URL, resp.Status)
}
