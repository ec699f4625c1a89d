package industry

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/ledger"
	"lastmile/internal/livestock"
	"lastmile/internal/web/listing"
	"lastmile/internal/web/locale"
	"lastmile/internal/web/reading"
	"lastmile/internal/web/view"
)

// standing is a breeding contract as it stands today.
type standing = livestock.Standing

// standings reads the contracts of a book.
func (q *request) standings(ctx context.Context, book string) ([]standing, error) {
	return remembered(q, book, "contracts", func(s *standing) string { return s.Area }, func(ctx context.Context, book string) ([]standing, error) {
		return livestock.Standings(ctx, q.db(), book, "", q.today)
	})
}

func (q *request) chosenContracts() (rows, all []standing, err error) {
	all, err = each(q, q.standings)
	if err != nil {
		return nil, nil, err
	}
	rows = slices.DeleteFunc(slices.Clone(all), func(s standing) bool {
		if v := q.FormValue("village"); v != "" && v != s.Area {
			return true
		}
		switch q.FormValue("state") {
		case livestock.Running, livestock.Ended:
			return s.Status != q.FormValue("state")
		case "overdue":
			return !s.Overdue(q.today)
		case "missing":
			return s.Missing() <= 0
		case "expired":
			return !s.Expired(q.today)
		}
		return false
	})
	return rows, all, nil
}

// contracts lists breeding contracts.
func (q *request) contracts() error {
	if err := q.know(entity.Headquarters, "area"); err != nil {
		return err
	}
	rows, all, err := q.chosenContracts()
	if err != nil {
		return err
	}
	var heads, present, born int64
	households := map[string]bool{}
	overdue := 0
	for i := range rows {
		s := &rows[i]
		heads, present, born = heads+s.Heads, present+s.Animals.Present, born+s.Young.In["birth"]
		households[s.Book+s.Household] = true
		if s.Overdue(q.today) {
			overdue++
		}
	}
	fields, err := q.counties()
	if err != nil {
		return err
	}
	fields = append(fields,
		q.options("village", distinct(all, func(s *standing) string { return s.Area }, q.area)...),
		q.options("state", [2]string{livestock.Running, q.Text("industry.running")}, [2]string{livestock.Ended, q.Text("industry.ended")}, [2]string{"overdue", q.Text("industry.overdue")},
			[2]string{"missing", q.Text("industry.missing")}, [2]string{"expired", q.Text("industry.expired")}))
	heading := q.title("industry.contracts", q.write("industry.contracts.lead", len(rows), len(households), heads, present, born))
	heading.Buttons = q.button("breeding-contract", view.Primary)
	if overdue > 0 {
		heading.Tasks = []view.Task{{Count: q.Count(int64(overdue)), Text: q.Text("industry.overdue.task", overdue), Href: listing.With(q.URL, "state", "overdue"), Tone: view.BadTone}}
	}
	return q.show(heading, view.Section{
		Head:  view.SectionHead{ID: "contracts", Title: q.shown("industry.contracts.n", len(rows), len(all)), Note: q.download(listing.CSVHref(q.URL)), Segments: q.herdViews("/contracts")},
		Parts: []view.Component{view.Filters{Action: "/contracts", Fields: fields}, q.contractListing(rows).Table(q.Printer, q.URL)},
	})
}

// herdViews are the two lists of herds: by village and by contract.
func (q *request) herdViews(current string) []view.Link {
	return []view.Link{{Label: q.Text("industry.by-village"), Href: "/herds", Current: current == "/herds"}, {Label: q.Text("industry.by-contract"), Href: "/contracts", Current: current == "/contracts"}}
}

func (q *request) contractsCSV() error {
	rows, _, err := q.chosenContracts()
	if err != nil {
		return err
	}
	return q.contractListing(rows).CSV(q.w, q.URL, "contracts")
}

func (q *request) contractState(s *standing) view.State {
	switch {
	case s.Status == livestock.Ended:
		return view.State{Kind: view.Done, Word: q.Text("industry.ended")}
	case s.Expired(q.today):
		return view.State{Kind: view.Needs, Word: q.Text("industry.expired")}
	case s.Overdue(q.today):
		return view.State{Kind: view.Needs, Word: q.Text("industry.overdue")}
	}
	return view.State{Kind: view.Running, Word: q.Text("industry.running")}
}

func (q *request) contractListing(rows []standing) listing.Listing[standing] {
	text := func(s string) string { return s }
	number := func(key string, n func(*standing) int64, href func(*standing) string) listing.Column[standing] {
		return listing.Column[standing]{Key: key, Label: q.Text("industry.col." + key), Kind: view.NumberColumn,
			Compare: func(a, b standing) int { return cmp.Compare(n(&a), n(&b)) },
			Cell:    func(s standing) view.Cell { return q.count(n(&s), href(&s)) },
			Plain:   func(s standing) string { return itoa(n(&s)) }}
	}
	account := func(s *standing) string {
		return link("accounts", s.Book, ledger.NewAccount(s.Book, ledger.Contract, s.Owner, "", s.ID, "").ID)
	}
	young := func(s *standing) string {
		if s.Offspring != "household" {
			return account(s)
		}
		return link("accounts", s.Book, ledger.NewAccount(s.Book, ledger.Young, s.Household, "", s.ID, "").ID)
	}
	return listing.Listing[standing]{
		Rows:  rows,
		Empty: view.Empty{Icon: "sheep", Title: q.Text("industry.contracts.empty"), Text: q.Text("industry.contracts.empty.text"), Action: &view.Button{Label: q.Text("industry.contracts.all"), Href: "/contracts"}},
		Columns: []listing.Column[standing]{
			{Key: "contract", Label: q.Text("industry.col.contract"), Compare: func(a, b standing) int { return strings.Compare(a.ID, b.ID) },
				Cell: func(s standing) view.Cell {
					return view.Cell{Text: s.ID, Href: link("contracts", s.Book, s.ID), Sub: q.Text("industry.household-is", s.Household)}
				},
				Plain: func(s standing) string { return text(s.ID) }},
			{Key: "state", Label: q.Text("industry.col.state"), Kind: view.StateColumn, Compare: func(a, b standing) int { return strings.Compare(a.Status, b.Status) },
				Cell:  func(s standing) view.Cell { state := q.contractState(&s); return view.Cell{State: &state} },
				Plain: func(s standing) string { return s.Status }},
			{Key: "village", Label: q.Text("industry.col.village"), Compare: func(a, b standing) int { return strings.Compare(a.Area, b.Area) },
				Cell:  func(s standing) view.Cell { return view.Cell{Text: q.area(s.Area), Href: link("areas", s.Area)} },
				Plain: func(s standing) string { return s.Area }},
			number("heads", func(s *standing) int64 { return s.Heads }, func(s *standing) string { return entryHref(s.Book, s.Seq) }),
			number("present", func(s *standing) int64 { return s.Animals.Present }, account),
			number("born", func(s *standing) int64 { return s.Young.In["birth"] }, young),
			number("died", func(s *standing) int64 { return s.Animals.Out["death"] }, account),
			{Key: "inspection", Label: q.Text("industry.col.inspection"), Compare: func(a, b standing) int { return cmp.Compare(cmp.Or(a.InspectBy(), "9"), cmp.Or(b.InspectBy(), "9")) },
				Cell: func(s standing) view.Cell {
					return view.Cell{Text: q.day(s.InspectBy()), Sub: q.Text("industry.last", q.day(s.Inspected))}
				},
				Plain: func(s standing) string { return string(s.InspectBy()) }},
			{Key: "household", Plain: func(s standing) string { return s.Household }},
			{Key: "herd", Plain: func(s standing) string { return s.Contract.Herd }},
			{Key: "begun", Plain: func(s standing) string { return string(s.Begun) }},
			{Key: "until", Plain: func(s standing) string { return string(s.Until) }},
			{Key: "young", Plain: func(s standing) string { return itoa(s.Young.Present) }},
			{Key: "young-sold", Plain: func(s standing) string { return itoa(s.Young.Out["sale"]) }},
			{Key: "missing", Plain: func(s standing) string { return itoa(s.Missing()) }},
			{Key: "last-inspection", Plain: func(s standing) string { return string(s.Inspected) }},
		},
	}
}

// findContract reads the contract of the address, when the visitor may see it.
func (q *request) findContract() (book string, rec livestock.Record, err error) {
	book = q.PathValue("book")
	rec, err = reading.Remember(q.Context(), q.read.Book(book), "contract "+q.PathValue("id"), func(ctx context.Context) (livestock.Record, error) {
		rec, ok, err := livestock.ReadContract(ctx, q.db(), book, q.PathValue("id"))
		if err == nil && !ok {
			err = missing("breeding-contract", book, q.PathValue("id"))
		}
		return rec, err
	})
	if err == nil {
		err = q.hidden(rec.Area)
	}
	return book, rec, err
}

// sums of a contract's history.
type sums struct {
	born, sold, soldYoung, died, missing, returned, replaced int64
	income                                                   fact.Money
	inspected                                                date.Date
}

func sumOf(rec *livestock.Record) (s sums) {
	for _, h := range rec.History {
		s.income += h.Income
		switch h.Flow {
		case "birth":
			s.born += h.Young
		case "sale":
			s.sold, s.soldYoung = s.sold-h.Animals, s.soldYoung-h.Young
		case "death":
			s.died -= h.Animals
		case "stock-take-missing", "stock-take-found":
			s.missing -= h.Animals
		case "contract-return":
			s.returned -= h.Animals
		case "replacement", "grown":
			s.replaced += h.Animals
		}
		if h.Kind == "animal-inspection" {
			s.inspected = h.On
		}
	}
	return s
}

// contract is one contract and all that happened under it.
func (q *request) contract() error {
	book, rec, err := q.findContract()
	if err != nil {
		return err
	}
	s := sumOf(&rec)
	st := standing{Terms: rec.Terms, Inspected: s.inspected}
	state := q.contractState(&st)
	state.Pill = true
	var present, young int64
	if n := len(rec.History); n > 0 {
		present, young = rec.History[n-1].Present, rec.History[n-1].Born
	}
	heading := view.Heading{
		Crumbs: []view.Link{{Label: q.Text("industry.herds"), Href: "/herds"}, {Label: q.area(rec.Area), Href: link("herds", book, rec.Contract.Herd)}, {Label: rec.ID}},
		Title:  q.Text("industry.contract", rec.ID), State: &state,
		Lead:    q.write("industry.contract.lead", rec.Heads, rec.Household, q.Date(rec.Begun), present, s.born, q.exact(s.income)),
		Buttons: q.happenButtons(book, &rec),
	}
	account := func(class ledger.Class, owner string) string {
		return link("accounts", book, ledger.NewAccount(book, class, owner, "", rec.ID, "").ID)
	}
	youngHref := account(ledger.Contract, rec.Herd.Owner)
	if rec.Offspring == "household" {
		youngHref = account(ledger.Young, rec.Household)
	}
	figures := view.KeyFigures{
		{Label: q.Text("industry.key.present"), Figure: view.FigureLink{Value: q.Count(present), Href: account(ledger.Contract, rec.Herd.Owner)}, Note: q.Text("industry.key.present.note", rec.Heads)},
		{Label: q.Text("industry.key.born"), Figure: view.FigureLink{Value: q.Count(s.born), Href: youngHref}, Note: q.Text("industry.key.born.note", s.soldYoung, young)},
		{Label: q.Text("industry.key.lost"), Figure: view.FigureLink{Value: q.Count(s.died + s.missing), Href: account(ledger.Contract, rec.Herd.Owner)}, Note: q.Text("industry.key.lost.note", s.died, s.missing)},
		{Label: q.Text("industry.key.income"), Figure: view.FigureLink{Value: q.money(s.income), Href: "#history"}, Note: q.Text("industry.key.income.note")},
	}
	return q.show(heading, figures, view.Columns{Record: true,
		Main: []view.Component{view.Section{Head: view.SectionHead{ID: "history", Title: q.Text("industry.history"), Note: q.write("industry.history.note")}, Parts: []view.Component{q.timeline(book, rec.History, &rec.Herd)}}},
		Side: []view.Component{
			view.Section{Head: view.SectionHead{ID: "terms", Title: q.Text("industry.terms")}, Parts: []view.Component{q.terms(book, &rec)}},
			view.Section{Head: view.SectionHead{ID: "duty", Title: q.Text("industry.duty")}, Parts: []view.Component{q.duty(&rec, s, present)}},
		}})
}

// happenButtons lead to what is most often recorded under a contract, and to its paper.
func (q *request) happenButtons(book string, rec *livestock.Record) []view.Button {
	paper := view.Button{Label: q.Text("industry.paper"), Icon: "print", Href: link("contracts", book, rec.ID, "paper")}
	if rec.Status != livestock.Running {
		return []view.Button{paper}
	}
	list := append(q.button("animal-inspection", view.Primary, "contract", rec.ID), paper)
	for _, kind := range []string{"animal-birth", "animal-sale", "animal-death", "animal-stock-take"} {
		list = append(list, q.button(kind, view.Ghost, "contract", rec.ID, "herd", rec.Contract.Herd, "of", map[string]string{"animal-sale": "young", "animal-stock-take": "animals"}[kind])...)
	}
	return append(list, q.button("animal-return", view.Ghost, "contract", rec.ID)...)
}

// terms are what the contract says.
func (q *request) terms(book string, rec *livestock.Record) view.Facts {
	facts := view.Facts{
		{Name: q.Text("industry.household"), Value: q.householdLink(book, rec.Household)},
		{Name: q.Text("industry.herd"), Value: linked(q.Name(rec.Herd.Name), link("herds", book, rec.Herd.ID))},
		{Name: q.Text("industry.owner"), Value: linked(q.called(book, "party", rec.Herd.Owner), link("parties", book, rec.Herd.Owner))},
		{Name: q.Text("industry.heads"), Value: view.Plain(q.Text("industry.heads-of", rec.Heads, q.called(book, "commodity", rec.Herd.Animals)))},
		{Name: q.Text("industry.term"), Value: view.Plain(q.Text("industry.from-until", q.Date(rec.Begun), q.Date(rec.Until)))},
		{Name: q.Text("industry.offspring"), Value: view.Plain(q.choice("breeding-contract", "offspring", rec.Offspring))},
		{Name: q.Text("industry.share"), Value: isolated(itoa(rec.Share) + "%")},
		{Name: q.Text("industry.deposit"), Value: isolated(q.exact(rec.Deposit))},
	}
	if rec.From != "" {
		facts = append(facts, view.Fact{Name: q.Text("industry.from"), Value: linked(rec.From, link("contracts", book, rec.From))})
	}
	if len(rec.Tags) > 0 {
		facts = append(facts, view.Fact{Name: q.Text("industry.tags"), Value: view.Plain(strings.Join(rec.Tags, ", "))})
	}
	signed := q.Text("industry.signed")
	if !rec.Signed {
		signed = q.Text("industry.unsigned")
	}
	return append(facts, view.Fact{Name: q.Text("industry.signatures"), Value: linked(signed, entryHref(book, rec.Seq))})
}

// householdHref is the page of a household of the register, or of the party that stands for one.
func (q *request) householdHref(book, id string) string {
	if e, err := q.thing(book, "household", id); err == nil && e.ID != "" {
		return link("households", book, id)
	}
	return link("parties", book, id)
}

func (q *request) householdLink(book, id string) view.Prose {
	return linked(id, q.householdHref(book, id))
}

// duty is what the household owes: heads to give back, heads to replace, the next inspection.
func (q *request) duty(rec *livestock.Record, s sums, present int64) view.Facts {
	replace := q.Text("industry.replace.none")
	if rec.Replace {
		replace = q.Text("industry.replace", s.died+s.missing, s.replaced, max(0, s.died+s.missing-s.replaced))
	}
	inspection := q.Text("industry.inspect.none")
	if rec.Inspect > 0 {
		due := rec.InspectionDue(s.inspected)
		inspection = q.Text("industry.inspect.every", rec.Inspect, q.day(due))
		if rec.InspectionOverdue(s.inspected, q.today) {
			inspection = q.Text("industry.inspect.late", rec.Inspect, q.day(due))
		}
	}
	return view.Facts{
		{Name: q.Text("industry.give-back"), Value: view.Plain(q.Text("industry.give-back.n", rec.Duty(), s.returned))},
		{Name: q.Text("industry.replacement"), Value: view.Plain(replace)},
		{Name: q.Text("industry.short"), Value: isolated(q.Count(max(0, rec.Duty()-s.returned-present)))},
		{Name: q.Text("industry.col.inspection"), Value: view.Plain(inspection)},
		{Name: q.Text("industry.last-inspection"), Value: isolated(q.day(s.inspected))},
	}
}

var kindIcons = map[string]string{
	"herd": "flag", "herd-intake": "box", "breeding-contract": "document", "animal-birth": "plus", "animal-death": "warning", "animal-sale": "yuan", "breeding-cost": "yuan",
	"animal-return": "back", "animal-stock-take": "filter", "animal-inspection": "camera", "breeding-contract-end": "close", "animal-replacement": "undo",
}

// historyShown bounds a page; the rest is behind the accounts that its figures open.
const historyShown = 400

// timeline draws what happened, the latest first, with its papers and photographs.
func (q *request) timeline(book string, history []livestock.Happening, herd *livestock.Herd) view.Component {
	if len(history) == 0 {
		return view.Empty{Icon: "clock", Title: q.Text("industry.history.empty"), Text: q.Text("industry.history.empty.text")}
	}
	var line view.Timeline
	for _, h := range slices.Backward(history) {
		if len(line) == historyShown {
			break
		}
		e := view.Event{Date: q.Date(h.On), DateTime: string(h.On), Icon: kindIcons[h.Kind], Title: q.KindNamed(h.Kind), Who: q.called(entity.Headquarters, "person", h.Actor),
			Link: view.Link{Label: q.Text("industry.entry", book+":"+itoa(h.Seq)), Href: entryHref(book, h.Seq)}}
		e.Text = q.says(book, &h, herd)
		if h.Income != 0 {
			e.Sum = &view.FigureLink{Value: q.exact(h.Income), Href: entryHref(book, h.Seq)}
			e.Node = view.County2Node
		}
		if h.Kind == "breeding-contract" || h.Kind == "breeding-contract-end" {
			e.Node = view.DecisionNode
		}
		for i, hash := range h.Evidence {
			if i == photosShown {
				break
			}
			if photo := q.pages.forms.Photo(q.Words, q.visit, hash); photo.Src != "" {
				e.Photos = append(e.Photos, photo)
			}
		}
		line = append(line, e)
	}
	return line
}

// photosShown is how many files of one entry are shown; all are on its own page.
const photosShown = 2

// says writes what an entry was about, in a sentence.
func (q *request) says(book string, h *livestock.Happening, herd *livestock.Herd) string {
	var parts []string
	add := func(text string) { parts = append(parts, text) }
	animals, young := q.called(book, "commodity", herd.Animals), q.called(book, "commodity", herd.Young)
	moved := func(n int64, what string) {
		switch {
		case n > 0:
			add(q.Text("industry.came", n, what))
		case n < 0:
			add(q.Text("industry.went", -n, what))
		}
	}
	moved(h.Animals, animals)
	moved(h.Young, young)
	switch f := h.Fact.(type) {
	case *livestock.Contract:
		if f.From != "" {
			add(q.Text("industry.taken-over", f.From, f.ID))
		} else {
			add(q.Text("industry.lent-to", f.ID, f.Household))
		}
	case *livestock.Death:
		add(q.Text("industry.cause", q.choice("animal-death", "cause", f.Cause)))
		add(f.Note)
	case *livestock.Sale:
		add(q.Text("industry.sold", q.exact(f.Price), q.exact(f.Cost), q.Name(f.Buyer)))
	case *livestock.Cost:
		add(f.For)
	case *livestock.Inspection:
		add(q.Text("industry.seen", f.Heads, q.choice("animal-inspection", "condition", f.Condition)))
		add(f.Note)
	case *livestock.StockTake:
		add(q.Text("industry.counted", f.Heads))
		if h.Flow == "" {
			add(q.Text("industry.counted.agrees"))
		} else {
			add(q.Text("industry.counted.differs", f.Reason))
		}
	case *livestock.Return:
		add(f.Condition)
	case *livestock.Replacement:
		add(q.choice("animal-replacement", "source", f.Source))
	case *livestock.ContractEnd:
		add(f.Reason)
	case *livestock.Intake:
		add(q.Text("industry.receipt", f.Receipt))
	}
	if h.Flow != "" {
		add(q.Text("industry.after", h.Present, h.Born))
	}
	parts = slices.DeleteFunc(parts, func(s string) bool { return s == "" })
	if q.Language == locale.Chinese {
		return strings.Join(parts, "")
	}
	return strings.Join(parts, " ")
}

// contractPaper is the contract as it is signed, on one sheet, in the reader's language.
func (q *request) contractPaper() error {
	book, rec, err := q.findContract()
	if err != nil {
		return err
	}
	owner := q.called(book, "party", rec.Herd.Owner)
	animals, young := q.called(book, "commodity", rec.Herd.Animals), q.called(book, "commodity", rec.Herd.Young)
	clause := func(n int, key string, arguments ...any) view.Component {
		return view.Text{Prose: append(view.Prose{{Text: itoa(int64(n)) + ". "}}, q.write("industry.paper."+key, arguments...)...)}
	}
	var body []view.Component
	body = append(body, view.Facts{
		{Name: q.Text("industry.paper.number"), Value: isolated(rec.ID)},
		{Name: q.Text("industry.paper.party-a"), Value: view.Plain(q.Text("industry.paper.village", owner, q.area(rec.Area), q.area(book)))},
		{Name: q.Text("industry.paper.party-b"), Value: isolated(q.Text("industry.household-is", rec.Household))},
	}, clause(1, "heads", rec.Heads, animals), clause(2, "term", q.Date(rec.Begun), q.Date(rec.Until)))
	switch {
	case rec.Offspring != "household":
		body = append(body, clause(3, "young-village", cmp.Or(young, animals)))
	case rec.Share == 0:
		body = append(body, clause(3, "young-household-whole", cmp.Or(young, animals)))
	default:
		body = append(body, clause(3, "young-household", cmp.Or(young, animals), itoa(rec.Share)))
	}
	body = append(body, clause(4, "give-back", rec.Duty(), animals))
	if rec.Replace {
		body = append(body, clause(5, "replace"))
	} else {
		body = append(body, clause(5, "no-replace"))
	}
	if rec.Deposit > 0 {
		body = append(body, clause(6, "deposit", q.exact(rec.Deposit)))
	} else {
		body = append(body, clause(6, "no-deposit"))
	}
	if rec.Inspect > 0 {
		body = append(body, clause(7, "inspect", rec.Inspect))
	} else {
		body = append(body, clause(7, "no-inspect"))
	}
	if len(rec.Tags) > 0 {
		body = append(body, clause(8, "tags", strings.Join(rec.Tags, ", ")))
	} else {
		body = append(body, clause(8, "no-tags"))
	}
	body = append(body, clause(9, "copies"), view.Signatures{Who: []string{q.Text("industry.paper.sign-a"), q.Text("industry.paper.sign-b"), q.Text("industry.paper.witness")}, Date: q.Text("industry.paper.date")})
	return q.show(view.Heading{
		Crumbs: []view.Link{{Label: q.Text("industry.herds"), Href: "/herds"}, {Label: rec.ID, Href: link("contracts", book, rec.ID)}, {Label: q.Text("industry.paper")}},
		Title:  q.Text("industry.paper.title"), Lead: view.Plain(q.Text("industry.paper.lead")),
	}, body...)
}
