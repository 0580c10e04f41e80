package publish_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"tacstream/ingest"
	"tacstream/publish"
)

var update = flag.Bool("update", false, "write schema/ and testdata/ anew")

// An object is a JSON object.
type object = map[string]any

// dataSchema describes the data of a kind of events.
func dataSchema(k publish.Kind) object {
	s := schemaOf(reflect.TypeOf(k.New()))
	s["$schema"], s["$id"], s["title"] = "https://json-schema.org/draft/2020-12/schema", publish.SchemaID(k.Type), k.Fact
	s["$comment"] = "Fields may be added: ignore what you do not know."
	for field, values := range k.Only {
		s["properties"].(object)[field].(object)["enum"] = values
	}
	return s
}

// schemaOf describes a Go type as encoding/json writes it.
func schemaOf(t reflect.Type) object {
	switch t {
	case reflect.TypeFor[ingest.Token]():
		return object{"type": "string", "pattern": "^[a-z2-7]{26}$"}
	case reflect.TypeFor[ingest.Site]():
		return object{"type": "string", "pattern": "^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$"}
	}
	if t == reflect.TypeFor[publish.Values]() {
		return object{"type": "object", "properties": valuesOf(), "required": []string{}}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return schemaOf(t.Elem())
	case reflect.String:
		return object{"type": "string"}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Int, reflect.Int32:
		return object{"type": "integer"}
	case reflect.Float64:
		return object{"type": "number"}
	case reflect.Slice:
		return object{"type": "array", "items": schemaOf(t.Elem())}
	case reflect.Map:
		return object{"type": "object", "additionalProperties": schemaOf(t.Elem())}
	case reflect.Struct:
		properties, required := object{}, []string{}
		addFields(t, properties, &required)
		return object{"type": "object", "properties": properties, "required": required}
	}
	panic("no schema for " + t.String())
}

// valuesOf describes the parameters of models.
func valuesOf() object {
	properties := object{}
	for _, q := range publish.Parameters() {
		unit := " In " + q.Unit + "."
		if q.Unit == "unitless" {
			unit = " Unitless."
		}
		properties[string(q.Symbol)] = object{"type": "number", "description": q.Meaning + unit}
	}
	return properties
}

// addFields describes the fields of a struct; those of an embedded one are its
// own.
func addFields(t reflect.Type, properties object, required *[]string) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, opts, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" && f.Type == reflect.TypeFor[publish.Values]() {
			maps.Copy(properties, valuesOf())
			continue
		}
		if f.Anonymous && name == "" {
			addFields(f.Type, properties, required)
			continue
		}
		s := schemaOf(f.Type)
		if f.Type == reflect.TypeFor[ingest.Code]() {
			s = codeSchema(t)
		}
		if doc := f.Tag.Get("doc"); doc != "" {
			more, _ := s["description"].(string)
			s["description"] = strings.TrimSpace(doc + " " + more)
		}
		if enum := f.Tag.Get("enum"); enum != "" {
			at := s
			if items, ok := s["items"].(object); ok {
				at = items
			}
			at["enum"] = strings.Split(enum, ",")
		}
		if properties[name] = s; opts == "" {
			*required = append(*required, name)
		}
	}
}

// codeSchema describes the codes of a warning or a reason. It names those of
// this release and allows all others, which later releases may send.
func codeSchema(of reflect.Type) object {
	list := ingest.Reasons()
	if of == reflect.TypeFor[publish.Warning]() {
		list = ingest.Warnings()
	}
	var known []any
	for _, e := range list {
		known = append(known, object{"const": e.Code, "description": strings.TrimSpace(e.Means + " " + e.Do)})
	}
	return object{
		"type": "string", "pattern": "^[A-Z][A-Z0-9_]*$", "description": "Codes may be added.",
		"anyOf": append(known, object{"description": "A code of another release."}),
	}
}

// envelopeSchema describes what every event has around its data.
func envelopeSchema() object {
	text := object{"type": "string", "minLength": 1}
	return object{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "urn:tacstream:schema:envelope",
		"title": "An event of tacstream: CloudEvents 1.0, structured JSON, whose time is that of the revision, not of sending.", "type": "object",
		"required": []string{"specversion", "id", "source", "type", "subject", "datacontenttype", "dataschema", "data"},
		"properties": object{
			"specversion": object{"const": "1.0"}, "datacontenttype": object{"const": "application/json"},
			"id":     object{"type": "string", "pattern": "^[0-9a-f]{32}$", "description": "The same for the same work; also the message's Nats-Msg-Id."},
			"source": object{"type": "string", "pattern": "^/tacstream/[a-z0-9-]+$"}, "type": text,
			"time":       object{"type": "string", "pattern": `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$`, "description": "When the line gave the revision: its own clock, in whole seconds. Left out for progress and for revisions of release 0.1.0."},
			"subject":    object{"type": "string", "pattern": "^[a-z2-7]{26}$", "description": "Token of the series, object or folder."},
			"dataschema": text, "data": object{"type": "object"},
		},
	}
}

// asyncAPI describes every subject.
func asyncAPI(kinds []publish.Kind) object {
	chans, ops, messages := object{}, object{}, object{}
	for _, k := range kinds {
		c, name := k.Channel(), string(k.Type)
		if chans[c.Name] == nil {
			params := object{}
			for _, p := range c.Parameters() {
				params[p.Name] = object{"description": p.Doc}
			}
			chans[c.Name] = object{"address": c.Address, "description": c.Doc, "messages": object{}, "parameters": params}
			ops[c.Name] = object{"action": "send", "channel": object{"$ref": "#/channels/" + c.Name}, "summary": c.Doc}
		}
		chans[c.Name].(object)["messages"].(object)[name] = object{"$ref": "#/components/messages/" + name}
		messages[name] = message(k)
	}
	return object{
		"asyncapi": "3.0.0", "defaultContentType": publish.ContentType, "channels": chans, "operations": ops,
		"info": object{"title": "tacstream", "version": "1.0.0", "license": object{"name": "Apache-2.0"},
			"description": "Events of an event-driven PET pipeline: CloudEvents 1.0, structured JSON, over NATS. Ignore fields and types that you do not know; drop repeats by id."},
		"components": object{"messages": messages},
	}
}

func message(k publish.Kind) object {
	name := string(k.Type)
	payload := object{"allOf": []any{
		object{"$ref": "./envelope.json"},
		object{"properties": object{
			"type": object{"const": name}, "dataschema": object{"const": publish.SchemaID(k.Type)}, "data": object{"$ref": "./" + publish.SchemaName(k.Type)},
		}},
	}}
	return object{
		"name": name, "title": k.Fact, "contentType": publish.ContentType,
		"headers": object{"type": "object", "properties": object{"Nats-Msg-Id": object{"type": "string", "description": "The event's id."}}},
		"payload": object{"schemaFormat": "application/schema+json;version=2020-12", "schema": payload},
	}
}

// published are the files that Schemas holds if there are these kinds.
func published(kinds []publish.Kind) map[string]object {
	files := map[string]object{publish.AsyncAPIName: asyncAPI(kinds), "envelope.json": envelopeSchema()}
	for _, k := range kinds {
		files[publish.SchemaName(k.Type)] = dataSchema(k)
	}
	return files
}

func TestSchemasSayWhatTheCodeWrites(t *testing.T) {
	files := published(publish.Kinds())
	for name, want := range files {
		body, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		body = publish.Indented(body)
		if *update {
			if err := os.WriteFile(filepath.Join("schema", name), body, 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		have, err := fs.ReadFile(publish.Schemas(), name)
		if err != nil || !bytes.Equal(have, body) {
			t.Errorf("%s is not what the code writes; run go test -update (%v)", name, err)
		}
	}
	names, err := fs.Glob(publish.Schemas(), "*")
	if err != nil || len(names) != len(files) && !*update {
		t.Errorf("%d files where %d are known (%v)", len(names), len(files), err)
	}
}

func TestEveryKindIsDescribed(t *testing.T) {
	types := map[publish.Type]bool{}
	for _, k := range publish.Kinds() {
		if k.Fact == "" || k.Channel().Doc == "" || types[k.Type] {
			t.Errorf("%s: not described, or there twice", k.Type)
		}
		types[k.Type] = true
	}
}

// validator compiles a published schema. A strict one allows no field that it
// does not name.
func validator(t *testing.T, name string, strict bool) *jsonschema.Schema {
	t.Helper()
	body, err := fs.ReadFile(publish.Schemas(), name)
	if err != nil {
		t.Fatal(err)
	}
	return compile(t, name, body, strict)
}

// compile makes a validator of a schema.
func compile(t *testing.T, name string, schema []byte, strict bool) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	if err != nil {
		t.Fatal(err)
	}
	if strict {
		forbidOthers(doc)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource(name, doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// forbidOthers closes every object of a schema that names its properties.
func forbidOthers(schema any) {
	switch s := schema.(type) {
	case object:
		if _, ok := s["properties"]; ok {
			s["additionalProperties"] = false
		}
		for _, v := range s {
			forbidOthers(v)
		}
	case []any:
		for _, v := range s {
			forbidOthers(v)
		}
	}
}

func TestEventsMatchTheirSchemas(t *testing.T) {
	for name, e := range examples(t) {
		body, err := e.Encode()
		if err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if err := validator(t, "envelope.json", true).Validate(doc); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := validator(t, publish.SchemaName(e.Type), true).Validate(doc.(object)["data"]); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSchemasAllowFieldsToCome(t *testing.T) {
	doc := mustJSON(t, examples(t)["binding.estimated"])
	doc["data"].(object)["models"].([]any)[0].(object)["to_come"] = true
	if err := validator(t, publish.SchemaName(publish.BindingEstimated), false).Validate(doc["data"]); err != nil {
		t.Error(err)
	}
}

// A later release may raise codes that this one does not know.
func TestSchemasAllowCodesToCome(t *testing.T) {
	doc := mustJSON(t, examples(t)["tacs.extracted"])
	warning := doc["data"].(object)["warnings"].([]any)[0].(object)
	for code, valid := range map[string]bool{"OF_2027": true, "NOISE": true, "in words": false} {
		warning["code"] = code
		err := validator(t, publish.SchemaName(publish.TACsExtracted), false).Validate(doc["data"])
		if (err == nil) != valid {
			t.Errorf("%s: %v", code, err)
		}
	}
}

// A validator accepts any code, a reader sees those of today.
func TestSchemasNameTheCodesOfToday(t *testing.T) {
	for name, list := range map[publish.Type][]ingest.Entry{publish.TACsExtracted: ingest.Warnings(), publish.SeriesWaiting: ingest.Reasons()} {
		body, err := fs.ReadFile(publish.Schemas(), publish.SchemaName(name))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range list {
			if !strings.Contains(string(body), `"`+string(e.Code)+`"`) {
				t.Errorf("%s does not name %s", name, e.Code)
			}
		}
	}
}

func TestSchemasRefuse(t *testing.T) {
	tests := []struct {
		name   string
		change func(data object)
	}{
		{"a revision in words", func(d object) { d["cause"].(object)["revision"] = "three" }},
		{"a raw UID for a token", func(d object) { d["cause"].(object)["series"] = "1.2.840.1" }},
		{"no cause", func(d object) { delete(d, "cause") }},
		{"a region without a name", func(d object) {
			delete(d["models"].([]any)[0].(object)["estimates"].([]any)[0].(object), "region")
		}},
		{"no number for a parameter", func(d object) {
			d["models"].([]any)[0].(object)["estimates"].([]any)[0].(object)["BPnd"] = "NaN"
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			data := mustJSON(t, examples(t)["binding.estimated"])["data"].(object)
			test.change(data)
			if validator(t, publish.SchemaName(publish.BindingEstimated), false).Validate(data) == nil {
				t.Error("the schema allows it")
			}
		})
	}
}

func mustJSON(t *testing.T, e publish.Event) object {
	t.Helper()
	body, err := e.Encode()
	if err != nil {
		t.Fatal(err)
	}
	var doc object
	if err := json.Unmarshal(body, &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestChannelsMatchTheSubjects(t *testing.T) {
	var doc struct {
		Channels map[string]struct {
			Address  string
			Messages map[string]any
		}
	}
	body, err := fs.ReadFile(publish.Schemas(), publish.AsyncAPIName)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(body, &doc); err != nil {
		t.Fatal(err)
	}
	for name, e := range examples(t) {
		var found []string
		for _, c := range doc.Channels {
			if _, carries := c.Messages[string(e.Type)]; carries && matches(c.Address, e.Subject) {
				found = append(found, c.Address)
			}
		}
		if len(found) != 1 {
			t.Errorf("%s on %s: channels %v", name, e.Subject, found)
		}
	}
}

// matches reports whether a subject is of an address; a parameter stands for
// one token.
func matches(address, subject string) bool {
	return slices.EqualFunc(strings.Split(address, "."), strings.Split(subject, "."), func(a, s string) bool {
		return a == s && !strings.HasPrefix(a, "{") || strings.HasPrefix(a, "{") && s != ""
	})
}
