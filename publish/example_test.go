package publish_test

import (
	"fmt"
	"log"
	"os"

	"tacstream/fit"
	"tacstream/publish"
)

// A consumer decodes what it gets, drops repeats by id and looks at what it
// knows.
func ExampleDecode() {
	body, err := os.ReadFile("testdata/binding.estimated.json")
	if err != nil {
		log.Fatal(err)
	}
	event, err := publish.Decode(body)
	if err != nil {
		log.Fatal(err)
	}
	switch data := event.Data.(type) {
	case *publish.Binding:
		for _, model := range data.Models {
			for _, e := range model.Estimates {
				fmt.Printf("%s %s BPND %.3f\n", model.Name, e.Region, e.Values[fit.BPND])
			}
		}
	case *publish.Withdrawn:
		fmt.Println("forget", data.Event)
	}
	// Output:
	// srtm Putamen BPND 1.900
	// logan-ref Putamen BPND 1.875
}

func ExampleBindingSubject() {
	subject, err := publish.BindingSubject("local", "dasb", "7k2mabcdefghijklmnopqrstuv")
	fmt.Println(subject, err)
	_, err = publish.BindingSubject("local", "dasb", "1.2.840.113619")
	fmt.Println(err)
	// Output:
	// pet.v1.local.binding.dasb.7k2mabcdefghijklmnopqrstuv <nil>
	// series: no label for a subject
}
