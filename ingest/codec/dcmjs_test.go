package codec

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
)

func TestTheModuleIsTheOneDescribed(t *testing.T) {
	unpacked, err := gzip.NewReader(bytes.NewReader(dcmjsModule))
	if err != nil {
		t.Fatal(err)
	}
	module, err := io.ReadAll(unpacked)
	if err != nil {
		t.Fatal(err)
	}
	described, err := os.ReadFile("dcmjs/README.md")
	if err != nil {
		t.Fatal(err)
	}
	if sum := fmt.Sprintf("%x", sha256.Sum256(module)); !strings.Contains(string(described), sum) {
		t.Errorf("dcmjs/README.md does not name the module's digest, %s", sum)
	}
	if n := bytes.Count(module, memoryAsked); n != 1 {
		t.Errorf("the module asks for its memory in %d places", n)
	}
}

func TestAnInstanceBeginsSmall(t *testing.T) {
	m, err := newDcmjs()
	if err != nil {
		t.Fatal(err)
	}
	defer m.close()
	if size := m.module.Memory().Size(); size != 512<<16 {
		t.Errorf("it begins with %d bytes", size)
	}
}
