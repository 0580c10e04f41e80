package jetstream

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"

	"tacstream/ingest"
)

// chunkBytes keeps a part of a pack below the smallest payload limit that
// servers come with, 1 MiB.
const chunkBytes = 768 << 10

// packWindow is how far back the compression of a pack looks.
const packWindow = 1 << 20

// A pack holds the records of a finished series in one message, or in a few
// where it is large, so that the ledger grows with series and not with slices.
type pack struct {
	Upto    uint64          `json:"upto"`  // records up to this Seq are in it
	Parts   int             `json:"parts"` // messages that hold Records, zstd over JSON
	Records []ingest.Record `json:"-"`
	// Marks and Folders say what Records cannot hold; packs of earlier releases
	// have neither.
	Marks   marks    `json:"marks,omitempty"`
	Folders []string `json:"folders,omitempty"` // hashed

	seq uint64
}

// packed is a record with the Seq that it had.
type packed struct {
	ingest.Record
	Rev uint64 `json:"rev"`
}

// encode sorts the records by their keys and returns them as they are stored.
func (p *pack) encode() ([]byte, error) {
	var buf bytes.Buffer
	z, err := zstd.NewWriter(&buf, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(packWindow), zstd.WithLowerEncoderMem(true))
	if err != nil {
		return nil, err
	}
	enc := json.NewEncoder(z)
	slices.SortFunc(p.Records, func(a, b ingest.Record) int { return strings.Compare(a.Key, b.Key) })
	for _, r := range p.Records {
		if err := enc.Encode(packed{r, r.Seq}); err != nil {
			return nil, err
		}
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

// decodePack reads what encode returned.
func decodePack(stored io.Reader, series ingest.Token) ([]ingest.Record, error) {
	z, err := zstd.NewReader(stored, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(packWindow))
	if err != nil {
		return nil, err
	}
	defer z.Close()
	var records []ingest.Record
	share := newSharer()
	for dec := json.NewDecoder(z); dec.More(); {
		var body json.RawMessage
		err := dec.Decode(&body)
		if err == nil {
			var r ingest.Record
			if r, err = share.decode(body); err == nil {
				records = append(records, r)
			}
		}
		if err != nil {
			return nil, fmt.Errorf("series %s: pack: %w", series, err)
		}
	}
	return records, nil
}

// find returns the record of an object.
func (p pack) find(o ingest.Object) (r ingest.Record, ok bool) {
	i, ok := slices.BinarySearchFunc(p.Records, o.Key, func(r ingest.Record, key string) int { return strings.Compare(r.Key, key) })
	if !ok || p.Records[i].Bucket != o.Bucket {
		return r, false
	}
	return p.Records[i], true
}

// index notes of a pack what others must know to pass it by.
func (p *pack) index() {
	folders := map[string]bool{}
	list := make([]uint32, 0, len(p.Records))
	p.Folders = nil
	for _, r := range p.Records {
		list = append(list, markOf(r.Object))
		if at := packFolder(r.Bucket, r.Folder()); !folders[at] {
			folders[at] = true
			p.Folders = append(p.Folders, at)
		}
	}
	slices.Sort(p.Folders)
	slices.Sort(list)
	p.Marks = make(marks, 0, 4*len(list))
	for _, mark := range slices.Compact(list) {
		p.Marks = binary.BigEndian.AppendUint32(p.Marks, mark)
	}
}

func packFolder(bucket, folder string) string { return hashName(bucket + "\x00" + folder) }
