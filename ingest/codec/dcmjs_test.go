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
	m, err := newDcmjs(true)
	if err != nil {
		t.Fatal(err)
	}
	defer m.close()
	if size := m.module.Memory().Size(); size != 512<<16 {
		t.Errorf("it begins with %d bytes", size)
	}
}

// Only a codestream of one tile in one part, coded alike throughout, is left to
// run without a watch.
func TestPlainCodestreams(t *testing.T) {
	siz := "\xff\x51\x00\x29\x00\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x0f\x01\x01"
	cod := "\xff\x52\x00\x0c\x00\x00\x00\x01\x00\x05\x04\x04\x00\x01"
	qcd := "\xff\x5c\x00\x04\x40\x40"
	tile := "\xff\x90\x00\x0a\x00\x00\x00\x00\x00\x00\x00\x01\xff\x93data\xff\xd9"
	plain := "\xff\x4f" + siz + cod + qcd + tile
	if !plainCodestream([]byte(plain)) {
		t.Error("a plain one is not")
	}
	for name, change := range map[string][2]string{
		"many tiles":                 {"\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x0f", "\x00\x00\x00\x10\x00\x00\x00\x10\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x0f"},
		"thousands of layers":        {"\x00\x00\x00\x01\x00\x05", "\x00\x00\x40\x01\x00\x05"},
		"precincts of its own":       {"\xff\x52\x00\x0c\x00", "\xff\x52\x00\x0c\x01"},
		"thirty levels":              {"\x01\x00\x05\x04\x04", "\x01\x00\x1e\x04\x04"},
		"another coding for a part":  {qcd, qcd + "\xff\x53\x00\x09\x00\x00\x05\x04\x04\x00\x01"},
		"a change of the order":      {qcd, qcd + "\xff\x5f\x00\x09\x00\x00\x00\x01\x05\x01\x00"},
		"a second part":              {"\x00\x01\xff\x93", "\x00\x02\xff\x93"},
		"a header in the tile":       {"\xff\x93", "\xff\x5c\x00\x04\x40\x40\xff\x93"},
		"more after the tile":        {"\xff\x90\x00\x0a\x00\x00\x00\x00\x00\x00", "\xff\x90\x00\x0a\x00\x00\x00\x00\x00\x02"},
		"no coding":                  {cod, ""},
		"a segment beyond the frame": {"\xff\x5c\x00\x04", "\xff\x5c\xff\xff"},
	} {
		changed := strings.Replace(plain, change[0], change[1], 1)
		if changed == plain {
			t.Fatalf("%s: nothing changed", name)
		}
		if name == "more after the tile" {
			changed += strings.Repeat("\x00", 40)
		}
		if plainCodestream([]byte(changed)) {
			t.Errorf("%s: taken as plain", name)
		}
	}
	for n := 45; n < strings.Index(plain, "\xff\x93"); n++ { // what checkCodestream lets through
		if plainCodestream([]byte(plain[:n])) {
			t.Errorf("the first %d bytes are taken as plain", n)
		}
	}
}
