package config_test

import (
	"go/ast"
	"go/types"
	"strings"
	"testing"
)

// Every code of a warning is raised by the program, and some test expects it.
// A test that makes such a warning itself does not count.
func TestEveryWarningCodeIsRaisedInATest(t *testing.T) {
	p := loadProgram(t)
	raised := map[types.Object]bool{}
	for u, obj := range p.uses() {
		if _, isConst := obj.(*types.Const); isConst && !strings.HasSuffix(p.fset.Position(u.id.Pos()).Filename, "catalogue.go") {
			raised[obj] = true
		}
	}
	expected := expectedNames(t)
	scope, n := p.of(t, "ingest").types.Scope(), 0
	for _, name := range scope.Names() {
		obj, isConst := scope.Lookup(name).(*types.Const)
		if !isConst || !strings.HasPrefix(name, "Warn") {
			continue
		}
		n++
		if !raised[obj] {
			t.Errorf("nothing raises %s", name)
		}
		if !expected[name] {
			t.Errorf("no test expects %s", name)
		}
	}
	if n < 30 {
		t.Errorf("only %d codes of warnings were found", n)
	}
}

// expectedNames returns the names in test files, without those that a literal
// of a Warning is made of.
func expectedNames(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	for _, f := range parseTests(t) {
		for id, within := range identifiers(f) {
			if !inWarning(within) {
				names[id.Name] = true
			}
		}
	}
	return names
}

// inWarning reports whether the innermost literal is one of a Warning.
func inWarning(within []ast.Node) bool {
	for i := len(within) - 1; i >= 0; i-- {
		lit, ok := within[i].(*ast.CompositeLit)
		if !ok {
			continue
		}
		if lit.Type == nil && i > 0 { // an element of a list says its type once
			continue
		}
		if list, ok := lit.Type.(*ast.ArrayType); ok {
			return isWarning(list.Elt)
		}
		return isWarning(lit.Type)
	}
	return false
}

func isWarning(typ ast.Expr) bool {
	sel, ok := typ.(*ast.SelectorExpr)
	return ok && sel.Sel.Name == "Warning"
}
