package dividend

import (
	"context"
	"maps"
	"slices"

	"lastmile/internal/database"
	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/household"
	"lastmile/internal/journal"
	"lastmile/internal/notice"
)

// Board is the notice that shows the list of a declaration or a sharing as it is now, with what was said against it.
type Board struct {
	notice.Notice
	Seq       int64
	On, Until date.Date // the day it was put up, and its last full day
	Raised    int64     // objections
	Open      int64     // of them, not answered
	Upheld    int64     // of them, right
}

// readBoard finds in the file of a declaration or sharing the first notice of the list with a hash; nil when there is none.
func readBoard(entries []journal.Filed, hash string) (*Board, error) {
	var b *Board
	open := map[string]bool{}
	for _, e := range entries {
		f, err := fact.DecodeBody(e.Kind, e.Body, "")
		if err != nil {
			return nil, err
		}
		switch f := f.(type) {
		case *notice.Notice:
			if b != nil || f.Hash != hash {
				continue
			}
			b = &Board{Notice: *f, Seq: e.Seq, On: e.On}
			if b.Until, err = f.Until(e.On); err != nil {
				return nil, err
			}
		case *notice.Objection:
			if b != nil && f.Notice == b.ID {
				open[f.ID] = true
				b.Raised++
			}
		case *notice.Answer:
			if !open[f.Objection] {
				continue
			}
			delete(open, f.Objection)
			if f.Verdict == notice.Upheld {
				b.Upheld++
			}
		}
	}
	if b != nil {
		b.Open = int64(len(open))
	}
	return b, nil
}

// ran makes sure that the notice of a list has run on a day as long as the plan asks, and that every objection was answered and none was right. Field is the
// one that names what the list is of.
func (b *Board) ran(plan *Plan, field, id string, on date.Date) error {
	if b == nil {
		return fault.New(fault.Conflict, "dividend.notice-missing", "the list of %s is not up in public as it is now", id).For(field).
			Mend("Put up a notice of it for %d days first.", plan.Notice)
	}
	least := b.On.AddDays(int(plan.Notice))
	switch {
	case b.Until < least:
		return fault.New(fault.Invalid, "dividend.notice-short", "a list put up on %s must be up until %s", b.On, least).For(field).
			Mend("The plan asks for %d days of notice: put the list up again, for as long.", plan.Notice)
	case on <= b.Until:
		return fault.New(fault.Conflict, "dividend.notice-running", "the list is up in public until %s", b.Until).For("on").Mend("Approve it on %s or later.", b.Until.AddDays(1))
	case b.Open > 0:
		return fault.New(fault.Conflict, "dividend.objections-open", "%d of %d objections are not settled", b.Open, b.Raised).For(field).
			Mend("Answer them first; where one is right, correct the list and put it up again.")
	case b.Upheld > 0:
		return fault.New(fault.Conflict, "dividend.objection-upheld", "an objection to the list of %s was right", id).For(field).
			Mend("Correct the list and put it up again.")
	}
	return nil
}

// BoardOf reads the notice of a declaration (notice.DividendType) or a sharing (notice.SharingType); nil when its list as it is now is not up in public.
func BoardOf(ctx context.Context, r database.Reader, book, typ, id string) (*Board, error) {
	e, ok, err := entity.Get(ctx, r, book, typ, id)
	if err != nil || !ok {
		return nil, err
	}
	entries, err := journal.File(ctx, r, book, typ, id)
	if err != nil {
		return nil, err
	}
	return readBoard(entries, e.Class)
}

// Freeze makes the notice of a declaration's list as it is now, up for as long as its plan asks. Its code, place and area are the caller's.
func Freeze(ctx context.Context, r database.Reader, book, declaration string) (*notice.Notice, error) {
	lines, err := Lines(ctx, r, book, declaration)
	if err != nil {
		return nil, err
	}
	d, ok, err := fact.ThingOf[Declaration](ctx, r, book, notice.DividendType, declaration)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fault.New(fault.NotFound, "ref.unknown", "%s %q is not recorded in book %s or at headquarters", notice.DividendType, declaration, book).Mend("Declare the dividend first.")
	}
	plan, _, err := fact.ThingOf[Plan](ctx, r, book, "dividend-plan", d.Fact.Plan)
	if err != nil {
		return nil, err
	}
	n := &notice.Notice{Dividend: declaration, Title: "Dividend " + declaration + " 村集体分红公示", Area: book, Days: plan.Fact.Notice, DayKind: "calendar"}
	for _, l := range lines {
		n.List = append(n.List, ListLine(l.Village, l.Amount))
	}
	n.Hash = notice.Hash(n.List)
	return n, nil
}

// FreezeSharing makes the notice of a sharing's list as it is now, up for as long as the plan of its dividend asks. Its code and place are the caller's.
func FreezeSharing(ctx context.Context, r database.Reader, book, sharing string) (*notice.Notice, error) {
	s, ok, err := fact.ThingOf[Sharing](ctx, r, book, notice.SharingType, sharing)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fault.New(fault.NotFound, "ref.unknown", "%s %q is not recorded in book %s or at headquarters", notice.SharingType, sharing, book).Mend("Record what is to be shared out first.")
	}
	plan, err := PlanOf(ctx, r, book, s.Fact)
	if err != nil {
		return nil, err
	}
	names, err := householdNames(ctx, r, book, s.Fact)
	if err != nil {
		return nil, err
	}
	n, err := s.Fact.Notice(plan.Notice, names)
	if err != nil {
		return nil, err
	}
	n.Area, n.Title = s.Area, "Dividend shared out "+sharing+" 分红到户公示"
	return n, nil
}

// PlanOf reads the plan of the dividend that is shared out.
func PlanOf(ctx context.Context, r database.Reader, book string, s *Sharing) (*Plan, error) {
	d, err := defining[*Declaration](ctx, r, book, notice.DividendType, s.Declaration)
	if err != nil {
		return nil, err
	}
	return defining[*Plan](ctx, r, book, "dividend-plan", d.Plan)
}

// householdNames gives names of households by code, as far as they are known: those of heads, and of parties of the kind.
func householdNames(ctx context.Context, r database.Reader, book string, s *Sharing) (map[string]string, error) {
	portions, err := s.Portions()
	if err != nil {
		return nil, err
	}
	codes := make([]string, len(portions))
	for i, p := range portions {
		codes[i] = p.Household
	}
	names := make(map[string]string, len(codes))
	for some := range slices.Chunk(codes, namesMax) {
		heads, err := household.HeadNames(ctx, r, book, some)
		if err != nil {
			return nil, err
		}
		maps.Copy(names, heads)
	}
	parties, err := entity.Find(ctx, r, entity.Filter{Book: book, Type: "party", Class: "household"})
	if err != nil {
		return nil, err
	}
	for _, p := range parties {
		if names[p.ID] == "" {
			names[p.ID] = p.Name
		}
	}
	return names, nil
}

// namesMax is how many heads of households are named by one query.
const namesMax = 100
