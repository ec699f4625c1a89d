package fact

import (
	"fmt"

	"lastmile/internal/fault"
	"lastmile/internal/figure"
	"lastmile/internal/ledger"
)

// Account opens the account of an owner in the fact's book if need be, and gives its id.
func (tx *Tx) Account(class ledger.Class, owner, project string) (string, error) {
	a := ledger.NewAccount(tx.Book, class, owner, "", project, tx.Area)
	if tx.s.ledger.Known(a.Book, a.ID) {
		return a.ID, nil
	}
	if class.OfLoan() {
		return a.ID, tx.s.ledger.Open(tx.ctx, tx.w, a)
	}
	if e, ok, err := tx.Entity("party", owner); err != nil {
		return "", err
	} else if ok {
		a.Holder = e.Class
		if e.Area != "" {
			a.Area = e.Area
		}
	} else if e, ok, err := tx.Entity("household", owner); err != nil {
		return "", err
	} else if ok {
		a.Holder, a.Area = "household", e.Area
	}
	return a.ID, tx.s.ledger.Open(tx.ctx, tx.w, a)
}

// Movement is money or goods to be moved.
type Movement struct {
	Flow      string
	From, To  string // account ids from Account
	Commodity string
	Fund      string // "" draws on From first in, first out
	Amount    int64
	Project   string
	// Allowed leaves out funds that may not be drawn for this; nil allows all.
	Allowed func(fund string) bool
}

// Move carries out a movement and gives the funds that it took.
func (tx *Tx) Move(m Movement) ([]ledger.Part, error) {
	parts := []ledger.Part{{Fund: m.Fund, Amount: m.Amount}}
	if m.Fund == "" {
		var err error
		if parts, err = tx.s.ledger.Draw(tx.ctx, tx.w, tx.Book, m.From, m.Commodity, m.Amount, m.Allowed); err != nil {
			return nil, err
		}
	}
	for _, part := range parts {
		p := ledger.Posting{
			Book: tx.Book, Seq: tx.seq, Line: int64(len(tx.effects.postings) + 1), Flow: m.Flow, From: m.From, To: m.To, Commodity: m.Commodity,
			Fund: part.Fund, Amount: part.Amount, Project: m.Project, Area: tx.Area, Sign: 1, Traced: tx.traced, On: tx.On,
		}
		if err := tx.post(p); err != nil {
			return nil, err
		}
	}
	return parts, nil
}

func (tx *Tx) post(p ledger.Posting) error {
	if err := tx.s.ledger.Move(tx.ctx, tx.w, &p); err != nil {
		return err
	}
	areas := tx.areas
	if p.Area != tx.Area {
		var err error
		if areas, err = tx.s.areasBelow(tx.ctx, tx.w, p.Book, p.Area); err != nil {
			return err
		}
	}
	tx.s.totals.Move(&p, tx.end(&p), areas)
	tx.effects.postings = append(tx.effects.postings, p)
	return nil
}

// Held is what an account of the fact's book holds of a commodity, over all funds.
func (tx *Tx) Held(account, commodity string) (int64, error) {
	return tx.s.ledger.Held(tx.ctx, tx.w, tx.Book, account, commodity)
}

// Received is what an outside account has of one commodity and fund.
func (tx *Tx) Received(account, commodity, fund string) (int64, error) {
	return tx.s.ledger.Received(tx.ctx, tx.w, tx.Book, account, commodity, fund)
}

// Observe counts value of a declared measure. Empty fields of o are filled from the entry; its Area may be a smaller one.
func (tx *Tx) Observe(measure string, value int64, o figure.Observation) error {
	o.Book, o.Seq, o.Line = tx.Book, tx.seq, int64(len(tx.effects.observations)+1)
	o.Measure, o.Value, o.Sign, o.Traced, o.On = measure, value, 1, tx.traced, tx.On
	if o.Area == "" {
		o.Area = tx.Area
	}
	return tx.observe(o)
}

func (tx *Tx) observe(o figure.Observation) error {
	if !figure.Declared(o.Measure) {
		return fmt.Errorf("observe %s: the measure is not declared", o.Measure)
	}
	areas := tx.areas
	if o.Area != tx.Area {
		var err error
		if areas, err = tx.s.areasBelow(tx.ctx, tx.w, o.Book, o.Area); err != nil {
			return err
		}
	}
	tx.s.totals.Observe(&o, areas)
	tx.effects.observations = append(tx.effects.observations, o)
	return nil
}

// end says where a posting reached somebody outside the programme; a loss is its own kind of receiver.
func (tx *Tx) end(p *ledger.Posting) figure.End {
	a, amount, ok := tx.s.ledger.End(p)
	switch {
	case !ok:
		return figure.End{}
	case a.Class == ledger.Loss:
		return figure.End{Receiver: "loss", Amount: amount}
	case a.Holder == "":
		return figure.End{Receiver: "other", Amount: amount}
	}
	return figure.End{Receiver: a.Holder, Amount: amount}
}

// checkGiver makes sure that somebody outside has what is taken back from them: they may have given part of it back already.
func (tx *Tx) checkGiver(p *ledger.Posting) error {
	if _, amount, ok := tx.s.ledger.End(p); !ok || amount > 0 {
		return nil
	}
	have, err := tx.Received(p.From, p.Commodity, p.Fund)
	if err == nil && have < p.Amount {
		err = fault.New(fault.Conflict, "reversal.returned", "account %s holds %s of fund %s, %s would be taken back", p.From, ledger.Show(p.Commodity, have), p.Fund, ledger.Show(p.Commodity, p.Amount)).
			For("entry").Mend("Take back first what has come back from there since, such as a refund.")
	}
	return err
}

// openBoth makes the accounts of an earlier posting known.
func (tx *Tx) openBoth(p *ledger.Posting) error {
	for _, id := range []string{p.From, p.To} {
		a, err := ledger.GetAccount(tx.ctx, tx.w, tx.Book, id)
		if err != nil {
			return err
		}
		if err := tx.s.ledger.Open(tx.ctx, tx.w, a); err != nil {
			return err
		}
	}
	return nil
}

// SubjectSum adds up what was observed of a measure for one subject in the fact's book, by this fact too: what it corrects is taken off.
func (tx *Tx) SubjectSum(measure, subject string) (int64, error) {
	var sum int64
	// Without the date SQLite reads the whole book.
	err := tx.QueryRow("SELECT CAST(COALESCE(SUM(value * sign), 0) AS BIGINT) FROM observation WHERE book = $1 AND measure = $2 AND subject = $3 AND on_date >= ''",
		tx.Book, measure, subject).Scan(&sum)
	for _, waiting := range [][]figure.Observation{tx.s.observations, tx.effects.observations} {
		for i := range waiting {
			if o := &waiting[i]; o.Book == tx.Book && o.Measure == measure && o.Subject == subject {
				sum += o.Value * o.Sign
			}
		}
	}
	return sum + tx.s.counted[subjectKey{tx.Book, measure, subject}], err
}
