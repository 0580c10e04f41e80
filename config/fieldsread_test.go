package config_test

import (
	"go/ast"
	"go/types"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// Every field of the configuration decides something: it is read where it is
// neither checked nor written down.
func TestEveryFieldOfTheConfigurationIsRead(t *testing.T) {
	p := loadProgram(t)
	unread := map[types.Object]string{}
	for field, path := range fieldsOf(p.of(t, "config").types.Scope().Lookup("Config").Type(), "Config") {
		unread[field] = path
	}
	if len(unread) < 40 {
		t.Fatalf("the configuration has only %d fields", len(unread))
	}
	for u, obj := range p.uses() {
		if _, isField := unread[obj]; isField && reads(p, u) {
			delete(unread, obj)
		}
	}
	for _, path := range unread {
		t.Errorf("nothing reads %s", path)
	}
}

// fieldsOf returns every field with a name in YAML below a type, with the path
// to it.
func fieldsOf(typ types.Type, path string) map[types.Object]string {
	all := map[types.Object]string{}
	switch typ := typ.(type) {
	case *types.Named:
		return fieldsOf(typ.Underlying(), path)
	case *types.Pointer:
		return fieldsOf(typ.Elem(), path)
	case *types.Slice:
		return fieldsOf(typ.Elem(), path)
	case *types.Map:
		return fieldsOf(typ.Elem(), path)
	case *types.Struct:
		for i := range typ.NumFields() {
			if name := reflect.StructTag(typ.Tag(i)).Get("yaml"); name == "" || name == "-" {
				continue
			}
			field := typ.Field(i)
			all[field] = path + "." + field.Name()
			for f, p := range fieldsOf(field.Type(), all[field]) {
				all[f] = p
			}
		}
	}
	return all
}

// reads reports whether a use of a field lets it decide something.
func reads(p program, u use) bool {
	if u.path == "config" {
		if filepath.Base(p.fset.Position(u.id.Pos()).Filename) == "write.go" {
			return false
		}
		if name := strings.ToLower(u.function()); strings.HasPrefix(name, "check") || strings.HasPrefix(name, "default") {
			return false
		}
	}
	for _, n := range u.within {
		switch n := n.(type) {
		case *ast.KeyValueExpr:
			if n.Key == u.id {
				return false
			}
		case *ast.AssignStmt:
			for _, left := range n.Lhs {
				if sel, ok := left.(*ast.SelectorExpr); ok && sel.Sel == u.id {
					return false
				}
			}
		}
	}
	return true
}
