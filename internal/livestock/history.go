package livestock

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"lastmile/internal/database"
	"lastmile/internal/fact"
	"lastmile/internal/household/earning"
	"lastmile/internal/journal"
	"lastmile/internal/ledger"
)

// Happening is an entry about a contract or a herd with what it meant for the heads and the household.
type Happening struct {
	journal.Entry
	Fact    fact.Fact
	Flow    string     // how heads moved; "" when none did
	Animals int64      // what it added to the animals, below 0 for what it took
	Young   int64      // what it added to the young
	Present int64      // animals after it
	Born    int64      // young after it
	Found   int64      // by a stock-take: heads more than the books said, below 0 for fewer
	Income  fact.Money // of the household, below 0 for a cost
}

// Record is a contract with all that happened under it, in the order of days.
type Record struct {
	Terms
	Herd    Herd
	History []Happening
}

// ReadContract reads a contract and its history; ok is false when there is no such contract.
func ReadContract(ctx context.Context, r database.Reader, book, id string) (rec Record, ok bool, err error) {
	list, err := contracts(ctx, r, book, id, "")
	if err != nil || len(list) == 0 {
		return rec, false, err
	}
	rec.Terms = list[0]
	h, ok, err := fact.ThingOf[Herd](ctx, r, book, "herd", rec.Contract.Herd)
	if err != nil || !ok {
		return rec, ok, err
	}
	rec.Herd = *h.Fact
	accounts := []string{ledger.NewAccount(book, ledger.Contract, rec.Herd.Owner, "", id, "").ID, ledger.NewAccount(book, ledger.Young, rec.Household, "", id, "").ID}
	rec.History, err = history(ctx, r, book, "breeding-contract", id, rec.Herd.Animals, accounts)
	return rec, true, err
}

// ReadHerd reads what happened to the animals that the village keeps itself: what came, was lent and came back, and every stock-take of the herd.
func ReadHerd(ctx context.Context, r database.Reader, book string, h *Herd) ([]Happening, error) {
	return history(ctx, r, book, "herd", h.ID, h.Animals, []string{ledger.NewAccount(book, ledger.Herd, h.Owner, "", h.ID, "").ID})
}

func history(ctx context.Context, r database.Reader, book, typ, id, animals string, accounts []string) ([]Happening, error) {
	entries, err := journal.File(ctx, r, book, typ, id)
	if err != nil {
		return nil, err
	}
	list := make([]Happening, len(entries))
	at := make(map[int64]*Happening, len(entries))
	for i, e := range entries {
		f, err := fact.DecodeBody(e.Kind, e.Body, e.Private)
		if err != nil {
			return nil, err
		}
		list[i] = Happening{Entry: e.Entry, Fact: f}
		at[e.Seq] = &list[i]
	}
	if err := moved(ctx, r, book, typ, id, animals, accounts, at); err != nil {
		return nil, err
	}
	if err := earned(ctx, r, book, typ, id, at); err != nil {
		return nil, err
	}
	slices.SortStableFunc(list, func(a, b Happening) int { return cmp.Or(cmp.Compare(a.On, b.On), cmp.Compare(a.Seq, b.Seq)) })
	var present, born int64
	for i := range list {
		present, born = present+list[i].Animals, born+list[i].Young
		list[i].Present, list[i].Born = present, born
	}
	return list, nil
}

// moved adds to happenings the heads that came into or left accounts.
func moved(ctx context.Context, r database.Reader, book, typ, id, animals string, accounts []string, at map[int64]*Happening) error {
	rows, err := r.Query(ctx, `SELECT p.seq, p.flow, p.from_account, p.to_account, p.commodity, p.amount
FROM concern c
JOIN posting p ON p.book = c.book AND p.seq = c.seq
WHERE c.book = $1 AND c.type = $2 AND c.id = $3`, book, typ, id)
	if err != nil {
		return fmt.Errorf("read heads of %s %s: %w", typ, id, err)
	}
	defer rows.Close()
	for rows.Next() {
		var seq, n int64
		var flow, from, to, commodity string
		if err := rows.Scan(&seq, &flow, &from, &to, &commodity, &n); err != nil {
			return err
		}
		h := at[seq]
		if h == nil { // taken back
			continue
		}
		switch flow {
		case found:
			h.Found = n
		case missing:
			h.Found = -n
		}
		switch {
		case slices.Contains(accounts, to):
		case slices.Contains(accounts, from):
			n = -n
		default:
			continue
		}
		h.Flow = flow
		if commodity == animals {
			h.Animals += n
		} else {
			h.Young += n
		}
	}
	return rows.Err()
}

// earned adds to happenings what they brought the household.
func earned(ctx context.Context, r database.Reader, book, typ, id string, at map[int64]*Happening) error {
	rows, err := r.Query(ctx, `SELECT o.seq, CAST(SUM(o.value * o.sign) AS BIGINT)
FROM concern c
JOIN observation o ON o.book = c.book AND o.seq = c.seq
WHERE c.book = $1 AND c.type = $2 AND c.id = $3 AND o.measure = '`+earning.Measure+`'
GROUP BY o.seq`, book, typ, id)
	if err != nil {
		return fmt.Errorf("read income of %s %s: %w", typ, id, err)
	}
	defer rows.Close()
	for rows.Next() {
		var seq int64
		var income fact.Money
		if err := rows.Scan(&seq, &income); err != nil {
			return err
		}
		if h := at[seq]; h != nil {
			h.Income = income
		}
	}
	return rows.Err()
}
