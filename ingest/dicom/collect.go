package dicom

import "tacstream/ingest"

// maxValue bounds the values that are read. A longer one counts as absent:
// every field is much shorter by its value representation.
const maxValue = 2048

// A creator is who reserves a private block, and in which group (PS3.5, 7.8.1).
type creator struct {
	group uint32
	name  string
}

// creators are those whose blocks hold a field: GE's scan date and time, the
// time to which Siemens corrected for decay, and what makes Philips' counts
// Bq/mL or uptake.
var creators = [...]creator{
	{0x0009, "GEMS_PETD_01"},
	{0x0071, "SIEMENS MED PT"},
	{0x7053, "Philips PET Private Group"},
}

// A header is what the walk found.
type header struct {
	values  values
	pixels  element               // PixelData; its tag is 0 where the walk did not reach it
	blocks  [len(creators)]uint32 // the private block of each, 0 where there is none
	tracers int                   // items of RadiopharmaceuticalInformationSequence
	swapped [numFields][2]byte

	shared     groupValues // functional groups that the frames have in common
	planes     []plane     // of a multi-frame object
	planeFault ingest.Reason
}

// reset forgets everything but the memory of the planes.
func (h *header) reset() { *h = header{planes: h.planes[:0]} }

// walk collects the fields of a data set up to its pixel data. It stops early
// where the object turns out not to be PET.
func (h *header) walk(c *cursor) error {
	for c.pos < c.size {
		e, err := c.next(c.size)
		if err != nil {
			return err
		}
		switch {
		case e.tag == tagPixelData, e.tag == tagFloatPixels, e.tag == tagDoublePixels:
			h.pixels = e
			return nil
		case e.tag > keys[seriesInstanceUID].tag && h.values[sopClassUID] != nil && !h.isPET():
			return nil
		}
		if err := h.element(c, e, top, c.size, 0); err != nil {
			return err
		}
	}
	return ingest.Reject(ingest.CodeTruncated, "the object ends before its pixel data")
}

func (h *header) class() string { return string(trim(h.values[sopClassUID])) }

func (h *header) isClass(class string) bool { return string(trim(h.values[sopClassUID])) == class }

// isMulti reports whether the object is of a PET class that holds many images
// in one object.
func (h *header) isMulti() bool {
	return h.isClass(classEnhancedPET) || h.isClass(classLegacyEnhancedPET)
}

// isPET reports whether the object is of one of the PET classes.
func (h *header) isPET() bool { return h.isClass(classPET) || h.isMulti() }

// element keeps the element if it is a field and moves the cursor behind it.
func (h *header) element(c *cursor, e element, s scope, end int64, depth int) error {
	f, wanted := fieldOf(s, h.canonical(e.tag))
	switch {
	case s == top && e.tag == seqShared && h.isMulti():
		return h.sharedGroups(c, e, end)
	case s == top && e.tag == seqPerFrame && h.isMulti():
		return h.perFrameGroups(c, e, end)
	case wanted && keys[f].vr == "SQ":
		return h.sequence(c, e, inside(keys[f].tag), end, depth)
	case s == top && e.tag>>16&1 == 1 && e.tag&0xffff < 0x100 && e.length <= 64:
		return h.creator(c, e, end)
	case !wanted || e.length > maxValue || h.values[f] != nil:
		return c.skip(e, end, depth)
	}
	v, err := c.take(e.start, int64(e.length), end)
	if err != nil {
		return err
	}
	if c.big && keys[f].vr == "US" && len(v) == 2 {
		h.swapped[f] = [2]byte{v[1], v[0]}
		v = h.swapped[f][:]
	}
	h.values[f] = v[:len(v):len(v)]
	c.pos = e.end()
	return nil
}

// sequence keeps the fields of the first item, and counts those of tracers.
func (h *header) sequence(c *cursor, seq element, s scope, end int64, depth int) error {
	return c.items(seq, end, depth, func(item element, first bool, end int64) error {
		if s == inTracer {
			h.tracers++
		}
		if !first {
			return c.skipItem(seq, item, end, depth)
		}
		return c.elements(item, end, func(e element, end int64) error { return h.element(c, e, s, end, depth+1) })
	})
}

// creator remembers a private block of which the creator is known.
func (h *header) creator(c *cursor, e element, end int64) error {
	v, err := c.take(e.start, int64(e.length), end)
	if err != nil {
		return err
	}
	for i, known := range creators {
		if e.tag>>16 == known.group && string(trim(v)) == known.name {
			h.blocks[i] = e.tag & 0xff
		}
	}
	c.pos = e.end()
	return nil
}

// canonical returns the tag under which keys knows a private element, 0 for
// one of an unknown creator.
func (h *header) canonical(tag uint32) uint32 {
	if tag>>16&1 == 0 {
		return tag
	}
	for i, known := range creators {
		if tag>>16 == known.group && h.blocks[i] != 0 && tag>>8&0xff == h.blocks[i] {
			return known.group<<16 | 0x1000 | tag&0xff
		}
	}
	return 0
}

// sharedGroups reads what all planes have in common.
func (h *header) sharedGroups(c *cursor, seq element, end int64) error {
	return c.items(seq, end, 0, func(item element, first bool, end int64) error {
		if !first {
			return c.skipItem(seq, item, end, 0)
		}
		return h.groupItem(c, &h.shared, seq.tag, item, end, 1)
	})
}

// maxPlanes bounds the frames of an object: what is kept of each takes far
// more memory than an empty item takes room.
const maxPlanes = 1 << 17

// perFrameGroups reads one item for each plane. What an item leaves out is
// shared.
func (h *header) perFrameGroups(c *cursor, seq element, end int64) error {
	h.planes = h.planes[:0]
	return c.items(seq, end, 0, func(item element, _ bool, end int64) error {
		if len(h.planes) == maxPlanes {
			return ingest.Reject(ingest.CodeTooLarge, "the functional groups describe more than %d frames", maxPlanes)
		}
		values := h.shared
		if err := h.groupItem(c, &values, seq.tag, item, end, 1); err != nil {
			return err
		}
		// What is wrong with one plane is a fault of the object.
		f := facts{values: &h.values, fault: h.planeFault}
		h.planes = append(h.planes, f.plane(&values, c.order()))
		h.planeFault = f.fault
		return nil
	})
}

// groupItem reads an item of a sequence of functional groups.
func (h *header) groupItem(c *cursor, values *groupValues, in uint32, item element, end int64, depth int) error {
	return c.elements(item, end, func(e element, end int64) error { return h.groupElement(c, values, in, e, end, depth) })
}

func (h *header) groupElement(c *cursor, values *groupValues, in uint32, e element, end int64, depth int) error {
	if holdsGroups(e.tag) && depth < maxDepth {
		return h.groupSequence(c, values, e, end, depth)
	}
	if in == seqOldShared {
		return h.element(c, e, top, end, depth)
	}
	for g, k := range groupTags {
		if k.in == in && k.tag == e.tag && e.length <= maxValue {
			v, err := c.take(e.start, int64(e.length), end)
			values[g], c.pos = v, e.end()
			return err
		}
	}
	return c.skip(e, end, depth)
}

// groupSequence reads the first item of a sequence. Of the items that map
// stored values to real ones, the one to Bq/mL is taken where there is one.
func (h *header) groupSequence(c *cursor, values *groupValues, seq element, end int64, depth int) error {
	return c.items(seq, end, depth, func(item element, first bool, end int64) error {
		if !first && seq.tag != seqRealWorld {
			return c.skipItem(seq, item, end, depth)
		}
		if seq.tag != seqRealWorld {
			return h.groupItem(c, values, seq.tag, item, end, depth+1)
		}
		mapping := *values
		mapping[groupRealSlope], mapping[groupRealIntercept], mapping[groupUnit] = nil, nil, nil
		if err := h.groupItem(c, &mapping, seq.tag, item, end, depth+1); err != nil {
			return err
		}
		switch {
		case first || preferred(mapping[groupUnit], values[groupUnit]):
			*values = mapping
		case h.planeFault.Code == "" && contradicts(&mapping, values, c.order()):
			h.planeFault = ingest.Reason{Code: ingest.CodeUnits, Detail: "a frame has several different mappings to one unit, such as one for each range of stored values"}
		}
		return nil
	})
}
