package config

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Secrets are made at the first start and kept in the data directory, readable
// by its owner only.
type Secrets struct {
	SiteKey      string `json:"site_key"`
	NATSPassword string `json:"nats_password"`          // of the user tacstream
	ConsumerPass string `json:"nats_consumer_password"` // of the user consumer
	FacilityPass string `json:"nats_facility_password"` // of the user facility
	S3Access     string `json:"s3_access_key"`
	S3Secret     string `json:"s3_secret_key"`
}

// SecretsFile returns where the secrets of a data directory are.
func SecretsFile(data string) string { return filepath.Join(data, "secrets.json") }

// OpenSecrets returns the secrets of a data directory and makes them where
// there are none. Of two processes that start at once, one makes them.
func OpenSecrets(data string) (Secrets, error) {
	file := SecretsFile(data)
	s, err := ReadSecrets(data)
	if !errors.Is(err, fs.ErrNotExist) {
		return s, err
	}
	if err := os.MkdirAll(data, 0o700); err != nil {
		return s, err
	}
	s = Secrets{
		SiteKey: rand.Text(), NATSPassword: rand.Text(), ConsumerPass: rand.Text(), FacilityPass: rand.Text(),
		S3Access: "tacstream", S3Secret: strings.ToLower(rand.Text()),
	}
	body, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return s, err
	}
	tmp, err := os.CreateTemp(data, "secrets-*")
	if err != nil {
		return s, err
	}
	defer os.Remove(tmp.Name())
	if _, err := tmp.Write(append(body, '\n')); err != nil {
		return s, errors.Join(err, tmp.Close())
	}
	if err := errors.Join(tmp.Sync(), tmp.Close()); err != nil {
		return s, err
	}
	// A link, unlike a rename, leaves alone what another process made first.
	err = os.Link(tmp.Name(), file)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		err = os.Rename(tmp.Name(), file) // a file system without links
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return s, err
	}
	return ReadSecrets(data)
}

// ReadSecrets returns the secrets of a data directory, or fs.ErrNotExist where
// nothing was started there yet.
func ReadSecrets(data string) (Secrets, error) {
	var s Secrets
	body, err := os.ReadFile(SecretsFile(data))
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal(body, &s); err != nil {
		return s, fmt.Errorf("%s: %w", SecretsFile(data), err)
	}
	return s, nil
}
