package dividend

import (
	"context"
	"fmt"
	"strings"

	"lastmile/internal/database"
	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/figure"
	"lastmile/internal/journal"
	"lastmile/internal/ledger"
	"lastmile/internal/notice"
)

// Year is a declaration beside what the plan guarantees for its period.
type Year struct {
	Declaration
	Status     string
	Guaranteed fact.Money
	Paid       fact.Money // to villages
	Shortfall  fact.Money // of what is paid against what is guaranteed; 0 when it is enough
}

// Years lists the declarations of a plan in the order of their periods, as far as they were paid by a day.
func Years(ctx context.Context, r database.Reader, book, plan string, on date.Date) ([]Year, error) {
	p, err := defining[*Plan](ctx, r, book, "dividend-plan", plan)
	if err != nil {
		return nil, err
	}
	declarations, err := entity.Find(ctx, r, entity.Filter{Book: book, Type: "dividend-declaration", Parent: plan})
	if err != nil {
		return nil, err
	}
	payments, err := byAccount(ctx, r, book, paid, "from_account", on)
	if err != nil {
		return nil, err
	}
	var list []Year
	for _, e := range declarations {
		d, err := defining[*Declaration](ctx, r, book, "dividend-declaration", e.ID)
		if err != nil {
			return nil, err
		}
		y := Year{Declaration: *d, Status: e.Status, Guaranteed: p.due(d.From, d.Until)}
		for account, amount := range payments {
			if strings.HasSuffix(account, ":"+e.ID) {
				y.Paid += amount
			}
		}
		y.Shortfall = max(0, y.Guaranteed-y.Paid)
		list = append(list, y)
	}
	return list, nil
}

// defining reads the fact that defines a thing now.
func defining[T fact.Fact](ctx context.Context, r database.Reader, book, typ, id string) (f T, err error) {
	e, ok, err := entity.Get(ctx, r, book, typ, id)
	if err != nil {
		return f, err
	}
	entry, found, err := journal.Get(ctx, r, book, e.Seq)
	if err != nil {
		return f, err
	}
	if !ok || !found {
		return f, fmt.Errorf("%s %s is not recorded in book %s", typ, id, book)
	}
	of, err := fact.DecodeBody(entry.Kind, entry.Body, entry.Private)
	if err != nil {
		return f, err
	}
	return of.(T), nil
}

// byAccount sums a flow of dividends by one of its accounts.
func byAccount(ctx context.Context, r database.Reader, book, flow, column string, on date.Date) (map[string]fact.Money, error) {
	if on == "" {
		on = "9999-12-31"
	}
	// What is taken back moves from where it had gone to where it had come from: its accounts are exchanged.
	other := map[string]string{"from_account": "to_account", "to_account": "from_account"}[column]
	rows, err := r.Query(ctx, `SELECT CASE WHEN sign = 1 THEN `+column+` ELSE `+other+` END AS account, CAST(SUM(amount * sign) AS BIGINT)
FROM posting
WHERE book = $1 AND flow = $2 AND commodity = $3 AND on_date <= $4
GROUP BY account`, book, flow, Commodity, string(on))
	if err != nil {
		return nil, fmt.Errorf("read %s of book %s: %w", flow, book, err)
	}
	defer rows.Close()
	sums := map[string]fact.Money{}
	for rows.Next() {
		var account string
		var amount fact.Money
		if err := rows.Scan(&account, &amount); err != nil {
			return nil, err
		}
		sums[account] = amount
	}
	return sums, rows.Err()
}

// Spending is what a village was paid of dividends and what became of it. Received is Works, Posts, Shared, SetAside and Left together.
type Spending struct {
	Village  string
	Received fact.Money
	Works    fact.Money
	Posts    fact.Money
	Shared   fact.Money // handed over to households
	SetAside fact.Money // decided to be shared out and not yet handed over
	Left     fact.Money // not yet decided on
}

// Spent says what villages of a book did with their dividends by a day, by village.
func Spent(ctx context.Context, r database.Reader, book string, on date.Date) (map[string]*Spending, error) {
	sharings, err := entity.Find(ctx, r, entity.Filter{Book: book, Type: notice.SharingType})
	if err != nil {
		return nil, err
	}
	sharer := make(map[string]string, len(sharings)) // village by sharing
	for _, e := range sharings {
		sharer[e.ID] = e.Parent
	}
	villages := map[string]*Spending{}
	for _, f := range []struct {
		flow, column string
		add          func(s *Spending, amount fact.Money)
	}{
		{paid, "to_account", func(s *Spending, n fact.Money) { s.Received, s.Left = s.Received+n, s.Left+n }},
		{works, "from_account", func(s *Spending, n fact.Money) { s.Works, s.Left = s.Works+n, s.Left-n }},
		{posts, "from_account", func(s *Spending, n fact.Money) { s.Posts, s.Left = s.Posts+n, s.Left-n }},
		{setAside, "from_account", func(s *Spending, n fact.Money) { s.SetAside, s.Left = s.SetAside+n, s.Left-n }},
		{shared, "from_account", func(s *Spending, n fact.Money) { s.Shared, s.SetAside = s.Shared+n, s.SetAside-n }},
	} {
		sums, err := byAccount(ctx, r, book, f.flow, f.column, on)
		if err != nil {
			return nil, err
		}
		for account, amount := range sums {
			class, rest, _ := strings.Cut(account, ":")
			village, sharing, _ := strings.Cut(rest, ":")
			if ledger.Class(class) == ledger.Allotted {
				village = sharer[sharing]
			}
			if villages[village] == nil {
				villages[village] = &Spending{Village: village}
			}
			f.add(villages[village], amount)
		}
	}
	return villages, nil
}

// SharingState is a sharing with how far it has come.
type SharingState struct {
	fact.Thing[Sharing]
	Board   *Board     // nil when its list as it is now is not up in public
	Left    fact.Money // approved and not yet handed over
	Waiting int64      // households whose share that is
}

// Handed is what households have had.
func (s *SharingState) Handed() fact.Money {
	if s.Status != Approved {
		return 0
	}
	return s.Fact.Amount - s.Left
}

// Closes is the last day of the notice; "" when there is none.
func (s *SharingState) Closes() date.Date {
	if s.Board == nil {
		return ""
	}
	return s.Board.Until
}

// Sharings lists the sharings of a book by code, or the one with an id.
func Sharings(ctx context.Context, r database.Reader, book, id string) ([]SharingState, error) {
	things, err := fact.Things[Sharing](ctx, r, book, notice.SharingType, id, "")
	if err != nil || len(things) == 0 {
		return nil, err
	}
	balances, err := ledger.FindBalances(ctx, r, ledger.BalanceFilter{Book: book, Class: string(ledger.Allotted), Project: id})
	if err != nil {
		return nil, err
	}
	left := map[string]fact.Money{}
	waiting := map[string]map[string]bool{} // households by sharing
	for _, b := range balances {
		left[b.Project] += fact.Money(b.Amount)
		if waiting[b.Project] == nil {
			waiting[b.Project] = map[string]bool{}
		}
		waiting[b.Project][b.Owner] = true
	}
	list := make([]SharingState, len(things))
	for i, t := range things {
		board, err := BoardOf(ctx, r, book, notice.SharingType, t.ID)
		if err != nil {
			return nil, err
		}
		list[i] = SharingState{Thing: t, Board: board, Left: left[t.ID], Waiting: int64(len(waiting[t.ID]))}
	}
	return list, nil
}

// Shared is a household on the list of a sharing.
type Shared struct {
	Portion
	On      date.Date // when its share was handed over; "" before
	Seq     int64     // entry of that
	Receipt string
}

// SharedOut is the list of a sharing, with what was handed over of it, in the order of the list.
func SharedOut(ctx context.Context, r database.Reader, book string, s *Sharing) ([]Shared, error) {
	portions, err := s.Portions()
	if err != nil {
		return nil, err
	}
	list := make([]Shared, len(portions))
	at := make(map[string]*Shared, len(portions))
	for i, p := range portions {
		list[i].Portion = p
		at[p.Household] = &list[i]
	}
	entries, err := journal.File(ctx, r, book, notice.SharingType, s.ID)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if e.Kind != "dividend-share" {
			continue
		}
		f, err := fact.DecodeBody(e.Kind, e.Body, "")
		if err != nil {
			return nil, err
		}
		share := f.(*Share)
		if l := at[share.Household]; l != nil {
			l.On, l.Seq, l.Receipt = e.On, e.Seq, share.Receipt
		}
	}
	return list, nil
}

// Line is a village on the list of a declaration.
type Line struct {
	Village string
	Amount  fact.Money // on the list
	Paid    fact.Money
	Last    date.Date // day of the last payment; "" when none was made
	Seq     int64     // entry of that payment
	Voucher string
}

// Lines is the list of a declaration as it was put up, with what was paid of it, in the order of villages.
func Lines(ctx context.Context, r database.Reader, book, declaration string) ([]Line, error) {
	e, ok, err := entity.Get(ctx, r, book, "dividend-declaration", declaration)
	if err != nil || !ok {
		return nil, err
	}
	listed, err := figure.Observations(ctx, r, book, e.Seq)
	if err != nil {
		return nil, err
	}
	var list []Line
	at := map[string]int{}
	for _, o := range listed {
		if o.Measure == "dividend-list" && o.Sign > 0 { // a correction takes its earlier list back
			at[o.Subject] = len(list)
			list = append(list, Line{Village: o.Subject, Amount: fact.Money(o.Value)})
		}
	}
	entries, err := journal.File(ctx, r, book, "dividend-declaration", declaration)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if e.Kind != "dividend-payment" {
			continue
		}
		f, err := fact.DecodeBody(e.Kind, e.Body, "")
		if err != nil {
			return nil, err
		}
		p := f.(*Payment)
		if i, ok := at[p.Village]; ok {
			l := &list[i]
			l.Paid += p.Amount
			l.Last, l.Seq, l.Voucher = e.On, e.Seq, p.Voucher
		}
	}
	return list, nil
}

// Decision is when and how a declaration or a sharing was approved.
type Decision struct {
	Minutes string
	On      date.Date
	Seq     int64
}

// Decided gives the approval of a declaration (notice.DividendType) or a sharing (notice.SharingType); nil when it was not approved.
func Decided(ctx context.Context, r database.Reader, book, typ, id string) (*Decision, error) {
	entries, err := journal.File(ctx, r, book, typ, id)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if e.Kind != "dividend-approval" && e.Kind != "dividend-sharing-approval" {
			continue
		}
		f, err := fact.DecodeBody(e.Kind, e.Body, "")
		if err != nil {
			return nil, err
		}
		switch f := f.(type) {
		case *Approval:
			return &Decision{f.Minutes, e.On, e.Seq}, nil
		case *SharingApproval:
			return &Decision{f.Minutes, e.On, e.Seq}, nil
		}
	}
	return nil, nil
}
