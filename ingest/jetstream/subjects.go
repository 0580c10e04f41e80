package jetstream

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"strings"

	"tacstream/ingest"
)

// maxDepth bounds how many folders a subject spells out: subjects have a
// bounded length. Deeper folders count as the one at this depth.
const maxDepth = 48

func objectSubject(class, id string) string { return "_tac.ledger.obj." + class + "." + id }

func stateSubject(series ingest.Token) string { return "_tac.ledger.state." + string(series) }

func packSubject(series ingest.Token) string { return "_tac.ledger.pack." + string(series) }

// partSubject is where a part of a pack stands that goes up to a record; i is "*"
// for all of them.
func partSubject(series ingest.Token, upto uint64, part string) string {
	return fmt.Sprintf("_tac.ledger.part.%s.%d.%s", series, upto, part)
}

// memberSubject returns where the membership of a series in an examination, which
// DICOM calls study, is kept.
func memberSubject(examination string, series ingest.Token) string {
	return "_tac.ledger.study." + examination + "." + string(series)
}

// handSubject is where a worker that has the job of a series in hand answers.
// No stream keeps it.
func handSubject(series ingest.Token) string { return "_tac.hand." + string(series) }

func jobSubject(series ingest.Token) string { return "_tac.job." + string(series) }

// noticePrefix begins the subjects of notices; the rest is their source.
const noticePrefix = "_tac.notice."

func noticeSubject(source string) string { return noticePrefix + source }

const duePrefix = "_tac.timer.due."

func dueSubject(series string) string { return duePrefix + series }

func byproductsSubject(folder ingest.Token, code ingest.Code) string {
	return "_tac.ledger.junk." + string(folder) + "." + string(code)
}

// treeSubject returns where the tree notes a record.
func treeSubject(r ingest.Record) string {
	at := folderSubject(r.Bucket, r.Folder())
	switch r.Class() {
	case ingest.ClassRegions:
		return at + ".=r." + r.ID()
	case ingest.ClassOther:
		return at + ".=o." + r.ID()
	default:
		return at + ".=s." + string(r.Series)
	}
}

// folderSubject returns the beginning of the subjects of a folder.
func folderSubject(bucket, folder string) string {
	var b strings.Builder
	b.WriteString("_tac.ledger.tree." + hashName(bucket))
	if folder == "" {
		return b.String()
	}
	for i, name := range strings.Split(folder, "/") {
		if i == maxDepth {
			break
		}
		b.WriteString("." + hashName(name))
	}
	return b.String()
}

func watchSubject(bucket, folder string, series ingest.Token) string {
	return folderSubject(bucket, folder) + ".=w." + string(series)
}

// above returns the subject of the folder above one that is not the top.
func above(at string) string { return at[:strings.LastIndexByte(at, '.')] }

// lastToken returns what a subject ends with.
func lastToken(subject string) string { return subject[strings.LastIndexByte(subject, '.')+1:] }

// hashName makes a subject token of a bucket's or folder's name.
func hashName(name string) string {
	h := sha256.Sum256([]byte(name))
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(h[:10]))
}
