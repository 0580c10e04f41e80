package cli

type demoCmd struct{}

func (demoCmd) Run(e *env) error { return nil }

type watchCmd struct{}

func (watchCmd) Run(e *env) error { return nil }

type extractCmd struct{}

func (extractCmd) Run(e *env) error { return nil }

type fitCmd struct{}

func (fitCmd) Run(e *env) error { return nil }
