package inspect

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"tacstream/config/figures"
	"tacstream/extract"
	"tacstream/ingest"
	"tacstream/ingest/phantom"
)

// A part is one element of a file: where it begins, its header's length and
// its value's.
type part struct {
	tag             uint32
	at, head, value int
	long            bool // a length of four bytes
}

// partsOf walks over the elements of a file of the phantom, which gives every
// length.
func partsOf(data []byte, implicit bool) []part {
	var parts []part
	for at := 132; at+8 <= len(data); {
		p := part{tag: uint32(binary.LittleEndian.Uint16(data[at:]))<<16 | uint32(binary.LittleEndian.Uint16(data[at+2:])), at: at, head: 8}
		switch vr := string(data[at+4 : at+6]); {
		case implicit && p.tag>>16 != 2:
			p.value, p.long = int(binary.LittleEndian.Uint32(data[at+4:])), true
		case vr == "OB" || vr == "OW" || vr == "SQ":
			p.head, p.value, p.long = 12, int(binary.LittleEndian.Uint32(data[at+8:])), true
		default:
			p.value = int(binary.LittleEndian.Uint16(data[at+6:]))
		}
		parts = append(parts, p)
		at += p.head + p.value
	}
	return parts
}

// A mutant is a file that was broken in one way.
type mutant struct {
	name string
	data []byte
	must bool // it must not give a result
}

// mutants breaks a file in every way that the test knows.
func mutants(data []byte, implicit bool) []mutant {
	var list []mutant
	parts := partsOf(data, implicit)
	for _, p := range parts {
		add := func(what string, data []byte) {
			list = append(list, mutant{name: fmt.Sprintf("%08x %s", p.tag, what), data: data})
		}
		for _, n := range []int{p.at, p.at + 2, p.at + p.head, p.at + p.head + p.value/2} {
			list = append(list, mutant{fmt.Sprintf("%08x cut at %d", p.tag, n), bytes.Clone(data[:n]), true})
		}
		for _, n := range []int{0, p.value - 2, p.value + 2, p.value + 8, 0xfffe, 0xffff, 0x7fffffff, 0xfffffff0, 0xffffffff} {
			add(fmt.Sprintf("says it is %d bytes long", n), p.length(data, n))
		}
		if !implicit || p.tag>>16 == 2 {
			for _, vr := range []string{"SQ", "OB", "UN", "US", "FD", "LO", "ZZ", "\x00\x00"} {
				add("is called "+vr, replaced(data, p.at+4, []byte(vr)))
			}
		}
		add("has its tag's bytes swapped", replaced(data, p.at, []byte{data[p.at+1], data[p.at], data[p.at+3], data[p.at+2]}))
		add("is missing", spliced(data, p.at, p.at+p.head+p.value, nil))
		add("comes twice", spliced(data, p.at, p.at, data[p.at:p.at+p.head+p.value]))
		if p.value == 2 && p.tag>>16 == 0x28 {
			add("has its value's bytes swapped", replaced(data, p.at+p.head, []byte{data[p.at+p.head+1], data[p.at+p.head]}))
		}
		for _, v := range wrongValues()[p.tag] {
			list = append(list, mutant{fmt.Sprintf("%08x is %q", p.tag, v), p.with(data, v), true})
		}
	}
	for _, depth := range []int{10, 1000, 20000} {
		list = append(list, mutant{name: fmt.Sprintf("%d sequences in each other", depth), data: spliced(data, parts[len(parts)-1].at, parts[len(parts)-1].at, nested(depth, implicit))})
	}
	return list
}

// wrongValues are values with which a slice has no meaning.
func wrongValues() map[uint32][]string {
	return map[uint32][]string{
		0x00281053: {"NaN", "nan", "Inf", "-Inf", "-1", "0", "1e400", "1e300", "", "0x1p3", "1,5", `1\2`, "abc", "1 2", strings.Repeat("9", 400)},
		0x00281052: {"NaN", "Inf", "1e39", "abc"},
		0x00280010: {"\x00\x00", "\xff\xff", "\x09\x00", "\x07\x00"},
		0x00280011: {"\x00\x00", "\xff\xff", "\x09\x00"},
		0x00280100: {"\x00\x00", "\x0c\x00", "\x40\x00", "\x08\x00", "\x20\x00"},
		0x00280101: {"\x00\x00", "\x11\x00", "\xff\xff"},
		0x00280102: {"\x10\x00", "\xff\xff", "\x00\x00"},
		0x00280103: {"\x02\x00", "\xff\xff"},
		0x00280002: {"\x03\x00", "\x00\x00"},
		0x00181242: {"-1000", "0", "NaN", "1e30", "abc", "99999999999999"},
		0x00080032: {"246060", "999999", "12:3", "abc", "10310a"},
		0x00080022: {"20240230", "99999999", "abc"},
		0x00200032: {`1\2`, `NaN\0\0`, `1e300\0\0`, `0\0\Inf`, "", `1\2\3\4`},
		0x00200037: {`0\0\0\0\0\0`, `1\0\0\1\0\0`, `NaN\0\0\0\1\0`, "", `2\0\0\0\2\0`},
		0x00280030: {`0\0`, `-1\1`, `NaN\1`, `1e9\1`, "", `1`},
		0x00541321: {"NaN", "-1", "abc"},
		0x00541300: {"NaN", "1e300", "abc"},
		0x00541102: {"FOO", "NONE", ""},
		0x00541001: {"PROPCPS", ""},
		0x00541000: {"GATED", "STATIC"},
		0x00540081: {"\xff\xff", "\x00\x00", "\x01\x00"},
		0x00540101: {"\xff\xff", "\x00\x00", "\x01\x00"},
		0x00080018: {"\x01\x02", strings.Repeat("1", 80)},
	}
}

// length returns the file with another length of the part.
func (p part) length(data []byte, n int) []byte {
	if p.long {
		return replaced(data, p.at+p.head-4, binary.LittleEndian.AppendUint32(nil, uint32(n)))
	}
	return replaced(data, p.at+p.head-2, binary.LittleEndian.AppendUint16(nil, uint16(n)))
}

// with returns the file with another value of the part.
func (p part) with(data []byte, value string) []byte {
	if len(value)%2 == 1 {
		value += " "
	}
	return p.length(spliced(data, p.at+p.head, p.at+p.head+p.value, []byte(value)), len(value))
}

func replaced(data []byte, at int, b []byte) []byte {
	out := bytes.Clone(data)
	copy(out[at:], b)
	return out
}

func spliced(data []byte, from, to int, b []byte) []byte {
	return append(append(bytes.Clone(data[:from]), b...), data[to:]...)
}

// nested returns sequences of undefined length in each other, never closed.
func nested(depth int, implicit bool) []byte {
	head := "\x54\x00\x16\x00SQ\x00\x00\xff\xff\xff\xff"
	if implicit {
		head = "\x54\x00\x16\x00\xff\xff\xff\xff"
	}
	return bytes.Repeat([]byte(head+"\xfe\xff\x00\xe0\xff\xff\xff\xff"), depth)
}

// mutantBytes bounds what may ever be allocated to judge a series of a few
// kilobytes of which one object is broken.
const mutantBytes = 32 << 20

// Whatever is broken in one object of a series, it is refused by a name, or the
// curves are right.
func TestNoBrokenObjectGivesAWrongNumber(t *testing.T) {
	row := figures.Accuracy(t, "broken objects: refused, or right", 1)
	total := 0
	for _, implicit := range []bool{false, true} {
		s := phantom.Series{Size: [3]int{8, 8, 3}, Frames: phantom.EvenFrames(2, 5*time.Minute), NoNoise: true, ImplicitVR: implicit}
		dir := write(t, t.TempDir(), s, nil)
		labels := s.Labels()
		truth, _, err := ExtractDir(context.Background(), dir, labelled(labels), 0, nothing)
		if err != nil {
			t.Fatal(err)
		}
		file, data := "", []byte(nil)
		for f := range s.Slices() {
			if f.Slot == (ingest.Slot{Frame: 2, Slice: 2}) {
				file, data = filepath.Join(dir, filepath.FromSlash(f.Name)), f.Data
			}
		}
		list := mutants(data, implicit)
		if len(list) < 500 {
			t.Errorf("only %d mutants", len(list))
		}
		refused := 0
		total += len(list)
		for _, m := range list {
			if err := os.WriteFile(file, m.data, 0o644); err != nil {
				t.Fatal(err)
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			got, _, err := ExtractDir(context.Background(), dir, labelled(labels), 0, nothing)
			runtime.ReadMemStats(&after)
			if n := after.TotalAlloc - before.TotalAlloc; n > mutantBytes {
				t.Errorf("implicit %v: %s: %d bytes allocated", implicit, m.name, n)
			}
			switch {
			case err != nil && !errors.Is(err, ingest.ErrRejected) && !strings.Contains(err.Error(), "holds 2 PET series"):
				t.Errorf("implicit %v: %s: no reason but %v", implicit, m.name, err)
			case err != nil:
				refused++
			case m.must:
				t.Errorf("implicit %v: %s: not refused", implicit, m.name)
			default:
				if why := unlike(got, truth); why != "" {
					t.Errorf("implicit %v: %s: wrong: %s", implicit, m.name, why)
				}
			}
		}
		t.Logf("implicit %v: %d mutants, %d refused, the others right", implicit, len(list), refused)
	}
	row.AtLeast("all of #").Add(float64(total))
}

// unlike says where curves differ from the truth by more than the rounding of
// rebuilt times.
func unlike(got, want extract.Curves) string {
	if len(got.Frames) != len(want.Frames) || len(got.TACs) != len(want.TACs) || got.Units != want.Units {
		return "other frames, regions or units"
	}
	for f := range want.Frames {
		if d := got.Frames[f].Start - want.Frames[f].Start; d.Abs() > 20*time.Millisecond || got.Frames[f].Duration != want.Frames[f].Duration {
			return fmt.Sprintf("frame %d is %+v", f+1, got.Frames[f])
		}
	}
	for r, tac := range want.TACs {
		for f, v := range tac.BqPerML {
			if math.Abs(got.TACs[r].BqPerML[f]-v) > 1e-4*math.Abs(v) {
				return fmt.Sprintf("%s frame %d: %g, not %g", tac.Region, f+1, got.TACs[r].BqPerML[f], v)
			}
		}
	}
	return ""
}
