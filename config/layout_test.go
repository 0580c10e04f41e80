package config_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// order is the one rule of order: a package imports only what stands to its
// left.
var order = []string{"ingest", "extract", "fit", "publish", "config"}

// pure are the roots that need the standard library alone, and what else they
// may import.
var pure = map[string][]string{
	"ingest": nil, "extract": nil, "fit": {"gonum.org/v1/gonum/"}, "publish": nil,
	"config": {"github.com/goccy/go-yaml"}, // what the operator says is a file in YAML
}

func TestTopLevelHoldsWhatWasAgreed(t *testing.T) {
	allowed := append([]string{"main.go", "go.mod", "go.sum", "compose.yaml", "README.md", "LICENSE"}, order...)
	entries, err := os.ReadDir("..")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if name := e.Name(); !strings.HasPrefix(name, ".") && !slices.Contains(allowed, name) {
			t.Errorf("the top level holds %s", name)
		}
	}
}

func TestImportsPointLeft(t *testing.T) {
	files := 0
	eachGoFile(t, func(dir, file string, imports []string) {
		files++
		for _, imp := range imports {
			if rest, ok := strings.CutPrefix(imp, "tacstream/"); ok {
				if why := forbidden(dir, rest); why != "" {
					t.Errorf("%s imports %s: %s", file, imp, why)
				}
			}
		}
	})
	if files < 20 {
		t.Fatalf("only %d files were looked at", files)
	}
}

// forbidden says why a package in dir may not import the package imp.
func forbidden(dir, imp string) string {
	stage, other := strings.SplitN(dir, "/", 2)[0], strings.SplitN(imp, "/", 2)[0]
	switch i, j := slices.Index(order, stage), slices.Index(order, other); {
	case j < 0:
		return "it is no stage"
	case j > i:
		return "imports point left"
	case strings.HasPrefix(imp, dir+"/"):
		return "a parent never imports its own child"
	case dir == "config" && strings.Contains(imp, "/"):
		return "what the operator says needs no technology"
	case apart(dir, imp):
		return "the line and the reading of folders do not know each other"
	case dir == "ingest/phantom" && other == "fit":
		return "the fitter is never graded by its own code"
	}
	return ""
}

// apart reports whether two children of config are to stay apart.
func apart(dir, imp string) bool {
	pair := []string{"config/line", "config/inspect"}
	return dir != imp && slices.Contains(pair, dir) && slices.Contains(pair, imp)
}

func TestStageRootsArePure(t *testing.T) {
	eachGoFile(t, func(dir, file string, imports []string) {
		extra, ok := pure[dir]
		if !ok {
			return
		}
		for _, imp := range imports {
			if !isPure(imp) && !slices.ContainsFunc(extra, func(p string) bool { return strings.HasPrefix(imp, p) }) {
				t.Errorf("%s imports %s: the stage's own folder needs the standard library and other stages' own folders alone", file, imp)
			}
		}
	})
}

// isPure reports whether a package is part of the standard library, and reaches
// no other machine and no other program, or is a stage's own folder.
func isPure(imp string) bool {
	first := strings.SplitN(imp, "/", 2)[0]
	if stage, ours := strings.CutPrefix(imp, "tacstream/"); ours {
		return slices.Contains(order, stage)
	}
	reaching := []string{"net/http", "net/rpc", "net/smtp", "database/sql", "os/exec", "syscall", "plugin"}
	return !strings.Contains(first, ".") && !slices.Contains(reaching, imp)
}

// The line and the reading of folders do not reach each other by way of a third
// package either.
func TestTheLineAndTheReadingOfFoldersStayApart(t *testing.T) {
	imports := map[string][]string{}
	eachGoFile(t, func(dir, _ string, list []string) {
		for _, imp := range list {
			if rest, ours := strings.CutPrefix(imp, "tacstream/"); ours {
				imports[dir] = append(imports[dir], rest)
			}
		}
	})
	for from, to := range map[string]string{"config/line": "config/inspect", "config/inspect": "config/line"} {
		seen := map[string]bool{}
		for todo := []string{from}; len(todo) > 0; todo = todo[1:] {
			if todo[0] == to {
				t.Errorf("%s reaches %s", from, to)
			}
			if !seen[todo[0]] {
				seen[todo[0]] = true
				todo = append(todo, imports[todo[0]]...)
			}
		}
	}
}

// eachGoFile calls visit for every Go file that is no test, with its folder
// and imports.
func eachGoFile(t *testing.T, visit func(dir, file string, imports []string)) {
	t.Helper()
	fset := token.NewFileSet()
	for _, stage := range order {
		err := filepath.WalkDir(filepath.Join("..", stage), func(p string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || !strings.HasSuffix(p, ".go") || strings.HasSuffix(p, "_test.go") {
				return err
			}
			f, err := parser.ParseFile(fset, p, nil, parser.ImportsOnly)
			if err != nil {
				return err
			}
			var imports []string
			for _, spec := range f.Imports {
				imp, err := strconv.Unquote(spec.Path.Value)
				if err != nil {
					return err
				}
				imports = append(imports, imp)
			}
			file := filepath.ToSlash(strings.TrimPrefix(p, ".."+string(filepath.Separator)))
			visit(path.Dir(file), file, imports)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestTheOrderIsEnforced(t *testing.T) {
	for _, c := range []struct{ dir, imp string }{
		{"ingest", "extract"}, {"fit", "publish/bids"}, {"ingest", "ingest/s3"}, {"ingest/phantom", "fit"}, {"publish", "util"},
		{"config", "ingest/s3"}, {"config", "config/line"}, {"config/line", "config/inspect"}, {"config/inspect", "config/line"},
	} {
		if forbidden(c.dir, c.imp) == "" {
			t.Errorf("%s may import %s", c.dir, c.imp)
		}
	}
	for _, c := range []struct{ dir, imp string }{{"fit", "ingest"}, {"ingest/s3", "ingest"}, {"config", "publish"}, {"config/line", "publish/bids"}, {"config/cli", "config"}, {"ingest/jetstream", "ingest/watch"}} {
		if why := forbidden(c.dir, c.imp); why != "" {
			t.Errorf("%s may not import %s: %s", c.dir, c.imp, why)
		}
	}
}
