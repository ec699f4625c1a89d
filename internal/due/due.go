// Package due lists what somebody must do about a county's herds, dividends, goods and assets: animals to be looked for or inspected, lists to
// be put up and paid, deliveries without receipt, goods about to expire, assets to be checked. It derives the list from what is recorded and
// keeps nothing: whatever is done and recorded is gone from it. Beside it stand milestones that projects have promised, and the kinds of entries
// that want a file which proves them.
//
// Loans have a list of their own, in package lending: what falls due there is an amount on a day, not a task.
package due

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"lastmile/internal/database"
	"lastmile/internal/date"
	"lastmile/internal/dividend"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/goods"
	"lastmile/internal/journal"
	"lastmile/internal/ledger"
	"lastmile/internal/livestock"
	"lastmile/internal/notice"
)

// From when on something is due.
const (
	deathsDays     = 365 // looked back over
	deathsPermille = 80  // deaths in a thousand heads above which somebody must look
	noticeDays     = 7   // before a notice closes
	receiptDays    = 14  // that goods may be on their way
	expiryDays     = 90  // before goods expire
)

// Reasons why something is due, the most pressing first: animals missing, many deaths, an inspection overdue, a contract expired, a list to be put
// up, a notice that closes, objections open after it, a list to be approved, villages to be paid, households to be handed their share, goods long underway, a delivery without
// receipt, goods that expire, an asset to be accepted, repaired, checked.
var Reasons = []string{"missing", "deaths", "inspection", "expired", "post", "notice", "objection", "approve", "pay", "hand", "underway", "receipt", "expiry", "accept", "repair", "check"}

// Item is something that is due.
type Item struct {
	Reason     string
	Book, Area string
	Type, ID   string    // what it is about: a type of thing with its code, or "entry" with its number
	By         date.Date // by which it was or is due; "" when that is no matter of days
	Number     int64     // heads, pieces, villages or households
	Commodity  string    // of which Number is, where something can be due of several; "" else
	Project    string    // whose store the goods are in, or were sent from; "" of all else
	Kind       string    // of the fact that settles it; "" when none does by itself
}

// Compare puts the most pressing first, and of these the earliest.
func Compare(a, b Item) int {
	return cmp.Or(cmp.Compare(slices.Index(Reasons, a.Reason), slices.Index(Reasons, b.Reason)), cmp.Compare(a.By, b.By), cmp.Compare(a.Book, b.Book), cmp.Compare(a.ID, b.ID),
		cmp.Compare(a.Project, b.Project), cmp.Compare(a.Commodity, b.Commodity))
}

// Count is how many items there are for a reason.
type Count struct {
	Reason string
	N      int
}

// Tally counts items by reason, the most pressing first; reasons for which nothing is due are left out.
func Tally(list []Item) []Count {
	n := map[string]int{}
	for i := range list {
		n[list[i].Reason]++
	}
	var counts []Count
	for _, reason := range Reasons {
		if n[reason] > 0 {
			counts = append(counts, Count{reason, n[reason]})
		}
	}
	return counts
}

// Items lists what is due in a book on a day.
func Items(ctx context.Context, r database.Reader, book string, on date.Date) ([]Item, error) {
	var list []Item
	for _, gather := range []func(context.Context, database.Reader, string, date.Date) ([]Item, error){contracts, deaths, dividends, sharings, dispatches, receipts, expiries, assets} {
		some, err := gather(ctx, r, book, on)
		if err != nil {
			return nil, fmt.Errorf("look for what is due in book %s: %w", book, err)
		}
		for i := range some {
			some[i].Book, some[i].Area = book, cmp.Or(some[i].Area, book)
		}
		list = append(list, some...)
	}
	slices.SortFunc(list, Compare)
	return list, nil
}

func contracts(ctx context.Context, r database.Reader, book string, on date.Date) ([]Item, error) {
	all, err := livestock.Contracts(ctx, r, book, "")
	if err != nil {
		return nil, err
	}
	last, err := livestock.Inspected(ctx, r, book, on)
	if err != nil {
		return nil, err
	}
	var list []Item
	for i := range all {
		c := &all[i]
		about := Item{Area: c.Area, Type: "breeding-contract", ID: c.ID}
		switch {
		case c.Expired(on):
			about.Reason, about.By, about.Number, about.Kind = "expired", c.Until, c.Duty(), "animal-return"
		case c.InspectionOverdue(last[c.ID], on):
			about.Reason, about.By, about.Number, about.Kind = "inspection", c.InspectionDue(last[c.ID]), c.Heads, "animal-inspection"
		default:
			continue
		}
		list = append(list, about)
	}
	return list, nil
}

func deaths(ctx context.Context, r database.Reader, book string, on date.Date) ([]Item, error) {
	places, err := livestock.Mortalities(ctx, r, book, on.AddDays(1-deathsDays), on, deathsPermille)
	if err != nil || len(places) == 0 {
		return nil, err
	}
	contractsAt, err := entity.Areas(ctx, r, book, "breeding-contract")
	if err != nil {
		return nil, err
	}
	herdsAt, err := entity.Areas(ctx, r, book, "herd")
	if err != nil {
		return nil, err
	}
	var list []Item
	for i := range places {
		m := &places[i]
		about := Item{Area: contractsAt[m.Part], Type: "breeding-contract", ID: m.Part, Commodity: m.Commodity}
		if m.Class == ledger.Herd {
			about.Area, about.Type = herdsAt[m.Part], "herd"
		}
		if m.Missing > 0 {
			missing := about
			missing.Reason, missing.Number, missing.Kind = "missing", m.Missing, "animal-stock-take"
			list = append(list, missing)
		}
		if m.Deaths > 1 && m.Permille() > deathsPermille {
			about.Reason, about.Number = "deaths", m.Deaths
			if about.Type != "herd" {
				about.Kind = "animal-inspection"
			}
			list = append(list, about)
		}
	}
	return list, nil
}

func dividends(ctx context.Context, r database.Reader, book string, on date.Date) ([]Item, error) {
	declared, err := fact.Things[dividend.Declaration](ctx, r, book, "dividend-declaration", "", "")
	if err != nil {
		return nil, err
	}
	owed, err := ledger.FindBalances(ctx, r, ledger.BalanceFilter{Book: book, Class: string(ledger.Entitled)})
	if err != nil {
		return nil, err
	}
	villages := map[string]int64{} // still owed, by declaration
	for _, b := range owed {
		villages[b.Project]++
	}
	var list []Item
	for _, d := range declared {
		board, err := dividend.BoardOf(ctx, r, book, notice.DividendType, d.ID)
		if err != nil {
			return nil, err
		}
		about := Item{Type: "dividend-declaration", ID: d.ID, By: d.On}
		if board != nil {
			about.By = board.Until
		}
		switch {
		case d.Status != dividend.Approved && (board == nil || board.Open == 0 && board.Upheld > 0): // where an objection was right another list is put up
			about.Reason, about.Kind = "post", "notice"
		case d.Status != dividend.Approved && board.Open > 0 && board.Until < on:
			about.Reason, about.Number, about.Kind = "objection", board.Open, "objection-answer"
		case d.Status != dividend.Approved && board.Until < on:
			about.Reason, about.Kind = "approve", "dividend-approval"
		case d.Status != dividend.Approved && board.Until <= on.AddDays(noticeDays):
			about.Reason = "notice"
		case villages[d.ID] > 0:
			about.Reason, about.Number, about.Kind = "pay", villages[d.ID], "dividend-payment"
		default:
			continue
		}
		list = append(list, about)
	}
	return list, nil
}

func sharings(ctx context.Context, r database.Reader, book string, on date.Date) ([]Item, error) {
	all, err := dividend.Sharings(ctx, r, book, "")
	if err != nil {
		return nil, err
	}
	var list []Item
	for i := range all {
		s := &all[i]
		about := Item{Area: s.Area, Type: notice.SharingType, ID: s.ID, By: cmp.Or(s.Closes(), s.On)}
		switch {
		case s.Status != dividend.Approved && (s.Board == nil || s.Board.Open == 0 && s.Board.Upheld > 0):
			about.Reason, about.Kind = "post", "notice"
		case s.Status != dividend.Approved && s.Board.Open > 0 && s.Board.Until < on:
			about.Reason, about.Number, about.Kind = "objection", s.Board.Open, "objection-answer"
		case s.Status != dividend.Approved && s.Board.Until < on:
			about.Reason, about.Kind = "approve", "dividend-sharing-approval"
		case s.Status != dividend.Approved && s.Board.Until <= on.AddDays(noticeDays):
			about.Reason = "notice"
		case s.Left > 0:
			about.Reason, about.Number, about.Kind = "hand", s.Waiting, "dividend-share"
		default:
			continue
		}
		list = append(list, about)
	}
	return list, nil
}

func dispatches(ctx context.Context, r database.Reader, book string, on date.Date) ([]Item, error) {
	sent, err := goods.Sendings(ctx, r, book)
	if err != nil {
		return nil, err
	}
	var list []Item
	for _, s := range sent {
		if by := s.On.AddDays(receiptDays); s.Underway > 0 && by < on {
			list = append(list, Item{Reason: "underway", Area: s.Area, Type: "dispatch", ID: s.ID, By: by, Number: s.Underway, Commodity: s.Fact.Commodity, Project: s.Parent, Kind: "delivery"})
		}
	}
	return list, nil
}

func receipts(ctx context.Context, r database.Reader, book string, on date.Date) ([]Item, error) {
	all, err := goods.Movements(ctx, r, book, ledger.Delivery, "", on)
	if err != nil {
		return nil, err
	}
	var list []Item
	for _, h := range all {
		if h.Grade < journal.Traced {
			list = append(list, Item{Reason: "receipt", Area: h.Area, Type: "entry", ID: fmt.Sprint(h.Seq), By: h.On, Number: h.Amount, Commodity: h.Commodity, Project: h.Project, Kind: "proof"})
		}
	}
	return list, nil
}

func expiries(ctx context.Context, r database.Reader, book string, on date.Date) ([]Item, error) {
	batches, err := goods.ExpiredBy(ctx, r, book, on.AddDays(expiryDays))
	if err != nil {
		return nil, err
	}
	var list []Item
	for _, b := range batches {
		about := Item{Reason: "expiry", Type: "batch", ID: b.Batch, By: b.Expires, Number: b.Quantity, Commodity: b.Commodity, Project: b.Project, Kind: "delivery"}
		if b.Expires < on {
			about.Kind = "loss"
		}
		list = append(list, about)
	}
	return list, nil
}

func assets(ctx context.Context, r database.Reader, book string, on date.Date) ([]Item, error) {
	all, err := goods.Register(ctx, r, book, on)
	if err != nil {
		return nil, err
	}
	var list []Item
	for _, a := range all {
		about := Item{Area: a.Area, Type: "asset", ID: a.ID, Kind: "asset-check"}
		switch {
		case a.Status != goods.Accepted:
			about.Reason = "accept"
		case a.Condition != "" && a.Condition != "good":
			about.Reason, about.By = "repair", a.Checked
		case a.CheckBy() < on:
			about.Reason, about.By = "check", a.CheckBy()
		default:
			continue
		}
		list = append(list, about)
	}
	return list, nil
}
