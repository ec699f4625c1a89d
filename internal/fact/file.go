package fact

import (
	"crypto/hmac"
	"crypto/sha256"
	"slices"
	"strings"

	"lastmile/internal/journal"
)

// Concern files the entry under a thing of its book: a visit under the household visited. Role says what it means for the thing, ""
// when the kind of fact says enough.
func (tx *Tx) Concern(typ, id, role string) {
	for i := range tx.effects.concerns {
		if c := &tx.effects.concerns[i]; c.Type == typ && c.ID == id {
			c.Role = role
			return
		}
	}
	tx.effects.concerns = append(tx.effects.concerns, journal.Concern{Book: tx.Book, Type: typ, ID: id, Seq: tx.seq, Role: role})
}

// Paper is the type under which entries are filed by the papers that they name: vouchers, receipts, contracts, transfers. The id is the
// number on the paper, in small letters, so that whoever holds the paper finds the entry.
const Paper = "paper"

// paperFields are the fields that hold the number of a paper, in every kind that has them.
var paperFields = []string{"voucher", "receipt", "contract", "transfer"}

// concernPapers files the entry under the papers that its fact names.
func (tx *Tx) concernPapers(k *Kind, f Fact) {
	for _, field := range k.papers {
		if number := k.Get(f, field); number != "" {
			tx.Concern(Paper, strings.ToLower(number), "")
		}
	}
}

// File gives the entries about a thing of the fact's book, in the order of recording, less those that were taken back. It holds what was
// recorded before this fact, whether written yet or waiting in the same commit. Private parts are left out: no rule may depend on them.
func (tx *Tx) File(typ, id string) ([]journal.Filed, error) {
	files, err := tx.Files(typ, []string{id})
	return files[id], err
}

// Files gives the files of several things at once, by id.
func (tx *Tx) Files(typ string, ids []string) (map[string][]journal.Filed, error) {
	files, err := journal.Files(tx.ctx, tx.w, tx.Book, typ, ids)
	if err != nil {
		return nil, err
	}
	wanted := make(map[string]bool, len(ids))
	for _, id := range ids {
		wanted[id] = true
	}
	for _, c := range tx.s.concerns { // what waits to be written
		if c.Book != tx.Book || c.Type != typ || !wanted[c.ID] {
			continue
		}
		for i := len(tx.s.entries) - 1; i >= 0; i-- {
			if e := &tx.s.entries[i]; e.Book == c.Book && e.Seq == c.Seq {
				f := journal.Filed{Entry: *e, Role: c.Role}
				f.Private = ""
				files[c.ID] = append(files[c.ID], f)
				break
			}
		}
	}
	taken := map[int64]bool{}
	if tx.Corrects > 0 {
		taken[tx.Corrects] = true
	}
	for i := range tx.s.entries {
		if e := &tx.s.entries[i]; e.Book == tx.Book && e.Reverses > 0 {
			taken[e.Reverses] = true
		}
	}
	if len(taken) == 0 {
		return files, nil
	}
	for id := range files {
		files[id] = slices.DeleteFunc(files[id], func(f journal.Filed) bool { return taken[f.Seq] })
	}
	return files, nil
}

// keyedSize is how many bytes of a keyed hash are kept: 128 bits, so that two texts never meet by chance.
const keyedSize = 16

// Keyed hashes a personal text with the store's secret, so that equal texts can be found without keeping them.
func (tx *Tx) Keyed(text string) []byte { return tx.wr.r.Keyed(text) }

// Keyed is Tx.Keyed for whoever looks for what was kept.
func (r *Recorder) Keyed(text string) []byte {
	mac := hmac.New(sha256.New, r.matchKey)
	mac.Write([]byte(text))
	return mac.Sum(nil)[:keyedSize]
}
