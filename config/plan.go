package config

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"tacstream/ingest"
)

// Plan returns by what the result of a whole series would be made today. Where
// no protocol matches the series any more, the one by which its last revision
// was made is kept, unless the series is of another tracer now: that a protocol
// is missing takes no result away.
func (c Config) Plan(a ingest.Assembly, kept ingest.Plan, resultsVersion string) ingest.Plan {
	texts := TracerTexts(a.Header, a.Slots)
	p, ok := c.ProtocolOf(texts)
	if !ok {
		p, ok = DecodeProtocol(kept.Protocol)
		if ok {
			p, ok = Config{Protocols: []Protocol{p}}.ProtocolOf(texts)
		}
	}
	plan := ingest.Plan{Decay: c.Decay, ResultsVersion: resultsVersion}
	if ok {
		plan.Protocol, plan.Atlas = encodeProtocol(p), p.Atlas
	}
	plan.Settings = settingsDigest(plan)
	return plan
}

// settingsDigest digests what a configuration says of a result.
func settingsDigest(p ingest.Plan) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s\x00%s", p.Decay, p.Protocol)
	return hex.EncodeToString(h.Sum(nil)[:8])
}

func encodeProtocol(p Protocol) json.RawMessage {
	body, err := json.Marshal(p)
	if err != nil {
		panic(err) // strings and numbers only
	}
	return body
}

// DecodeProtocol reads what encodeProtocol wrote; ok is false where there is
// none.
func DecodeProtocol(body json.RawMessage) (p Protocol, ok bool) {
	if len(body) == 0 || string(body) == "null" || json.Unmarshal(body, &p) != nil {
		return Protocol{}, false
	}
	return p, true
}
