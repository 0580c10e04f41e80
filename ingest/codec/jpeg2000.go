package codec

import (
	"encoding/binary"

	"tacstream/ingest"
)

// A jpeg2000Decoder decodes codestreams of JPEG 2000, lossless and lossy. The
// decoding itself is OpenJPEG's, see dcmjs.go.
type jpeg2000Decoder struct {
	modules [2]*dcmjs // for plain frames, and for others; nil until the first of them and after trouble
}

func (d *jpeg2000Decoder) decode(dst, frame []byte, p Params) ([]byte, error) {
	if err := checkCodestream(frame, p); err != nil {
		return nil, err
	}
	which := 0
	if !plainCodestream(frame) {
		which = 1
	}
	module := d.modules[which]
	if module == nil {
		var err error
		if module, err = newDcmjs(which == 1); err != nil {
			return nil, err
		}
		d.modules[which] = module
	}
	out := grow(dst, p.size())
	err := module.decode(out, frame, p)
	if err != nil || module.large() {
		module.close()
		d.modules[which] = nil
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (d *jpeg2000Decoder) close() {
	for i, module := range d.modules {
		if module != nil {
			module.close()
			d.modules[i] = nil
		}
	}
}

// Markers of JPEG 2000 (T.800, annex A).
const (
	markerCOD = 0xff52
	markerQCD = 0xff5c
	markerCOM = 0xff64
	markerSOT = 0xff90
	markerSOD = 0xff93
)

// The most that a plain codestream has: encoders of DICOM write one layer, or a
// few, and some five levels.
const (
	plainLayers = 32
	plainLevels = 10
)

// plainCodestream reports whether a codestream that passed checkCodestream is
// such that decoding it takes time in proportion to its pixels, whatever its
// data are: one tile in one part, coded alike throughout, without precincts of
// its own, in few layers and levels. Those that scanners and archives write are.
func plainCodestream(frame []byte) bool {
	at := func(i int) uint64 { return uint64(binary.BigEndian.Uint32(frame[i:])) }
	if at(32) > at(16) || at(36) > at(20) || at(32)+at(24) < at(8) || at(36)+at(28) < at(12) {
		return false // more than one tile
	}
	coded := false
	for rest := frame[2:]; len(rest) >= 12; {
		marker, length := binary.BigEndian.Uint16(rest), int(binary.BigEndian.Uint16(rest[2:]))
		if length < 2 || length+2 > len(rest) {
			return false
		}
		segment := rest[4 : 2+length]
		switch marker {
		case markerSOT:
			return coded && plainTile(rest)
		case markerCOD:
			if coded || len(segment) < 10 || !plainCoding(segment) {
				return false
			}
			coded = true
		case 0xff51, markerQCD, markerCOM:
		default:
			return false
		}
		rest = rest[2+length:]
	}
	return false
}

// plainCoding reports whether a COD segment is that of a plain codestream.
func plainCoding(cod []byte) bool {
	style, layers, levels := cod[0], binary.BigEndian.Uint16(cod[2:]), cod[5]
	width, height, block := cod[6], cod[7], cod[8]
	return style&1 == 0 && layers >= 1 && layers <= plainLayers && levels <= plainLevels && width <= 8 && height <= 8 && width+height <= 8 && block == 0
}

// plainTile reports whether a tile-part is the only one, and its data follow at
// once.
func plainTile(part []byte) bool {
	length := uint64(binary.BigEndian.Uint32(part[6:]))
	return len(part) >= 14 && part[4] == 0 && part[5] == 0 && part[10] == 0 && part[11] <= 1 &&
		binary.BigEndian.Uint16(part[12:]) == markerSOD && (length == 0 || length+16 >= uint64(len(part)))
}

// checkCodestream compares the SIZ segment that begins every codestream with
// what the object's header says, before anything is decoded.
//
// Source: ITU-T T.800 | ISO/IEC 15444-1, annex A.5.1.
func checkCodestream(frame []byte, p Params) error {
	const begin = "\xff\x4f\xff\x51" // SOC and SIZ
	if len(frame) < 42 || string(frame[:4]) != begin {
		return ingest.Reject(ingest.CodeMalformed, "%s: the frame does not begin with an image", j2kName)
	}
	at := func(i int) int { return int(binary.BigEndian.Uint32(frame[i:])) }
	columns, rows := at(8)-at(16), at(12)-at(20)
	if err := p.checkShape(columns, rows); err != nil {
		return err
	}
	components := int(binary.BigEndian.Uint16(frame[40:]))
	if err := p.checkSamples(components); err != nil {
		return err
	}
	if len(frame) < 42+3*components {
		return ingest.Reject(ingest.CodeMalformed, "%s: the image ends in its header", j2kName)
	}
	// A slice without counts takes a hundred bytes or so whatever its size.
	if p.size() > 8<<20+1000*len(frame) {
		return ingest.Reject(ingest.CodeTooLarge, "%s: %d bytes that claim an image of %d", j2kName, len(frame), p.size())
	}
	for c := range components {
		size := frame[42+3*c:]
		if size[1] != 1 || size[2] != 1 {
			return ingest.Reject(ingest.CodeSyntax, "%s: components of different resolution are not read", j2kName)
		}
		if err := p.checkPrecision(int(size[0]&0x7f) + 1); err != nil {
			return err
		}
	}
	return nil
}
