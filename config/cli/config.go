package cli

type configCmd struct {
	Config string `help:"Print this file's effective configuration instead of the default." type:"existingfile" placeholder:"FILE"`
}

// Help shows examples.
func (configCmd) Help() string {
	return `Examples:
  tacstream config > tacstream.yaml          # a file to start from
  tacstream config --config tacstream.yaml   # check a file, and see what it sets`
}

func (c configCmd) Run(e *env) error {
	cfg, err := where{Config: c.Config}.load()
	if err != nil {
		return err
	}
	return cfg.Write(e.stdout)
}
