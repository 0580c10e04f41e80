package publish_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"tacstream/publish"
)

func quality(t *testing.T, verdict string) publish.Event {
	t.Helper()
	e, err := publish.NewQuality(cause(), "dasb", verdict)
	if err != nil {
		t.Fatal(err)
	}
	return e.At(time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)).Superseding("0123456789abcdef0123456789abcdef")
}

func TestANewTypeOfEventIsAFileAndARow(t *testing.T) {
	kinds := append(publish.Kinds(), publish.QualityChecked)
	e := quality(t, "good")
	if want := "pet.v1.local.quality.dasb." + string(series); e.Subject != want {
		t.Errorf("subject %s, want %s", e.Subject, want)
	}
	if have, want := publish.Describe(e), string(series)+"  checked       dasb: good"; have != want {
		t.Errorf("described as %q, want %q", have, want)
	}
	body, err := e.Encode()
	if err != nil {
		t.Fatal(err)
	}
	again, err := publish.DecodeOf(body, kinds)
	if err != nil || !reflect.DeepEqual(again, e) {
		t.Errorf("decoded as %+v (%v)", again, err)
	}
	if e.After(again) != publish.Done {
		t.Error("the same event is news")
	}
	if _, err := publish.Decode(body); !errors.Is(err, publish.ErrUnknownType) {
		t.Errorf("whoever does not know the type: %v", err)
	}
}

func TestANewTypeOfEventHasASchema(t *testing.T) {
	files := published(append(publish.Kinds(), publish.QualityChecked))
	if n := len(published(publish.Kinds())); len(files) != n+1 {
		t.Errorf("%d files, want %d", len(files), n+1)
	}
	name := publish.SchemaName(publish.QualityChecked.Type)
	schema, err := json.Marshal(files[name])
	if err != nil {
		t.Fatal(err)
	}
	s := compile(t, name, schema, true)
	if err := s.Validate(mustJSON(t, quality(t, "good"))["data"]); err != nil {
		t.Error(err)
	}
	if s.Validate(mustJSON(t, quality(t, "middling"))["data"]) == nil {
		t.Error("the schema allows a value that the row does not")
	}
	api, err := json.Marshal(files[publish.AsyncAPIName])
	if err != nil || !strings.Contains(string(api), `"address":"pet.v1.{site}.quality.{tracer}.{series}"`) {
		t.Errorf("no channel for the subject (%v)", err)
	}
}
