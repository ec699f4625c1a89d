package household

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"lastmile/internal/database"
	"lastmile/internal/date"
	"lastmile/internal/fact"
	"lastmile/internal/household/decision"
	"lastmile/internal/household/income"
	"lastmile/internal/journal"
	"lastmile/internal/notice"
)

// File is everything known about a household, folded from the entries about it in the order in which things happened. Entries of one day
// are taken in an order that does not depend on when they arrived, so the same entries always give the same file.
type File struct {
	Book, ID    string
	Cards       []Dated[*Household] // the card and its revisions, oldest first
	Areas       []Dated[string]     // where it lived since when
	Members     []Membership
	Statuses    []decision.StatusEvent
	Visits      []Dated[*Visit]
	Reviews     []Dated[*AnswerReview]
	Measures    []Dated[*Measure]
	Responsible []Dated[*Responsible]
	Objections  []Objection
	Changes     []decision.Change
	Decisions   []Dated[*Decision]
	Entries     []journal.Filed // all of it, as recorded, in the order of what happened

	entries func(id string) ([]journal.Filed, error)
	related []string // households that it was split from or merged with
}

// Dated is a fact with when it happened and what its entry says about it.
type Dated[T any] struct {
	Fact     T
	On       date.Date
	Learned  date.Date // when the register knew of it: the day of recording, and never before On
	Book     string
	Seq      int64
	Key      string
	Actor    string
	Evidence []string
}

// Membership is one member's time in the household, with what the rules need to know about them.
type Membership struct {
	decision.Member
	Number   string
	Relation string
	Sex      string
	Labour   string
	Left     string // why they are gone
	Name     string // personal data, as Document; "" when it was not recorded, was erased or was not read
	Document string
}

// Objection is what somebody said against a notice that names the household.
type Objection struct {
	decision.Objection
	Notice string
	Upheld bool
}

// Load reads the file of a household of a book.
func Load(ctx context.Context, r database.Reader, book, id string) (*File, error) {
	return open(book, id, func(id string) ([]journal.Filed, error) { return journal.File(ctx, r, book, Type, id) })
}

// Open reads the file as a fact sees it that is being recorded.
func Open(tx *fact.Tx, id string) (*File, error) {
	return open(tx.Book, id, func(id string) ([]journal.Filed, error) { return tx.File(Type, id) })
}

// OpenAll reads the files of a list of households, in its order, as a fact sees them that is being recorded.
func OpenAll(tx *fact.Tx, ids []string) ([]*File, error) {
	entries, err := tx.Files(Type, ids)
	if err != nil {
		return nil, err
	}
	return openAll(tx.Book, ids, entries, func(id string) ([]journal.Filed, error) { return tx.File(Type, id) })
}

// LoadAll reads the files of a list of households of a book, in its order, without personal data.
func LoadAll(ctx context.Context, r database.Reader, book string, ids []string) ([]*File, error) {
	entries, err := journal.Files(ctx, r, book, Type, ids)
	if err != nil {
		return nil, err
	}
	return openAll(book, ids, entries, func(id string) ([]journal.Filed, error) { return journal.File(ctx, r, book, Type, id) })
}

// openAll folds files whose entries are read; another household that one of them was split from or merged with is read when it is needed.
func openAll(book string, ids []string, read map[string][]journal.Filed, other func(id string) ([]journal.Filed, error)) ([]*File, error) {
	files := make([]*File, len(ids))
	for i, id := range ids {
		var err error
		files[i], err = open(book, id, func(id string) ([]journal.Filed, error) {
			if entries, ok := read[id]; ok {
				return entries, nil
			}
			return other(id)
		})
		if err != nil {
			return nil, err
		}
	}
	return files, nil
}

// record is one decoded entry.
type record struct {
	journal.Filed
	fact fact.Fact
}

// ranks put the entries of one day into the order in which they can only have happened.
var ranks = []string{"household", "member", "split", "merge", "move", "measure", "responsible", "visit", "answer-review", "notice-objection", "objection-answer",
	"decision", "change-review", "departure"}

func open(book, id string, entries func(id string) ([]journal.Filed, error)) (*File, error) {
	list, err := entries(id)
	if err != nil {
		return nil, err
	}
	f := &File{Book: book, ID: id, entries: entries}
	records := make([]record, 0, len(list))
	for _, e := range list {
		r := record{Filed: e}
		if slices.Contains(ranks, e.Kind) || e.Kind == "duplicate-verdict" {
			if r.fact, err = fact.DecodeBody(e.Kind, e.Body, e.Private); err != nil {
				return nil, fmt.Errorf("file of household %s: entry %s:%d: %w", id, e.Book, e.Seq, err)
			}
		}
		records = append(records, r)
	}
	slices.SortFunc(records, func(a, b record) int {
		return cmp.Or(cmp.Compare(a.On, b.On), cmp.Compare(slices.Index(ranks, a.Kind), slices.Index(ranks, b.Kind)), cmp.Compare(a.Key, b.Key))
	})
	for i := range records {
		f.Entries = append(f.Entries, records[i].Filed)
		if err := f.fold(&records[i]); err != nil {
			return nil, fmt.Errorf("file of household %s: entry %s:%d: %w", id, records[i].Book, records[i].Seq, err)
		}
	}
	return f, nil
}

// dated puts a fact with what its entry says. The day of recording is taken in UTC.
func dated[T any](r *record, f T) Dated[T] {
	recorded := date.Of(time.UnixMicro(r.RecordedAt).UTC())
	if r.RecordedAt == 0 { // it is being recorded
		recorded = r.On
	}
	return Dated[T]{f, r.On, max(r.On, recorded), r.Book, r.Seq, r.Key, r.Actor, r.Evidence}
}

// with is the file with one entry more, which happened on or after everything that its fact builds on.
func (f *File) with(e journal.Filed, added fact.Fact) (*File, error) {
	after := *f
	after.Visits, after.Reviews = slices.Clone(f.Visits), slices.Clone(f.Reviews)
	return &after, after.fold(&record{e, added})
}

// fold adds one entry.
func (f *File) fold(r *record) error {
	if r.Role != "" {
		f.status(r)
	}
	switch x := r.fact.(type) {
	case *Household:
		f.Cards = append(f.Cards, dated(r, x))
		f.Areas = append(f.Areas, dated(r, x.Area))
		if x.Registered != "" {
			f.Statuses = append(f.Statuses, decision.StatusEvent{Status: decision.InPoverty, On: x.Registered})
		}
		members, err := parsePeople(x.Members)
		if err != nil {
			return err
		}
		for i := range members {
			f.join(&members[i], memberID(f.ID, members[i].Number), r.On)
		}
		return f.name(x)
	case *Member:
		f.join(x, memberID(f.ID, x.Number), r.On)
	case *Departure:
		f.leave(x.Member, r.On, x.Reason)
	case *Verdict:
		if member, ok := strings.CutPrefix(r.Role, sameAs); ok {
			f.leave(member, r.On.AddDays(-1), "duplicate")
		}
	case *Split:
		return f.change("split", x.Household, x.New, x.Members, r.On)
	case *Merge:
		return f.change("merge", x.Household, x.Into, x.Members, r.On)
	case *ChangeReview:
		for i := range f.Changes {
			f.Changes[i].Reviewed = cmp.Or(f.Changes[i].Reviewed, r.On)
		}
	case *Move:
		f.Areas = append(f.Areas, dated(r, x.To))
	case *Visit:
		f.Visits = append(f.Visits, dated(r, x))
	case *AnswerReview:
		f.Reviews = append(f.Reviews, dated(r, x))
	case *Measure:
		f.Measures = append(f.Measures, dated(r, x))
	case *Responsible:
		f.Responsible = append(f.Responsible, dated(r, x))
	case *Decision:
		f.Decisions = append(f.Decisions, dated(r, x))
	case *notice.Objection:
		f.Objections = append(f.Objections, Objection{decision.Objection{ID: x.ID, Raised: r.On}, x.Notice, false})
	case *notice.Answer:
		for i := range f.Objections {
			if f.Objections[i].ID == x.Objection {
				f.Objections[i].Settled, f.Objections[i].Upheld = r.On, x.Verdict == notice.Upheld
			}
		}
	}
	return nil
}

// status adds what an entry changed in the household's registration.
func (f *File) status(r *record) {
	switch s := decision.Status(r.Role); s {
	case decision.InPoverty, decision.PreExit, decision.Exited, decision.ExitReversed, decision.Relapsed, decision.Cancelled, decision.Removed, Moved, Merged:
		f.Statuses = append(f.Statuses, decision.StatusEvent{Status: s, On: r.On})
	}
}

func (f *File) join(m *Member, id string, on date.Date) {
	f.Members = append(f.Members, Membership{
		Member: decision.Member{Person: id, Birth: m.Birth, During: date.Interval{From: on}, SharesIncome: !m.Apart},
		Number: m.Number, Relation: m.Relation, Sex: m.Sex, Labour: m.Labour, Name: m.Name, Document: m.Document,
	})
}

// name puts the names and documents of a card to the members that it numbers.
func (f *File) name(h *Household) error {
	names, err := numbered(h.Names)
	if err != nil {
		return err
	}
	documents, err := numbered(h.Documents)
	if err != nil {
		return err
	}
	for number, name := range names {
		f.personal(number, func(m *Membership) { m.Name = name })
	}
	for number, document := range documents {
		f.personal(number, func(m *Membership) { m.Document = document })
	}
	return nil
}

// personal sets what is known of a member who was first recorded here.
func (f *File) personal(number string, set func(*Membership)) {
	for i := range f.Members {
		if f.Members[i].Person == memberID(f.ID, number) {
			set(&f.Members[i])
		}
	}
}

func (f *File) leave(member string, last date.Date, why string) {
	for i := range f.Members {
		if m := &f.Members[i]; m.Person == member && m.During.To == "" {
			m.During.To, m.Left = last, why
		}
	}
}

// namePeople puts the names and documents of a card to the members of its lines.
func namePeople(members []Member, h *Household) error {
	names, err := numbered(h.Names)
	if err != nil {
		return err
	}
	documents, err := numbered(h.Documents)
	if err != nil {
		return err
	}
	for i := range members {
		members[i].Name, members[i].Document = names[members[i].Number], documents[members[i].Number]
	}
	return nil
}

// change moves members between this household and another.
func (f *File) change(kind, from, to string, members []string, on date.Date) error {
	f.Changes = append(f.Changes, decision.Change{Kind: kind, On: on})
	other := from
	if f.ID == from {
		other = to
		for _, id := range members {
			f.leave(id, on.AddDays(-1), kind)
		}
	} else {
		for _, id := range members {
			m, err := f.origin(id)
			if err != nil {
				return err
			}
			f.join(m, id, on)
		}
	}
	if !slices.Contains(f.related, other) {
		f.related = append(f.related, other)
	}
	return nil
}

// origin finds what was recorded of a member where they were first recorded: the household that their code begins with.
func (f *File) origin(member string) (*Member, error) {
	household, number := member[:len(member)-3], member[len(member)-2:]
	entries, err := f.entries(household)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if e.Kind != "household" && e.Kind != "member" {
			continue
		}
		x, err := fact.DecodeBody(e.Kind, e.Body, e.Private)
		if err != nil {
			return nil, err
		}
		var list []Member
		switch x := x.(type) {
		case *Household:
			if list, err = parsePeople(x.Members); err != nil {
				return nil, err
			}
			if err := namePeople(list, x); err != nil {
				return nil, err
			}
		case *Member:
			list = []Member{*x}
		}
		for i := range list {
			if list[i].Number == number {
				return &list[i], nil
			}
		}
	}
	return nil, fmt.Errorf("member %s is on no card of household %s", member, household)
}

// Card is the card as of a day, nil before the first.
func (f *File) Card(on date.Date) *Household {
	var card *Household
	for _, c := range f.Cards {
		if c.On <= on {
			card = c.Fact
		}
	}
	return card
}

// Area is where the household lives on a day; before its first day in the register, where it was first recorded.
func (f *File) Area(on date.Date) string {
	area := ""
	for i, a := range f.Areas {
		if i == 0 || a.On <= on {
			area = a.Fact
		}
	}
	return area
}

// areaBefore is where the household lived before a move.
func (f *File) areaBefore(m *Move) string {
	for i := len(f.Areas) - 1; i > 0; i-- {
		if f.Areas[i].Fact == m.To {
			return f.Areas[i-1].Fact
		}
	}
	return f.Areas[0].Fact
}

// Present lists the members on a day.
func (f *File) Present(on date.Date) []Membership {
	var list []Membership
	for _, m := range f.Members {
		if m.During.Contains(on) {
			list = append(list, m)
		}
	}
	return list
}

// HeadName is the name of the head of the household on a day, personal data; "" when it is not recorded or was erased.
func (f *File) HeadName(on date.Date) string {
	for _, m := range f.Present(on) {
		if m.Relation == head {
			return m.Name
		}
	}
	return ""
}

// WithLabour counts the members able to work on a day.
func (f *File) WithLabour(on date.Date) int {
	n := 0
	for _, m := range f.Present(on) {
		if m.Labour == "ordinary" || m.Labour == "skilled" {
			n++
		}
	}
	return n
}

// Input is the household as package decision judges it on a day.
func (f *File) Input(on date.Date) (*decision.Household, error) {
	h := &decision.Household{ID: f.ID, Area: f.Area(on), Statuses: f.Statuses, Changes: f.Changes}
	for _, m := range f.Members {
		h.Members = append(h.Members, m.Member)
	}
	h.Checks = f.checks()
	if card := f.Card(on); card != nil {
		h.Causes = append([]string{card.MainCause}, card.OtherCauses...)
	}
	if cause := f.answered("main_cause", on); cause != "" {
		h.Causes = append(h.Causes, cause)
	}
	for _, m := range f.Measures {
		h.Measures = append(h.Measures, decision.Measure{ID: fmt.Sprintf("%s:%d", m.Book, m.Seq), Cause: m.Fact.Cause, Delivered: m.On})
	}
	for _, o := range f.Objections {
		h.Objections = append(h.Objections, o.Objection)
	}
	for _, r := range f.Responsible {
		h.Responsible = append(h.Responsible, decision.Responsible{Person: r.Fact.Person, During: date.Interval{From: r.On, To: r.Fact.Until}})
	}
	return h, f.statements(h, on)
}

// statements puts the last income account known on a day, and the one before it. After a split or merge that nobody has visited since, the
// accounts of the households concerned are divided among those their members live in now.
func (f *File) statements(h *decision.Household, on date.Date) error {
	last, visited := f.statement(on)
	h.Income = last
	var changed date.Date
	for _, c := range f.Changes {
		if c.On <= on {
			changed = max(changed, c.On)
		}
	}
	if changed != "" && visited < changed {
		if err := f.apportion(h, on); err != nil {
			return err
		}
	}
	if previous, _ := f.statementBefore(on, h.Income.Period.From); h.Income.Period.From != "" && previous.Period.To != "" {
		h.Previous = &previous
	}
	return nil
}

func (f *File) apportion(h *decision.Household, on date.Date) error {
	files := []*File{f}
	for _, id := range f.related {
		other, err := open(f.Book, id, f.entries)
		if err != nil {
			return err
		}
		files = append(files, other)
	}
	var memberships []income.Membership
	for _, file := range files {
		for _, m := range file.Members {
			memberships = append(memberships, income.Membership{Person: m.Person, Household: file.ID, During: m.During, SharesIncome: m.SharesIncome})
		}
	}
	var lines []income.Line
	for _, file := range files {
		s, _ := file.statement(on)
		if s.Period.To > h.Income.Period.To {
			h.Income.Period = s.Period
		}
		lines = append(lines, income.Apportion(file.ID, s.Lines, memberships, on)[f.ID]...)
	}
	h.Income.Lines = lines
	return nil
}

// Status is what the household is registered as on a day, and since when; "" when it never was.
func (f *File) Status(on date.Date) (decision.Status, date.Date) {
	return decision.StatusAt(f.Statuses, on)
}
