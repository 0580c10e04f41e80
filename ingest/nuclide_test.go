package ingest_test

import (
	"testing"
	"time"

	"tacstream/ingest"
)

func TestHalfLivesOffTheTable(t *testing.T) {
	for _, c := range []struct {
		name     string
		nuclide  string
		halfLife time.Duration
		level    ingest.Level
	}{
		{"as the table has it", "C-11", 1221660 * time.Millisecond, ""},
		{"as the HRRT writes it, 0.19 % off", "11C", 1224 * time.Second, ""},
		{"as a code's meaning", "^11^Carbon", 1220 * time.Second, ""},
		{"a metastable one", "94mTc", 52 * time.Minute, ""},
		{"1 % off", "[11C]", 1234 * time.Second, ingest.LevelWarn},
		{"that of another nuclide", "F-18", 1224 * time.Second, ingest.LevelDoubt},
		{"of another nuclide than its code", "^18^Fluorine", 1224 * time.Second, ingest.LevelDoubt},
		{"in minutes", "^11^Carbon", 20361 * time.Millisecond, ingest.LevelDoubt},
		{"in minutes, of a nuclide that is not named", "", 20361 * time.Millisecond, ingest.LevelDoubt},
		{"of a nuclide that is not named", "", 6586 * time.Second, ""},
		{"of an unknown nuclide", "Xx-99", 6586 * time.Second, ""},
		{"not known", "C-11", 0, ""},
	} {
		level := ingest.Level("")
		for _, w := range ingest.CheckHalfLife(c.nuclide, c.halfLife) {
			if level = w.Level; w.Code != ingest.WarnHalfLife {
				t.Errorf("%s: %+v", c.name, w)
			}
		}
		if level != c.level {
			t.Errorf("%s: level %q, want %q", c.name, level, c.level)
		}
	}
}

func TestNuclidesAreNamed(t *testing.T) {
	for halfLife, want := range map[time.Duration]string{
		1224 * time.Second: "C-11", 6586200 * time.Millisecond: "F-18", 52 * time.Minute: "Tc-94m", 20361 * time.Millisecond: "",
	} {
		if got := ingest.Nuclide(halfLife); got != want {
			t.Errorf("%v: %q, want %q", halfLife, got, want)
		}
	}
}

func TestTracersNameTheirNuclide(t *testing.T) {
	for text, doubted := range map[string]bool{
		"[11C]DASB": false, "C-11 DASB": false, "DASB^11^C": false, "18F-FDG": true, "[18F]altanserin": true,
		"Solution": false, "frame 11, C": false, "AC-11": false, "[11C] after [18F]": false, "PET 2018F": false,
	} {
		a := ingest.Assembly{Header: ingest.Header{
			Strict: ingest.Strict{HalfLife: 1224},
			Soft:   ingest.Soft{TracerTexts: []string{text}, CorrectedImage: []string{"ATTN", "SCAT", "NORM"}},
		}}
		if got := a.Doubts(); (len(got) > 0) != doubted {
			t.Errorf("%s: %+v", text, got)
		}
	}
}
