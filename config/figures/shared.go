package figures

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
)

// Mark stands in the README at rows whose tests read data of others.
const Mark = " †"

// readsShared reports whether a test in a folder, or anything of the folder's
// tests that it uses, names ../shared/data: without these data it measures less
// or nothing.
func readsShared(folder, test string) (bool, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	if err != nil {
		return false, err
	}
	declared := map[string][]ast.Node{} // methods under their own names
	for _, file := range files {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			return false, err
		}
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				declared[d.Name.Name] = append(declared[d.Name.Name], d.Body)
			case *ast.GenDecl:
				for _, s := range d.Specs {
					if v, ok := s.(*ast.ValueSpec); ok {
						for _, n := range v.Names {
							declared[n.Name] = append(declared[n.Name], v)
						}
					}
				}
			}
		}
	}
	found, seen := false, map[string]bool{}
	var visit func(name string)
	visit = func(name string) {
		if seen[name] {
			return
		}
		seen[name] = true
		for _, node := range declared[name] {
			ast.Inspect(node, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.Ident:
					visit(n.Name)
				case *ast.BasicLit:
					found = found || strings.Contains(n.Value, "shared/data") || n.Value == `"shared"`
				}
				return true
			})
		}
	}
	visit(test)
	return found, nil
}
