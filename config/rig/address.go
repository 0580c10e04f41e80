package rig

import (
	"fmt"
	"net"
	"os"
	"sync/atomic"
	"testing"
)

// nextPort counts through ports below those that systems give to clients, so
// that nobody takes one before the process listens for which it is meant. Where
// it begins differs from process to process.
var nextPort atomic.Int64

// FreeAddr returns an address on loopback that nobody uses.
func FreeAddr(t testing.TB) string {
	t.Helper()
	const first, ports = 12_000, 18_000
	for range ports {
		port := first + (int64(os.Getpid())*97+nextPort.Add(1))%ports
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			continue
		}
		defer l.Close()
		return l.Addr().String()
	}
	t.Fatal("no port is free")
	return ""
}
