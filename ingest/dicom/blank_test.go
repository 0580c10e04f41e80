package dicom_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"tacstream/ingest"
	"tacstream/ingest/dicom"
)

// A slope of 0 suits a blank image: what is 0 is 0, whatever the slope. An image
// that is not blank has lost its scale.
func TestASlopeOfZeroSuitsABlankImage(t *testing.T) {
	blank := sample().with(0x00281053, "0").with(0x7fe00010, make(pixelBytes, 12))
	if diff := cmp.Diff([][]float64{make([]float64, 6)}, values(t, blank.bytes())); diff != "" {
		t.Errorf("a blank image (-want +got):\n%s", diff)
	}
	// 1 and −1, of which the sum is 0 too.
	other := sample().with(0x00281053, "0").with(0x7fe00010, pixelBytes{1, 0, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0})
	var d dicom.Decoder
	defer d.Close()
	if _, err := d.Decode(other.bytes()); ingest.ReasonOf(err).Code != ingest.CodeUnits {
		t.Errorf("an image that is not blank: %v", err)
	}
}

// A sequence of unknown value representation is implicit inside by the standard,
// and explicit as some programs write it.
func TestUnknownSequencesEitherWay(t *testing.T) {
	// (0009,1002) UN of undefined length with one item of undefined length.
	head := "\x09\x00\x02\x10UN\x00\x00\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff"
	tail := "\xfe\xff\x0d\xe0\x00\x00\x00\x00\xfe\xff\xdd\xe0\x00\x00\x00\x00"
	for name, inside := range map[string]string{
		"explicit": "\x09\x00\x10\x00LO\x04\x00ACME\x09\x00\x01\x10FL\x04\x00\x00\x00\x80\x3f",
		"implicit": "\x09\x00\x10\x00\x04\x00\x00\x00ACME\x09\x00\x01\x10\x04\x00\x00\x00\x00\x00\x80\x3f",
		"empty":    "",
	} {
		data := sample().bytes()
		at := len(data) // before the first element of group 0010
		for i := 200; i+6 < len(data); i++ {
			if string(data[i:i+6]) == "\x10\x00\x10\x00PN" {
				at = i
				break
			}
		}
		data = append(data[:at:at], append([]byte(head+inside+tail), data[at:]...)...)
		if found := (dicom.Options{}).ReadHeader(data, int64(len(data))); found.Fault.Code != "" || found.Header.Soft.WeightKg != 6.25 {
			t.Errorf("%s: %v, weight %g", name, found.Fault, found.Header.Soft.WeightKg)
		}
	}
}
