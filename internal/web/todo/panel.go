package todo

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/journal"
	"lastmile/internal/ledger"
	"lastmile/internal/web/form"
	"lastmile/internal/web/locale"
	"lastmile/internal/web/session"
	"lastmile/internal/web/view"
	"lastmile/internal/web/wording"
)

// find gives the proposal of an address, when the person may see it: whoever prepared it, may approve it, or sees its area.
func (l *List) find(r *http.Request) (fact.Pending, error) {
	ctx, v := r.Context(), session.Of(r)
	book := r.PathValue("book")
	seq, err := strconv.ParseInt(r.PathValue("seq"), 10, 64)
	unknown := fault.New(fault.NotFound, "proposal.unknown", "book %s has no proposal %s", book, r.PathValue("seq")).Mend("Look it up among what waits.")
	if err != nil {
		return fact.Pending{}, unknown
	}
	p, ok, err := fact.ProposalAt(ctx, l.store.DB, book, seq)
	if err != nil {
		return p, err
	}
	if !ok {
		return p, unknown
	}
	if p.Actor == v.Person {
		return p, nil
	}
	sees, err := v.Sees(ctx, p.Area)
	if err == nil && !sees {
		err = fault.New(fault.Forbidden, "entry.hidden", "%s may not see entry %s:%d", v.Person, book, seq).Mend("It lies outside the areas that you serve.")
	}
	return p, err
}

func (l *List) proposal(w http.ResponseWriter, r *http.Request) {
	l.panel(w, r, http.StatusOK, nil, "")
}

// panel shows a proposal, with what went wrong when the reader decided.
func (l *List) panel(w http.ResponseWriter, r *http.Request, status int, wrong error, needReason string) {
	ctx, v := r.Context(), session.Of(r)
	p, err := l.find(r)
	if err != nil {
		l.guard.Refuse(w, r, err)
		return
	}
	d, err := p.Draft(ctx, l.store.DB)
	if err != nil {
		l.guard.Refuse(w, r, err)
		return
	}
	e, _, err := journal.Get(ctx, l.store.DB, p.Book, p.Seq)
	if err != nil {
		l.guard.Refuse(w, r, err)
		return
	}
	page := l.guard.Page(r)
	words := l.guard.Words(page)
	names := l.people(ctx)
	k := fact.Find(p.Kind)
	if wrong != nil {
		for _, f := range fault.All(wrong) {
			page.Status = append(page.Status, view.Status{Kind: view.Refused, Icon: "warning", Lead: words.Text("todo.refused"), Text: words.Fault(k, f)})
		}
	}
	changes, err := l.changes(ctx, words, v, k, d)
	if err != nil {
		l.guard.Refuse(w, r, err)
		return
	}
	at := p.Book + ":" + itoa(p.Seq)
	heading := view.Heading{Crumbs: []view.Link{{Label: words.Text("todo.title"), Href: Path}, {Label: at}}, Title: words.Kind(k), Lead: view.Plain(words.Text("todo.dated", words.Date(d.On)))}
	recorded := time.UnixMicro(e.RecordedAt).UTC()
	prepared := words.Text("todo.prepared.by", names(p.Actor), words.Date(date.Of(recorded))+" "+words.Clock(recorded))
	if len(p.Approvers) > 0 {
		var list []string
		for _, a := range p.Approvers {
			list = append(list, names(a))
		}
		prepared = words.Sentences(prepared, words.Text("todo.approved.by", words.List(list)))
	}
	var body []view.Component
	may, err := v.May(ctx, []string{p.Role}, p.Area)
	if err != nil {
		l.guard.Refuse(w, r, err)
		return
	}
	may = may && p.Status == fact.Waiting && p.Actor != v.Person && !slices.Contains(p.Approvers, v.Person)
	if may {
		body = append(body, view.Approval{Changes: changes, Prepared: prepared, Why: l.why(words, &p, k), Hash: view.Digest(p.Hash), Error: needReason,
			Action: view.Action{Href: Href(p.Book, p.Seq), Hidden: v.Hidden(view.Hidden{Name: "content", Value: p.Hash})}})
	} else {
		heading.State = l.state(words, &p)
		body = append(body, changesTable(words, changes), view.Text{Prose: view.Plain(words.Sentences(prepared, l.whyNot(words, v, &p)))})
		if p.Status == fact.SentBack && p.Actor == v.Person {
			heading.Buttons = []view.Button{{Label: words.Text("todo.again"), Kind: view.Primary, Href: form.Path + "/" + p.Kind + "?again=" + at}}
		}
	}
	if len(d.Evidence) > 0 {
		body = append(body, view.Section{Head: view.SectionHead{ID: "evidence", Title: words.Text("evidence.label")}, Parts: []view.Component{l.forms.Gallery(words, v, d.Evidence)}})
	}
	if p.Status == fact.Waiting {
		effect, err := l.effect(ctx, words, d)
		if err != nil {
			l.guard.Refuse(w, r, err)
			return
		}
		body = append(body, effect)
	}
	l.guard.Show(w, r, status, view.Stack{Page: page, Heading: heading, Body: body})
}

func (l *List) state(words wording.Words, p *fact.Pending) *view.State {
	switch p.Status {
	case fact.Approved:
		return &view.State{Kind: view.Done, Word: words.Text("todo.approved"), Pill: true}
	case fact.SentBack:
		return &view.State{Kind: view.Failed, Word: words.Text("todo.back"), Pill: true}
	}
	return &view.State{Kind: view.Needs, Word: words.Text("todo.waits"), Pill: true}
}

// why says which rule asks for a second person.
func (l *List) why(words wording.Words, p *fact.Pending, k *fact.Kind) string {
	text := words.Text("todo.why", p.Need, words.Kind(k), words.Role(p.Role))
	if p.Need > 1 {
		text = words.Sentences(text, words.Text("todo.why.amount"))
	}
	return text
}

// whyNot says why the reader has no button.
func (l *List) whyNot(words wording.Words, v *session.Visit, p *fact.Pending) string {
	switch {
	case p.Status == fact.SentBack:
		return words.Text("todo.sent-back", p.Reason)
	case p.Status == fact.Approved:
		return words.Text("todo.counted")
	case p.Actor == v.Person:
		return words.Text("todo.not-own")
	case slices.Contains(p.Approvers, v.Person):
		return words.Text("todo.not-twice")
	}
	return words.Text("todo.not-role", words.Role(p.Role))
}

// changes sets what is proposed beside what it corrects, or beside nothing.
func (l *List) changes(ctx context.Context, words wording.Words, v *session.Visit, k *fact.Kind, d fact.Draft) ([]view.Change, error) {
	after, err := l.forms.Values(ctx, words, k, d.Fact, d.Book)
	if err != nil {
		return nil, err
	}
	var before []form.Value
	changes := []view.Change{{Name: words.Text("field.on"), Before: locale.NotApplicable, After: words.Date(d.On)}}
	if d.Corrects > 0 {
		e, ok, err := journal.Get(ctx, l.store.DB, d.Book, d.Corrects)
		if err != nil {
			return nil, err
		}
		if ok {
			old, err := fact.DecodeBody(e.Kind, e.Body, e.Private)
			if err != nil {
				return nil, err
			}
			if before, err = l.forms.Values(ctx, words, fact.Find(e.Kind), old, d.Book); err != nil {
				return nil, err
			}
			changes[0].Before = words.Date(e.On)
		}
	}
	personal, err := v.SeesPersonal(ctx, placeOf(d))
	if err != nil {
		return nil, err
	}
	hide := func(x form.Value) string {
		if x.Field.Private && !personal && d.Actor != v.Person {
			return words.Text("todo.personal")
		}
		return x.Text
	}
	for i := range k.Fields {
		is := func(x form.Value) bool { return x.Field.Name == k.Fields[i].Name }
		c := view.Change{Name: words.Field(&k.Fields[i]), Before: locale.NotApplicable, After: locale.NotApplicable}
		b, a := slices.IndexFunc(before, is), slices.IndexFunc(after, is)
		if b < 0 && a < 0 {
			continue
		}
		if b >= 0 {
			c.Before = hide(before[b])
		}
		if a >= 0 {
			c.After = hide(after[a])
		}
		changes = append(changes, c)
	}
	return changes, nil
}

// placeOf is the widest area of what is proposed: its book's.
func placeOf(d fact.Draft) string {
	if d.Book == entity.Headquarters {
		return ""
	}
	return d.Book
}

func changesTable(words wording.Words, changes []view.Change) view.Table {
	t := view.Table{Loose: true, Columns: []view.Column{{Label: words.Text("todo.field")}, {Label: words.Text("approval.before")}, {Label: words.Text("approval.after")}},
		Empty: &view.Empty{Icon: "document", Title: words.Text("todo.nothing"), Text: words.Text("todo.nothing.why")}}
	for _, c := range changes {
		t.Rows = append(t.Rows, view.Row{Cells: []view.Cell{{Text: c.Name}, {Text: c.Before}, {Text: c.After}}})
	}
	return t
}

// effect tries what is proposed, all of it together, and shows what balances would become; or says why it could not be recorded as things stand.
func (l *List) effect(ctx context.Context, words wording.Words, drafts ...fact.Draft) (view.Component, error) {
	section := view.Section{Head: view.SectionHead{ID: "effect", Title: words.Text("todo.effect"), Note: view.Plain(words.Text("todo.effect.note"))}}
	effects, err := l.store.Recorder.Try(ctx, drafts...)
	if list := fault.All(err); list != nil {
		for _, f := range list {
			section.Parts = append(section.Parts, view.Status{Kind: view.Refused, Icon: "warning", Lead: words.Text("todo.cannot"), Text: words.Fault(fact.KindOf(drafts[0].Fact), f)})
		}
		return section, nil
	}
	if err != nil {
		return nil, err
	}
	type key struct{ account, commodity string }
	change := map[key]int64{}
	for _, p := range effects.Postings {
		change[key{p.From, p.Commodity}] -= p.Amount
		change[key{p.To, p.Commodity}] += p.Amount
	}
	keys := make([]key, 0, len(change))
	for k := range change {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b key) int {
		return cmp.Or(strings.Compare(a.account, b.account), strings.Compare(a.commodity, b.commodity))
	})
	t := view.Table{Columns: []view.Column{{Label: words.Text("todo.account")}, {Label: words.Text("approval.before"), Kind: view.NumberColumn}, {Label: words.Text("todo.change"), Kind: view.NumberColumn}, {Label: words.Text("approval.after"), Kind: view.NumberColumn}},
		Empty: &view.Empty{Icon: "ledger", Title: words.Text("todo.effect.none"), Text: words.Text("todo.effect.none.why")}}
	for _, k := range keys {
		held, err := ledger.FindBalances(ctx, l.store.DB, ledger.BalanceFilter{Book: effects.Book, Account: k.account, Commodity: k.commodity})
		if err != nil {
			return nil, err
		}
		var before int64
		for _, b := range held {
			before += b.Amount
		}
		name, err := l.account(ctx, words, effects.Book, k.account)
		if err != nil {
			return nil, err
		}
		account := view.Cell{Text: name, Sub: k.account}
		if len(held) > 0 { // otherwise it may not be there yet
			account.Href = "/accounts/" + url.PathEscape(effects.Book) + "/" + url.PathEscape(k.account)
		}
		t.Rows = append(t.Rows, view.Row{Cells: []view.Cell{account, {Text: amount(words, k.commodity, before)}, {Text: signed(words, k.commodity, change[k])}, {Text: amount(words, k.commodity, before+change[k])}}})
	}
	section.Parts = []view.Component{t}
	return section, nil
}

// account names an account, which may not be there yet.
func (l *List) account(ctx context.Context, words wording.Words, book, id string) (name string, err error) {
	name = words.Account(id, func(typ, id string) string {
		if typ == "project" {
			return words.Project(ctx, l.store.DB, book, id)
		}
		for _, b := range []string{book, entity.Headquarters} {
			e, ok, failed := entity.Get(ctx, l.store.DB, b, typ, id)
			if err = cmp.Or(err, failed); !ok {
				continue
			}
			if typ == "area" {
				return words.Place(e.Name)
			}
			return words.Name(e.Name)
		}
		return ""
	})
	return name, err
}

func amount(words wording.Words, commodity string, n int64) string {
	if strings.HasPrefix(commodity, ledger.Currency) {
		return words.Amount(n, locale.Yuan)
	}
	return words.Count(n) + " " + commodity
}

func signed(words wording.Words, commodity string, n int64) string {
	if n > 0 {
		return "+" + amount(words, commodity, n)
	}
	return amount(words, commodity, n)
}

// decide records the reader's word.
func (l *List) decide(w http.ResponseWriter, r *http.Request) {
	v := session.Of(r)
	p, err := l.find(r)
	if err != nil {
		l.guard.Refuse(w, r, err)
		return
	}
	page := l.guard.Page(r)
	words := l.guard.Words(page)
	reason := strings.TrimSpace(r.PostForm.Get("reason"))
	switch r.PostForm.Get("decision") {
	case "approve":
		reason = ""
	case "back":
		if reason == "" {
			l.panel(w, r, http.StatusUnprocessableEntity, nil, words.Text("todo.reason"))
			return
		}
	default:
		l.guard.Refuse(w, r, fault.New(fault.Invalid, "request.form", "there is no such decision").Mend("Open the page again."))
		return
	}
	p.Hash = r.PostForm.Get("content") // what the reader was shown
	_, err = l.store.Recorder.Record(r.Context(), p.Decision(v.Person, reason, l.store.Today(), "form"))
	if list := fault.All(err); list != nil {
		l.guard.Note(r, err)
		l.panel(w, r, wording.Status(list[0].Kind), err, "")
		return
	}
	if err != nil {
		l.guard.Refuse(w, r, err)
		return
	}
	http.Redirect(w, r, Path, http.StatusSeeOther)
}
