package household

import (
	"context"
	_ "embed"
	"fmt"

	"lastmile/internal/database"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/household/decision"
)

//go:embed change.go
var changeSource string

func init() {
	fact.Register(changeSource, (*Split)(nil), (*Merge)(nil), (*ChangeReview)(nil), (*Move)(nil), (*MoveOut)(nil))
}

// Split moves members into another household from the effective date on. Record the other household's card first, without members. What the
// first one is registered as, the other one is too.
type Split struct {
	_         struct{} `kind:"split" en:"Split of a household" zh:"分户" by:"county-assistant,programme-officer" approve:"approver" book:"household" area:"household"`
	Household string   `json:"household" en:"Household" zh:"原户" ref:"household"`
	New       string   `json:"new" en:"New household" zh:"新户" ref:"household"`
	Members   []string `json:"members" en:"Members who move" zh:"分出成员" ref:"member"`
	Reason    string   `json:"reason" en:"Reason" zh:"原因" length:"300"`
}

// Record moves the members.
func (s *Split) Record(tx *fact.Tx) error {
	from, to, err := both(tx, "new", s.Household, s.New)
	if err != nil {
		return err
	}
	if to.Status != Known {
		return fault.New(fault.Conflict, "split.new", "household %s is %s already", s.New, to.Status).For("new").Mend("Record a new card for the household that is formed.")
	}
	tx.Concern(Type, s.Household, "")
	tx.Concern(Type, s.New, from.Status)
	if err := moveMembers(tx, s.Members, s.Household, to); err != nil {
		return err
	}
	return setStatus(tx, to, from.Status)
}

// TakeBack moves the members back.
func (s *Split) TakeBack(tx *fact.Tx) error {
	from, to, err := both(tx, "new", s.Household, s.New)
	if err != nil {
		return err
	}
	if to.Status != from.Status {
		return fault.New(fault.Conflict, "split.later", "household %s is %s and %s is %s since", s.Household, from.Status, s.New, to.Status).For("entry").
			Mend("Record a merge instead.")
	}
	if err := moveMembers(tx, s.Members, s.New, from); err != nil {
		return err
	}
	return setStatus(tx, to, Known)
}

// Merge moves all members of one household into another from the effective date on. The first is closed; its file stays.
type Merge struct {
	_         struct{} `kind:"merge" en:"Merge of households" zh:"并户" by:"county-assistant,programme-officer" approve:"approver" book:"household" area:"into"`
	Household string   `json:"household" en:"Household that is closed" zh:"被并户" ref:"household"`
	Into      string   `json:"into" en:"Household that goes on" zh:"并入户" ref:"household"`
	Members   []string `json:"members" en:"Members" zh:"成员" ref:"member" hint:"Everybody who lives there now." hint_zh:"现在共同生活的全部成员。"`
	Reason    string   `json:"reason" en:"Reason" zh:"原因" length:"300"`
}

// Record moves the members and closes the household.
func (m *Merge) Record(tx *fact.Tx) error {
	from, into, err := both(tx, "into", m.Household, m.Into)
	if err != nil {
		return err
	}
	if from.Status != into.Status {
		return fault.New(fault.Conflict, "merge.status", "household %s is %s and %s is %s", m.Household, from.Status, m.Into, into.Status).For("into").
			Mend("Only households that are registered as the same can be merged: finish their cases first.")
	}
	f, err := Open(tx, m.Household)
	if err != nil {
		return err
	}
	if left := f.Present(tx.On); len(left) != len(m.Members) {
		return fault.New(fault.Invalid, "merge.members", "household %s has %d members on %s, %d are named", m.Household, len(left), tx.On, len(m.Members)).For("members").
			Mend("Name everybody who lives there; record departures first.")
	}
	tx.Concern(Type, m.Household, Merged)
	tx.Concern(Type, m.Into, "")
	if err := moveMembers(tx, m.Members, m.Household, into); err != nil {
		return err
	}
	return setStatus(tx, from, Merged)
}

// TakeBack moves the members back and opens the household again.
func (m *Merge) TakeBack(tx *fact.Tx) error {
	from, into, err := both(tx, "into", m.Household, m.Into)
	if err != nil {
		return err
	}
	if err := moveMembers(tx, m.Members, m.Into, from); err != nil {
		return err
	}
	return setStatus(tx, from, into.Status)
}

func both(tx *fact.Tx, field, a, b string) (from, to entity.Entity, err error) {
	if a == b {
		return from, to, fault.New(fault.Invalid, "household.itself", "household %s is named twice", a).For(field).Mend("Name another household.")
	}
	if from, err = tx.Need("household", Type, a); err == nil {
		to, err = tx.Need(field, Type, b)
	}
	return from, to, err
}

func moveMembers(tx *fact.Tx, members []string, from string, to entity.Entity) error {
	for _, id := range members {
		m, err := tx.Need("members", MemberType, id)
		if err != nil {
			return err
		}
		if m.Parent != from || m.Status != Present {
			return fault.New(fault.Conflict, "member.elsewhere", "member %s is %s in household %s", id, m.Status, m.Parent).For("members").Mend("Name members of household %s who live there.", from)
		}
		m.Parent, m.Area = to.ID, to.Area
		if err := tx.Put(m); err != nil {
			return err
		}
	}
	return nil
}

// ChangeReview says that somebody has looked at what a split or merge does to a household's leaving, which waits until then.
type ChangeReview struct {
	_         struct{} `kind:"change-review" en:"Review of a split or merge" zh:"分并户复核" by:"county-assistant,programme-officer" book:"household" area:"household"`
	Household string   `json:"household" en:"Household" zh:"农户" ref:"household"`
	Finding   string   `json:"finding" en:"Finding" zh:"复核意见" length:"500"`
}

// Record files the review.
func (r *ChangeReview) Record(tx *fact.Tx) error {
	tx.Concern(Type, r.Household, "")
	return nil
}

// Move is a household that moves to another village of its county.
type Move struct {
	_         struct{} `kind:"move" en:"Move within the county" zh:"县内迁移" by:"county-assistant,programme-officer" book:"household" area:"to"`
	Household string   `json:"household" en:"Household" zh:"农户" ref:"household"`
	To        string   `json:"to" en:"To village" zh:"迁入村" ref:"area"`
	Document  string   `json:"document" en:"Document" zh:"依据" length:"200"`
}

// Record moves the household, its members and its party.
func (m *Move) Record(tx *fact.Tx) error { return m.to(tx, m.To) }

func (m *Move) to(tx *fact.Tx, area string) error {
	e, err := tx.Need("household", Type, m.Household)
	if err != nil {
		return err
	}
	tx.Concern(Type, m.Household, "")
	e.Area = area
	if err := setStatus(tx, e, e.Status); err != nil {
		return err
	}
	return eachPresent(tx, m.Household, func(member entity.Entity) error {
		member.Area = area
		return tx.Put(member)
	})
}

// TakeBack moves the household to where it was before.
func (m *Move) TakeBack(tx *fact.Tx) error {
	f, err := Open(tx, m.Household)
	if err != nil {
		return err
	}
	return m.to(tx, f.areaBefore(m))
}

// eachPresent visits the members who live in a household on the fact's date.
func eachPresent(tx *fact.Tx, household string, fn func(entity.Entity) error) error {
	f, err := Open(tx, household)
	if err != nil {
		return err
	}
	for _, m := range f.Present(tx.On) {
		e, err := tx.Need("household", MemberType, m.Person)
		if err != nil {
			return err
		}
		if err := fn(e); err != nil {
			return err
		}
	}
	return nil
}

// Types of the entities by which the two halves of a move between counties find each other.
const (
	moveOut = "move-out"
	moveIn  = "move-in"
)

// MoveOut closes the file of a household that moves to another county. The other county records its card under the same code and names the
// same move; what the household is registered as goes along, its exit does not: a household that had left is not registered there.
type MoveOut struct {
	_         struct{} `kind:"move-out" en:"Move to another county" zh:"迁出本县" by:"county-assistant,programme-officer" approve:"approver" book:"household" area:"household"`
	Move      string   `json:"move" en:"Move number" zh:"迁移号" pattern:"[0-9A-Za-z._-]{1,40}" hint:"Letters, digits, dot, dash; the other county's card names it too." hint_zh:"字母、数字、点、横线；迁入县建卡时填同一编号。"`
	Household string   `json:"household" en:"Household" zh:"农户" ref:"household"`
	To        string   `json:"to" en:"To" zh:"迁入地" ref:"area"`
	Document  string   `json:"document" en:"Document" zh:"依据" length:"200"`
}

// Record closes the file.
func (m *MoveOut) Record(tx *fact.Tx) error {
	e, err := tx.Need("household", Type, m.Household)
	if err != nil {
		return err
	}
	switch decision.Status(e.Status) {
	case Moved, Merged, decision.Cancelled, decision.Removed:
		return fault.New(fault.Conflict, "move.closed", "household %s is %s already", m.Household, e.Status).For("household").Mend("Correct the code.")
	}
	if inside, err := tx.Within(m.To, tx.Book); err != nil || inside {
		return orInvalid(err, "move.inside", "to", fmt.Sprintf("area %s lies in this county", m.To), "Record a move within the county instead.")
	}
	tx.Concern(Type, m.Household, Moved)
	if err := tx.Put(entity.Entity{Type: moveOut, ID: m.Move, Name: m.Household, Class: e.Status, Area: e.Area, Parent: m.To}); err != nil {
		return err
	}
	if err := eachPresent(tx, m.Household, func(member entity.Entity) error {
		member.Status = Moved
		return tx.Put(member)
	}); err != nil {
		return err
	}
	return setStatus(tx, e, Moved)
}

// TakeBack opens the file again.
func (m *MoveOut) TakeBack(tx *fact.Tx) error {
	out, err := tx.Need("move", moveOut, m.Move)
	if err != nil {
		return err
	}
	e, err := tx.Need("household", Type, m.Household)
	if err != nil {
		return err
	}
	if err := eachPresent(tx, m.Household, func(member entity.Entity) error {
		member.Status = Present
		return tx.Put(member)
	}); err != nil {
		return err
	}
	if err := setStatus(tx, e, out.Class); err != nil {
		return err
	}
	out.Class, out.Status = "", withdrawn
	return tx.Put(out)
}

func orInvalid(err error, code, field, text, fix string) error {
	if err != nil {
		return err
	}
	return fault.New(fault.Invalid, code, "%s", text).For(field).Mend("%s", fix)
}

// Unmatched is a half of a move between counties whose other half is not recorded, or names another household.
type Unmatched struct {
	Move, Household, Book string
	Arrived               bool // the half that is there
}

// FindUnmatched lists moves between counties that have one half, or two that do not agree.
func FindUnmatched(ctx context.Context, r database.Reader) ([]Unmatched, error) {
	type half struct{ move, household string }
	sides := [2]map[half]string{{}, {}}
	var list []Unmatched
	var found [2][]entity.Entity
	for i, typ := range []string{moveOut, moveIn} {
		var err error
		if found[i], err = entity.Find(ctx, r, entity.Filter{Type: typ}); err != nil {
			return nil, err
		}
		for _, e := range found[i] {
			if e.Status != withdrawn {
				sides[i][half{e.ID, e.Name}] = e.Book
			}
		}
	}
	for i := range found {
		for _, e := range found[i] {
			key := half{e.ID, e.Name}
			if _, ok := sides[1-i][key]; !ok && e.Status != withdrawn {
				list = append(list, Unmatched{e.ID, e.Name, e.Book, i == 1})
			}
		}
	}
	return list, nil
}
