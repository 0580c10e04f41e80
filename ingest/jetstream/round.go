package jetstream

import (
	"sync"

	"github.com/nats-io/nats.go/jetstream"

	"tacstream/ingest"
)

// intakeBatch is how many notices are settled together: each series that they
// touch is judged once.
const intakeBatch = 256

// A task is a message and the notices of it that are followed.
type task struct {
	jetstream.Msg
	notices []ingest.Notice
}

// A round collects what some messages touch, and which messages must come
// again.
type round struct {
	mu      sync.Mutex
	series  map[ingest.Token]bool            // value: judged as quiet
	why     map[ingest.Token][]jetstream.Msg // the messages that touch each series
	folders folderRound
	again   map[jetstream.Msg]bool
	open    map[ingest.Object]bool // what must be looked at again
	whole   map[jetstream.Msg]bool // messages of which every object must be looked at again
}

func newRound() *round {
	return &round{
		series: map[ingest.Token]bool{}, why: map[ingest.Token][]jetstream.Msg{}, folders: newFolderRound(),
		again: map[jetstream.Msg]bool{}, open: map[ingest.Object]bool{}, whole: map[jetstream.Msg]bool{},
	}
}

// add has a series judged for the sake of a message.
func (r *round) add(series ingest.Token, quiet bool, m jetstream.Msg) {
	r.series[series] = r.series[series] || quiet
	r.why[series] = append(r.why[series], m)
}

// touch has series judged for the sake of messages.
func (r *round) touch(series []ingest.Token, msgs []jetstream.Msg) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range series {
		r.series[s] = r.series[s] || false
		r.why[s] = append(r.why[s], msgs...)
	}
}

// unusable notes that an object that serves for nothing came to a folder.
func (r *round) unusable(f Folder, msgs []jetstream.Msg) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.folders.came[f] = append(r.folders.came[f], msgs...)
}

// repeat has messages come again as they are.
func (r *round) repeat(msgs []jetstream.Msg) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, m := range msgs {
		r.again[m], r.whole[m] = true, true
	}
}

// repeatObject has messages come again for the sake of one object.
func (r *round) repeatObject(obj ingest.Object, msgs []jetstream.Msg) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open[obj] = true
	for _, m := range msgs {
		r.again[m] = true
	}
}

// folderRound collects the folders to which unusable objects came in a round, and
// those of which the timer went off, with the messages that said so.
type folderRound struct {
	came, quiet map[Folder][]jetstream.Msg
}

func newFolderRound() folderRound {
	return folderRound{came: map[Folder][]jetstream.Msg{}, quiet: map[Folder][]jetstream.Msg{}}
}
