package livestock

import (
	"context"

	"lastmile/internal/database"
	"lastmile/internal/date"
	"lastmile/internal/fact"
	"lastmile/internal/ledger"
)

// Flock is a herd with its heads at the end of a day, those of its contracts among them.
type Flock struct {
	fact.Thing[Herd]
	Kept, Lent    int64 // animals with the village itself, and under contracts
	Young         int64 // whoever owns them
	Born          int64 // young, so far
	Died, Missing int64 // animals, so far; missing are those that stock-takes did not find, less those found again
	Running       int64 // contracts that run today
}

// Flocks lists the herds of a book with their heads at the end of a day, by code.
func Flocks(ctx context.Context, r database.Reader, book string, on date.Date) ([]Flock, error) {
	herds, err := fact.Things[Herd](ctx, r, book, "herd", "", "")
	if err != nil || len(herds) == 0 {
		return nil, err
	}
	terms, err := Contracts(ctx, r, book, "")
	if err != nil {
		return nil, err
	}
	holdings, err := Holdings(ctx, r, book, on)
	if err != nil {
		return nil, err
	}
	list := make([]Flock, len(herds))
	own, lent := make(map[string]*Flock, len(herds)), make(map[string]*Flock, len(terms)) // by code of herd, of contract: the two are in accounts of their own
	for i := range herds {
		list[i].Thing = herds[i]
		own[herds[i].ID] = &list[i]
	}
	for i := range terms {
		t := &terms[i]
		f := own[t.Contract.Herd]
		lent[t.ID] = f
		if f != nil && t.Status == Running {
			f.Running++
		}
	}
	for i := range holdings {
		h := &holdings[i]
		f := lent[h.Part]
		if h.Class == ledger.Herd {
			f = own[h.Part]
		}
		if f != nil {
			f.add(h)
		}
	}
	return list, nil
}

func (f *Flock) add(h *Holding) {
	switch {
	case h.Commodity != f.Fact.Animals:
		f.Young += h.Present
		f.Born += h.In[birth]
		return
	case h.Class == ledger.Herd:
		f.Kept += h.Present
	default:
		f.Lent += h.Present
	}
	f.Died += h.Out[death]
	f.Missing += h.missing()
}

// Standing is a contract with its animals at the end of a day.
type Standing struct {
	Terms
	Book           string
	Owner          string // of the herd: the village's collective
	Animals, Young Holding
	Inspected      date.Date // last; "" for never
}

// Missing is how many animals stock-takes did not find, less those found again.
func (s *Standing) Missing() int64 { return s.Animals.missing() }

// InspectBy is the day by which the contract must be inspected; "" when no inspection is due.
func (s *Standing) InspectBy() date.Date { return s.InspectionDue(s.Inspected) }

// Overdue tells whether an inspection is overdue on a day.
func (s *Standing) Overdue(on date.Date) bool { return s.InspectionOverdue(s.Inspected, on) }

// Standings lists the contracts of a herd ("" for all) in a book as they stand at the end of a day, by number.
func Standings(ctx context.Context, r database.Reader, book, herd string, on date.Date) ([]Standing, error) {
	terms, err := Contracts(ctx, r, book, herd)
	if err != nil || len(terms) == 0 {
		return nil, err
	}
	things, err := fact.Things[Herd](ctx, r, book, "herd", herd, "")
	if err != nil {
		return nil, err
	}
	herds := make(map[string]Herd, len(things))
	for _, t := range things {
		herds[t.ID] = *t.Fact
	}
	last, err := Inspected(ctx, r, book, on)
	if err != nil {
		return nil, err
	}
	holdings, err := Holdings(ctx, r, book, on)
	if err != nil {
		return nil, err
	}
	list := make([]Standing, len(terms))
	at := make(map[string]*Standing, len(terms))
	for i, t := range terms {
		list[i] = Standing{Terms: t, Book: book, Owner: herds[t.Contract.Herd].Owner, Inspected: last[t.ID]}
		at[t.ID] = &list[i]
	}
	for _, h := range holdings {
		s := at[h.Part]
		switch {
		case s == nil || h.Class == ledger.Herd:
		case h.Commodity == herds[s.Contract.Herd].Animals:
			s.Animals = h
		default:
			s.Young = h
		}
	}
	return list, nil
}
