package codec

import (
	"encoding/binary"

	"tacstream/ingest"
)

const j2kName = "JPEG 2000"

// A jpeg2000Decoder decodes codestreams of JPEG 2000, lossless and lossy. The
// decoding itself is OpenJPEG's, see dcmjs.go.
type jpeg2000Decoder struct {
	module *dcmjs // nil until the first frame and after trouble
}

func (d *jpeg2000Decoder) decode(dst, frame []byte, p Params) ([]byte, error) {
	if err := checkCodestream(frame, p); err != nil {
		return nil, err
	}
	if d.module == nil {
		module, err := newDcmjs()
		if err != nil {
			return nil, err
		}
		d.module = module
	}
	out := grow(dst, p.size())
	err := d.module.decode(out, frame, p)
	if err != nil || d.module.large() {
		d.close()
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (d *jpeg2000Decoder) close() {
	if d.module != nil {
		d.module.close()
		d.module = nil
	}
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
