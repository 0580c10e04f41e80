// Tacstream turns dynamic PET series dropped into a bucket into events that
// carry regional time-activity curves and receptor-binding estimates.
package main

import (
	"os"

	"tacstream/config/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
