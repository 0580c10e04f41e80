package table

import (
	"strings"

	"tacstream/extract"
)

// readWide reads a row per frame.
func (l layout) readWide() (contents, error) {
	var t contents
	for _, h := range l.headings {
		if h.means == notTime {
			t.tacs = append(t.tacs, extract.TAC{Region: extract.Region(strings.Clone(h.name))})
		}
	}
	for line, fields := range l.rows() {
		if fields == nil {
			return contents{}, l.short(line)
		}
		if len(t.frames) >= maxTableFrames {
			return contents{}, l.reject("it has more than %d frames", maxTableFrames)
		}
		if err := l.addFrame(&t, line, fields); err != nil {
			return contents{}, err
		}
	}
	return t, l.checkWeights(t.weights)
}

// addFrame reads one frame.
func (l layout) addFrame(t *contents, line int, fields []string) error {
	frame, err := l.frame(line, fields)
	if err != nil {
		return err
	}
	t.frames = append(t.frames, frame)
	if l.has(weight) {
		w, err := l.weight(line, fields)
		if err != nil {
			return err
		}
		t.weights = append(t.weights, w)
	}
	region := 0
	for i, h := range l.headings {
		if h.means != notTime {
			continue
		}
		v, err := l.activity(line, i, fields)
		if err != nil {
			return err
		}
		t.tacs[region].BqPerML = append(t.tacs[region].BqPerML, v)
		region++
	}
	return nil
}
