package config_test

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// An arrow runs from a file to another file of its package in which a name, a
// method or a field is declared that the first file uses. Files that reach
// each other by arrows form a circle: none of them can be understood alone.
type arrow struct{ from, to string }

// circleLimit is the number of files that a circle may hold; circleLimits has
// the packages with a limit of their own. Command lines and codecs are left
// out: their files are many small faces of one thing.
const circleLimit = 8

var (
	circleLimits = map[string]int{"fit": 14}
	notCircled   = []string{"config/cli", "ingest/codec", "ingest/transform"}
)

// arrowLimit is the number of arrows inside circles that ingest, extract and
// config may have together, children included.
const arrowLimit = 130

// lineLimit is the number of lines that a file may have. Tests are exempt.
const lineLimit = 450

func TestCirclesOfFilesStaySmall(t *testing.T) {
	p := loadProgram(t)
	inCircles := 0
	for _, pkg := range p.sources {
		name, arrows := pkg.path, p.arrowsOf(pkg)
		circles := circlesOf(arrows)
		n := 0
		for _, a := range slices.Collect(maps.Keys(arrows)) {
			if slices.ContainsFunc(circles, func(c []string) bool { return slices.Contains(c, a.from) && slices.Contains(c, a.to) }) {
				n++
			}
		}
		limit := circleLimit
		if l, ok := circleLimits[name]; ok {
			limit = l
		}
		for _, c := range circles {
			t.Logf("%s: a circle of %d files: %s", name, len(c), strings.Join(c, " "))
			if len(c) > limit && !slices.Contains(notCircled, name) {
				t.Errorf("%s: %d files form one circle; at most %d may", name, len(c), limit)
			}
		}
		if n > 0 {
			t.Logf("%s: %d arrows in circles", name, n)
		}
		switch strings.SplitN(name, "/", 2)[0] {
		case "ingest", "extract", "config":
			inCircles += n
		}
	}
	t.Logf("%d arrows in circles under ingest, extract and config", inCircles)
	if inCircles > arrowLimit {
		t.Errorf("%d arrows in circles under ingest, extract and config; at most %d may be", inCircles, arrowLimit)
	}
}

// arrowsOf returns the arrows between the files of a package.
func (p program) arrowsOf(s source) map[arrow]bool {
	arrows := map[arrow]bool{}
	for id, obj := range s.info.Uses {
		if obj.Pkg() != s.types {
			continue
		}
		from, to := filepath.Base(p.fset.Position(id.Pos()).Filename), filepath.Base(p.fset.Position(obj.Pos()).Filename)
		if from != to {
			arrows[arrow{from, to}] = true
		}
	}
	return arrows
}

// circlesOf returns the sets of two or more files that reach each other.
func circlesOf(arrows map[arrow]bool) [][]string {
	reach := map[arrow]bool{}
	next := map[string][]string{}
	for a := range arrows {
		next[a.from] = append(next[a.from], a.to)
	}
	for from := range next {
		todo := slices.Clone(next[from])
		for len(todo) > 0 {
			to := todo[0]
			todo = todo[1:]
			if !reach[arrow{from, to}] {
				reach[arrow{from, to}] = true
				todo = append(todo, next[to]...)
			}
		}
	}
	var circles [][]string
	seen := map[string]bool{}
	for _, from := range slices.Sorted(maps.Keys(next)) {
		if seen[from] || !reach[arrow{from, from}] {
			continue
		}
		var circle []string
		for _, to := range slices.Sorted(maps.Keys(next)) {
			if to == from || reach[arrow{from, to}] && reach[arrow{to, from}] {
				circle = append(circle, to)
				seen[to] = true
			}
		}
		circles = append(circles, circle)
	}
	return circles
}

func TestFilesStayShort(t *testing.T) {
	eachGoFile(t, func(_, file string, _ []string) {
		b, err := os.ReadFile(filepath.Join("..", filepath.FromSlash(file)))
		if err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(bytes.TrimSuffix(b, []byte("\n")), []byte("\n")) + 1; n > lineLimit {
			t.Errorf("%s has %d lines; at most %d", file, n, lineLimit)
		}
	})
}
