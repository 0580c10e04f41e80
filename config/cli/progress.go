package cli

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// A bar shows progress in one line on a terminal, and in a few lines
// elsewhere.
type bar struct {
	mu    sync.Mutex
	w     io.Writer
	name  string
	n     int
	total int
	last  time.Time
	said  string
	tty   bool
}

func newBar(w io.Writer, name string, total int) *bar {
	f, ok := w.(*os.File)
	tty := false
	if ok {
		info, err := f.Stat()
		tty = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return &bar{w: w, name: name, total: total, tty: tty}
}

// add counts n more.
func (b *bar) add(n int) {
	b.mu.Lock()
	b.n += n
	text := fmt.Sprintf("%s %d of %d", b.name, b.n, b.total)
	b.mu.Unlock()
	b.say(text)
}

// say shows text, at most ten times a second on a terminal and only changes
// every other second elsewhere.
func (b *bar) say(text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	every := 2 * time.Second
	if b.tty {
		every = 100 * time.Millisecond
	}
	if text == b.said || time.Since(b.last) < every {
		return
	}
	b.said, b.last = text, time.Now()
	if b.tty {
		fmt.Fprintf(b.w, "\r\x1b[K%s", text)
	} else {
		fmt.Fprintln(b.w, text)
	}
}

// done ends the line.
func (b *bar) done() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.tty && b.said != "" {
		fmt.Fprint(b.w, "\r\x1b[K")
	}
}
