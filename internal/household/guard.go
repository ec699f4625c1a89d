package household

import (
	"bytes"
	"cmp"
	"context"
	"embed"
	"fmt"
	"slices"
	"strings"

	"lastmile/internal/database"
	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/household/identity"
)

//go:embed guard.go
var guardSource string

//go:embed schema
var files embed.FS

// Schema of the duplicate guard. Its table is no cache of the journal: what it holds is made of personal data and the store's secret, and
// goes when the personal data is erased.
var Schema = database.Schema{Name: "household", Files: files}

func init() { fact.Register(guardSource, (*Duplicate)(nil), (*Verdict)(nil)) }

// DuplicateType is the type of the entity that a possible duplicate is.
const DuplicateType = "duplicate"

// Duplicate is a question for a reviewer: two members, perhaps of two counties, share a document, a name and birth date, a phone or an account. lastmile
// records it by itself when the second of them is recorded. Which number or name they share is not kept.
type Duplicate struct {
	_        struct{} `kind:"duplicate" en:"Possible duplicate" zh:"疑似重复" by:"" defines:"duplicate"`
	ID       string   `json:"id" en:"Code" zh:"编号" entity:"id" length:"100"`
	Member   string   `json:"member" en:"Member" zh:"成员" ref:"member" entity:"name"`
	Other    string   `json:"other" en:"Member recorded before" zh:"先录入的成员" entity:"parent" length:"50"`
	Book     string   `json:"book" en:"Book of that member" zh:"对方账簿" length:"20"`
	Shares   []string `json:"shares" en:"What they share" zh:"相同信息" length:"20"`
	Strength string   `json:"strength" en:"How strong" zh:"强度" entity:"class" choices:"certain=Certain=确定;probable=Probable=很可能;possible=Possible=可能"`
}

// Record opens the question.
func (d *Duplicate) Record(tx *fact.Tx) error {
	member, err := tx.Need("member", MemberType, d.Member)
	if err != nil {
		return err
	}
	tx.Concern(Type, member.Parent, "")
	return tx.SetStatus(DuplicateType, d.ID, Waiting)
}

// Waiting is the status of a duplicate that nobody has answered.
const Waiting = "waiting"

// Verdict answers the question. Of the same person the record of Member leaves the register, from the effective date on: the one recorded
// before stays, and is the one who is counted. A verdict that proves wrong is taken back by a reversal, and both are there again.
type Verdict struct {
	_         struct{} `kind:"duplicate-verdict" en:"Verdict on a duplicate" zh:"重复核查结论" by:"county-assistant,programme-officer" approve:"approver"`
	Duplicate string   `json:"duplicate" en:"Possible duplicate" zh:"疑似重复" ref:"duplicate"`
	Verdict   string   `json:"verdict" en:"Verdict" zh:"结论" choices:"same=The same person=同一人;different=Two persons=不同的人;mistyped=A number was mistyped=号码录错"`
	Why       string   `json:"why" en:"How it was found out" zh:"核查依据" length:"500"`
}

// Record closes the question.
func (v *Verdict) Record(tx *fact.Tx) error {
	d, err := fact.Get[Duplicate](tx, DuplicateType, v.Duplicate)
	if err != nil {
		return err
	}
	if e, err := tx.Need("duplicate", "duplicate", v.Duplicate); err != nil {
		return err
	} else if e.Status != Waiting {
		return fault.New(fault.Conflict, "duplicate.closed", "duplicate %s was answered already: %s", v.Duplicate, e.Status).For("duplicate").Mend("Take the earlier verdict back first.")
	}
	if err := tx.SetStatus(DuplicateType, v.Duplicate, v.Verdict); err != nil {
		return err
	}
	member, err := tx.Need("duplicate", MemberType, d.Member)
	if err != nil {
		return err
	}
	if v.Verdict != "same" {
		tx.Concern(Type, member.Parent, "")
		return nil
	}
	tx.Concern(Type, member.Parent, sameAs+d.Member)
	return tx.SetStatus(MemberType, d.Member, "duplicate")
}

// sameAs begins the role of a verdict by which a member leaves the register.
const sameAs = "duplicate "

// TakeBack opens the question again.
func (v *Verdict) TakeBack(tx *fact.Tx) error {
	if v.Verdict == "same" {
		d, err := fact.Get[Duplicate](tx, DuplicateType, v.Duplicate)
		if err != nil {
			return err
		}
		if err := tx.SetStatus(MemberType, d.Member, Present); err != nil {
			return err
		}
	}
	return tx.SetStatus(DuplicateType, v.Duplicate, Waiting)
}

// matchKey is one thing that may be shared, hashed with the store's secret.
type matchKey struct {
	hash     []byte
	of       string
	strength identity.Strength
	member   string
}

func matchKeys(tx *fact.Tx, people []identity.Person) []matchKey {
	var keys []matchKey
	for _, person := range people {
		for _, k := range identity.Keys(person, tx.On) {
			keys = append(keys, matchKey{tx.Keyed(k.Of + " " + k.Value), k.Of, k.Strength, person.ID})
		}
	}
	slices.SortStableFunc(keys, func(a, b matchKey) int { return bytes.Compare(a.hash, b.hash) })
	return keys
}

// nameKeys are what people are looked up by beside what may be shared: their names.
func nameKeys(tx *fact.Tx, people []identity.Person) []matchKey {
	var keys []matchKey
	for _, person := range people {
		for _, name := range calls(person.Name) {
			keys = append(keys, matchKey{hash: tx.Keyed(called + " " + name), of: called, member: person.ID})
		}
	}
	return keys
}

// guard looks for members who share something with the people at hand, keeps what may be shared, and asks a reviewer about each pair.
func guard(tx *fact.Tx, people []identity.Person) error {
	keys := matchKeys(tx, people)
	if len(keys)+len(nameKeys(tx, people)) == 0 {
		return nil
	}
	pairs, err := matches(tx, keys)
	if err != nil {
		return err
	}
	keys = append(keys, nameKeys(tx, people)...)
	slices.SortStableFunc(keys, func(a, b matchKey) int { return bytes.Compare(a.hash, b.hash) })
	marks, args := make([]string, len(keys)), make([]any, 0, 4*len(keys))
	for i, k := range keys {
		marks[i] = fmt.Sprintf("($%d, $%d, $%d, $%d)", 4*i+1, 4*i+2, 4*i+3, 4*i+4)
		args = append(args, k.hash, tx.Book, k.member, k.of)
	}
	err = tx.Exec("INSERT INTO match_key (hash, book, member, kind) VALUES "+strings.Join(marks, ", ")+" ON CONFLICT (hash, book, member) DO NOTHING", args...)
	if err != nil {
		return fmt.Errorf("keep what may be shared: %w", err)
	}
	for _, d := range pairs {
		tx.Then(fact.Draft{Fact: d, Book: tx.Book, Key: d.ID, On: tx.On, Actor: tx.Actor, Source: "duplicate guard"})
	}
	return nil
}

// matches finds the pairs, each once with all that they share. Two people of one household may share phone and account.
func matches(tx *fact.Tx, keys []matchKey) ([]*Duplicate, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	marks, args := make([]string, len(keys)), make([]any, len(keys))
	for i, k := range keys {
		marks[i], args[i] = fmt.Sprintf("$%d", i+1), k.hash
	}
	rows, err := tx.Query("SELECT hash, book, member FROM match_key WHERE hash IN ("+strings.Join(marks, ", ")+") ORDER BY hash, book, member", args...)
	if err != nil {
		return nil, fmt.Errorf("look for duplicates: %w", err)
	}
	defer rows.Close()
	var list []*Duplicate
	for rows.Next() {
		var hash []byte
		var book, other string
		if err := rows.Scan(&hash, &book, &other); err != nil {
			return nil, err
		}
		for _, k := range keys {
			if !bytes.Equal(k.hash, hash) || book == tx.Book && k.member == other {
				continue
			}
			list = addPair(list, k, book, other)
		}
	}
	slices.SortFunc(list, func(a, b *Duplicate) int { return cmp.Compare(a.ID, b.ID) })
	return list, rows.Err()
}

var strengths = map[identity.Strength]string{identity.Certain: "certain", identity.Probable: "probable", identity.Possible: "possible"}

func addPair(list []*Duplicate, k matchKey, book, other string) []*Duplicate {
	id := "dup-" + k.member + "-" + book + "-" + other
	i := slices.IndexFunc(list, func(d *Duplicate) bool { return d.ID == id })
	if i < 0 {
		return append(list, &Duplicate{ID: id, Member: k.member, Other: other, Book: book, Shares: []string{k.of}, Strength: strengths[k.strength]})
	}
	d := list[i]
	d.Shares = append(d.Shares, k.of)
	slices.Sort(d.Shares)
	if k.strength == identity.Certain || k.strength == identity.Probable && d.Strength == "possible" {
		d.Strength = strengths[k.strength]
	}
	return list
}

// Resemblance is a member of the register who shares something with somebody on a card.
type Resemblance struct {
	Number string // of the member of the card
	Hit
}

// Resembling finds who in the register shares a document, a name with the birth date, a phone or an account with the people of a card that is not recorded yet. Members of
// the card's own household are left out.
func Resembling(ctx context.Context, r database.Reader, keyed func(string) []byte, h *Household, on date.Date) ([]Resemblance, error) {
	members, err := parsePeople(h.Members)
	if err != nil {
		return nil, err
	}
	type what struct{ number, of string }
	by := map[string]what{}
	for i, person := range h.identities(members) {
		for _, k := range identity.Keys(person, on) {
			by[string(keyed(k.Of+" "+k.Value))] = what{members[i].Number, k.Of}
		}
	}
	hashes := make([][]byte, 0, len(by))
	for hash := range by {
		hashes = append(hashes, []byte(hash))
	}
	var list []Resemblance
	err = holders(ctx, r, hashes, func(hash []byte, hit Hit) {
		of := by[string(hash)]
		hit.By = of.of
		if hit.Household != h.ID {
			list = append(list, Resemblance{of.number, hit})
		}
	})
	slices.SortFunc(list, func(a, b Resemblance) int {
		return cmp.Or(cmp.Compare(a.Number, b.Number), cmp.Compare(a.By, b.By), cmp.Compare(a.Book, b.Book), cmp.Compare(a.Member, b.Member))
	})
	return list, err
}

// forget removes what the guard kept of people.
func forget(tx *fact.Tx, people []identity.Person) error {
	for _, k := range append(matchKeys(tx, people), nameKeys(tx, people)...) {
		if err := tx.Exec("DELETE FROM match_key WHERE hash = $1 AND book = $2 AND member = $3", k.hash, tx.Book, k.member); err != nil {
			return fmt.Errorf("forget what may be shared: %w", err)
		}
	}
	return nil
}

// Unanswered lists the duplicates of a book that wait for a reviewer, by code.
func Unanswered(ctx context.Context, r database.Reader, book string) ([]entity.Entity, error) {
	list, err := entity.Find(ctx, r, entity.Filter{Book: book, Type: "duplicate"})
	return slices.DeleteFunc(list, func(e entity.Entity) bool { return e.Status != Waiting }), err
}
