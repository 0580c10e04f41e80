package dicom_test

import (
	"testing"
	"time"
)

func TestTimesAreReadAsTheStandardWritesThem(t *testing.T) {
	at := func(h, m, s, ns int) time.Time { return time.Date(2024, 3, 1, h, m, s, ns, time.UTC) }
	tests := []struct {
		clock string
		want  time.Time
	}{
		{"07", at(7, 0, 0, 0)},
		{"0730", at(7, 30, 0, 0)},
		{"073015", at(7, 30, 15, 0)},
		{"073015.5", at(7, 30, 15, 500e6)},
		{"073015.000001", at(7, 30, 15, 1000)},
		{"073015.123456789", at(7, 30, 15, 123456789)},
		{"07:30:15.25", at(7, 30, 15, 250e6)},
		{"235960", time.Date(2024, 3, 2, 0, 0, 0, 0, time.UTC)},
	}
	for _, tt := range tests {
		found := read(sample().with(0x00080032, tt.clock))
		if !found.Instance.AcquisitionTime.Equal(tt.want) || found.Fault.Code != "" {
			t.Errorf("%s: %v, fault %v", tt.clock, found.Instance.AcquisitionTime, found.Fault)
		}
	}
	for _, clock := range []string{"7", "073", "0760", "07301", "073015,5", "073015.x", "-10000", "+1", "0x10"} {
		if found := read(sample().with(0x00080032, clock)); found.Fault.Code == "" {
			t.Errorf("%s is read as %v", clock, found.Instance.AcquisitionTime)
		}
	}
}

// The series of sample starts at 23:59:50.25 on 29 February.
func TestAcquisitionFindsItsDay(t *testing.T) {
	feb, mar := time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC), time.Date(2024, 3, 1, 0, 0, 0, 0, time.UTC)
	undated := sample().with(0x00080022, nil)
	bare := undated.with(0x00080020, nil).with(0x00080021, nil)
	tests := []struct {
		name   string
		object object
		want   time.Time
	}{
		{"its own date counts", sample().with(0x00080032, "010000"), mar.Add(time.Hour)},
		{"after midnight without a date", undated.with(0x00080032, "010000"), mar.Add(time.Hour)},
		{"before midnight without a date", undated.with(0x00080032, "235955"), feb.Add(24*time.Hour - 5*time.Second)},
		{"a moment before the series", undated.with(0x00080032, "235950.249985"), feb.Add(24*time.Hour - 10*time.Second + 249985*time.Microsecond)},
		{"no dates at all", bare.with(0x00080032, "000010"), time.Unix(86410, 0)},
		{"no times at all", bare.with(0x00080032, nil).with(0x00080031, nil), time.Time{}},
		{"date and time in one", undated.with(0x00080032, nil).with(0x0008002a, "20240301000010.5"), mar.Add(10500 * time.Millisecond)},
		{"older form of the date", sample().with(0x00080022, "2024.03.01").with(0x00080032, "01"), mar.Add(time.Hour)},
	}
	for _, tt := range tests {
		found := read(tt.object)
		if !found.Instance.AcquisitionTime.Equal(tt.want) || found.Fault.Code != "" {
			t.Errorf("%s: %v, want %v; fault %v", tt.name, found.Instance.AcquisitionTime, tt.want, found.Fault)
		}
	}
}

func TestInjectionFindsItsDay(t *testing.T) {
	feb, mar := time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC), time.Date(2024, 3, 1, 0, 0, 0, 0, time.UTC)
	injected := func(item map[uint32]any) object { return sample().with(0x00540016, items{item}) }
	tests := []struct {
		name   string
		object object
		want   time.Time
	}{
		{"the evening of the scan", injected(map[uint32]any{0x00181072: "233000"}), feb.Add(23*time.Hour + 30*time.Minute)},
		{"after midnight, inside the scan", injected(map[uint32]any{0x00181072: "000030"}), mar.Add(30 * time.Second)},
		{"the evening before a scan after midnight", injected(map[uint32]any{0x00181072: "235900"}).with(0x00080021, "20240301").with(0x00080031, "001000"), feb.Add(24*time.Hour - time.Minute)},
		{"the full date counts", injected(map[uint32]any{0x00181072: "120000", 0x00181078: "20240229235800.25"}), feb.Add(24*time.Hour - 2*time.Minute + 250*time.Millisecond)},
		{"an offset without the header's own is ignored", injected(map[uint32]any{0x00181078: "20240229235800+0100"}), feb.Add(24*time.Hour - 2*time.Minute)},
		{"an offset against the header's own", injected(map[uint32]any{0x00181078: "20240229225800+0000"}).with(0x00080201, "+0100"), feb.Add(24*time.Hour - 2*time.Minute)},
		{"a date that de-identification made up", injected(map[uint32]any{0x00181072: "235800", 0x00181078: "19000101235800"}), feb.Add(24*time.Hour - 2*time.Minute)},
		{"no time", injected(map[uint32]any{0x00181075: "1224"}), time.Time{}},
		{"words", injected(map[uint32]any{0x00181072: "later", 0x00181078: "soon"}), time.Time{}},
		{"no series time to go by", injected(map[uint32]any{0x00181072: "233000"}).with(0x00080031, nil), time.Time{}},
	}
	for _, tt := range tests {
		found := read(tt.object)
		if got := found.Header.Soft.Injection; !got.Equal(tt.want) || found.Fault.Code != "" {
			t.Errorf("%s: %v, want %v; fault %v", tt.name, got, tt.want, found.Fault)
		}
	}
}

// Two times of one injection that differ, and an offset from UTC that nothing
// relates to the other times, are doubted.
func TestInjectionInTwoZonesIsDoubted(t *testing.T) {
	feb := time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC)
	tests := []struct {
		name        string
		clock, full string
		own         any
		want        time.Time
		doubted     bool
	}{
		{"the same", "235800", "20240229235800", nil, feb.Add(24*time.Hour - 2*time.Minute), false},
		{"to the minute", "2358", "20240229235820", nil, feb.Add(24*time.Hour - 100*time.Second), false},
		{"an hour apart", "225800", "20240229235800", nil, feb.Add(24*time.Hour - 2*time.Minute), true},
		{"in UTC, and by the header's clock", "235800", "20240229225800+0000", nil, feb.Add(24*time.Hour - 2*time.Minute), false},
		{"in UTC, and not by the header's clock", "235800", "20240229225000+0000", nil, feb.Add(22*time.Hour + 50*time.Minute), true},
		{"in UTC alone", "", "20240229225800+0000", nil, feb.Add(23*time.Hour - 2*time.Minute), true},
		{"in UTC, of a header that says its zone", "", "20240229225800+0000", "+0100", feb.Add(24*time.Hour - 2*time.Minute), false},
		{"a day late, by its date", "235800", "20240301235800", nil, feb.Add(24*time.Hour - 2*time.Minute), true},
		{"days before, by its date", "235800", "20240226235800", nil, feb.Add(24*time.Hour - 2*time.Minute), true},
		{"an hour apart in spite of its zone", "225800", "20240229225800+0000", "+0100", feb.Add(24*time.Hour - 2*time.Minute), true},
	}
	for _, tt := range tests {
		item := map[uint32]any{0x00181078: tt.full}
		if tt.clock != "" {
			item[0x00181072] = tt.clock
		}
		soft := read(sample().with(0x00540016, items{item}).with(0x00080201, tt.own)).Header.Soft
		if !soft.Injection.Equal(tt.want) || (len(soft.TimeDoubts) > 0) != tt.doubted {
			t.Errorf("%s: %v, want %v; doubts %q", tt.name, soft.Injection, tt.want, soft.TimeDoubts)
		}
	}
}
