package config_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"io/fs"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// A source is a package of the program with its types, tests left out.
type source struct {
	path  string // such as ingest/s3; main for the program itself
	files []*ast.File
	info  *types.Info
	types *types.Package
}

// A program is all of its packages, each after those that it imports. The same
// thing is the same types.Object in all of them.
type program struct {
	fset    *token.FileSet
	sources []source
}

// loadProgram returns the program, read once for all tests.
func loadProgram(t *testing.T) program {
	t.Helper()
	p, err := programOnce()
	if err != nil {
		t.Fatal(err)
	}
	if len(p.sources) < 10 {
		t.Fatalf("only %d packages were looked at", len(p.sources))
	}
	return p
}

var programOnce = sync.OnceValues(readProgram)

func readProgram() (program, error) {
	cmd := exec.Command("go", "list", "-export", "-deps", "-json=ImportPath,Dir,Export,GoFiles", "tacstream/...")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return program{}, fmt.Errorf("go list: %w\n%s", err, stderr.Bytes())
	}
	l := loader{program: program{fset: token.NewFileSet()}, ours: map[string]*types.Package{}, exports: map[string]string{}}
	l.foreign = importer.ForCompiler(l.fset, "gc", l.open)
	for d := json.NewDecoder(bytes.NewReader(out)); d.More(); {
		var p struct {
			ImportPath, Dir, Export string
			GoFiles                 []string
		}
		if err := d.Decode(&p); err != nil {
			return program{}, err
		}
		l.exports[p.ImportPath] = p.Export
		if p.ImportPath != "tacstream" && !strings.HasPrefix(p.ImportPath, "tacstream/") {
			continue
		}
		if err := l.add(p.ImportPath, p.Dir, p.GoFiles); err != nil {
			return program{}, err
		}
	}
	return l.program, nil
}

// A loader imports the program's packages as it has read them, and all others
// as they were built.
type loader struct {
	program
	ours    map[string]*types.Package
	exports map[string]string // files by import path
	foreign types.Importer
}

// Import returns a package by its path.
func (l *loader) Import(path string) (*types.Package, error) {
	if p, ok := l.ours[path]; ok {
		return p, nil
	}
	return l.foreign.Import(path)
}

func (l *loader) open(path string) (io.ReadCloser, error) {
	file, ok := l.exports[path]
	if !ok {
		return nil, fmt.Errorf("no export data for %s", path)
	}
	return os.Open(file)
}

// add reads one package of the program.
func (l *loader) add(path, dir string, names []string) error {
	s := source{path: strings.TrimPrefix(path, "tacstream/"), info: &types.Info{
		Uses: map[*ast.Ident]types.Object{}, Defs: map[*ast.Ident]types.Object{}, Types: map[ast.Expr]types.TypeAndValue{},
	}}
	for _, name := range names {
		f, err := parser.ParseFile(l.fset, filepath.Join(dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		s.files = append(s.files, f)
	}
	conf := types.Config{Importer: l}
	var err error
	if s.types, err = conf.Check(path, l.fset, s.files, s.info); err != nil {
		return err
	}
	l.ours[path] = s.types
	l.sources = append(l.sources, s)
	return nil
}

// of returns one package.
func (p program) of(t *testing.T, path string) source {
	t.Helper()
	for _, s := range p.sources {
		if s.path == path {
			return s
		}
	}
	t.Fatalf("there is no package %s", path)
	return source{}
}

// at returns where something stands in the tree, such as ingest/s3/read.go:12.
func (p program) at(s source, pos token.Pos) string {
	where := p.fset.Position(pos)
	return fmt.Sprintf("%s/%s:%d", s.path, filepath.Base(where.Filename), where.Line)
}

// A use is a place where a name stands for something that is declared elsewhere.
type use struct {
	source
	id     *ast.Ident
	within []ast.Node // from the file down to what the name is a part of
}

// function returns the name of the function around the use; "" outside all.
func (u use) function() string {
	for _, n := range u.within {
		if f, ok := n.(*ast.FuncDecl); ok {
			return f.Name.Name
		}
	}
	return ""
}

// uses visits every use of a name in files that are no tests.
func (p program) uses() iter.Seq2[use, types.Object] {
	return func(yield func(use, types.Object) bool) {
		for _, s := range p.sources {
			for _, f := range s.files {
				for id, within := range identifiers(f) {
					if obj := s.info.Uses[id]; obj != nil && !yield(use{s, id, within}, obj) {
						return
					}
				}
			}
		}
	}
}

// identifiers visits every identifier with the nodes around it, the outermost
// first. They hold until the next one.
func identifiers(f *ast.File) iter.Seq2[*ast.Ident, []ast.Node] {
	return func(yield func(*ast.Ident, []ast.Node) bool) {
		var within []ast.Node
		stopped := false
		ast.Inspect(f, func(n ast.Node) bool {
			if n == nil {
				within = within[:len(within)-1]
				return true
			}
			if id, ok := n.(*ast.Ident); ok && !stopped {
				stopped = !yield(id, within)
			}
			within = append(within, n)
			return true
		})
	}
}

// parseTests returns every test file of the tree.
func parseTests(t *testing.T) map[string]*ast.File {
	t.Helper()
	files, fset := map[string]*ast.File{}, token.NewFileSet()
	for _, stage := range order {
		err := filepath.WalkDir(filepath.Join("..", stage), func(file string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || !strings.HasSuffix(file, "_test.go") {
				return err
			}
			files[file], err = parser.ParseFile(fset, file, nil, parser.SkipObjectResolution)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return files
}
