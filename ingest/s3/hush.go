package s3

import (
	"bufio"
	"io"
	"log"
	"log/slog"
	"os"
	"strings"
	"syscall"
)

// hush leads everything that the gateway prints into the log, without the
// keys in it, for the rest of the process's life: the gateway's goroutines
// outlive Serve.
func hush(l *slog.Logger) error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	os.Stdout, os.Stderr = w, w
	log.SetOutput(w)
	go retell(r, l)
	return nil
}

// retell logs what kind of thing each line says and which error of the
// operating system it quotes. The rest of a line may hold a key.
func retell(r io.Reader, l *slog.Logger) {
	lines := bufio.NewReaderSize(r, 4096)
	for {
		line, isPrefix, err := lines.ReadLine()
		if err != nil {
			return
		}
		if text := string(line); strings.Contains(text, "ERROR]") || strings.Contains(text, "PANIC]") {
			l.Error("the store met an internal error", "cause", cause(text))
		}
		for isPrefix && err == nil {
			_, isPrefix, err = lines.ReadLine()
		}
	}
}

// cause returns the error of the operating system that a line quotes.
func cause(line string) string {
	for _, e := range []syscall.Errno{
		syscall.ENOSPC, syscall.EDQUOT, syscall.EACCES, syscall.EPERM, syscall.EROFS, syscall.EIO,
		syscall.EMFILE, syscall.ENFILE, syscall.ENAMETOOLONG, syscall.ENOTSUP, syscall.EISDIR, syscall.ENOTDIR,
	} {
		if strings.Contains(line, e.Error()) {
			return e.Error()
		}
	}
	return "not told, since the message may name an object"
}
