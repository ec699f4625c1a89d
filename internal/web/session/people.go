package session

import (
	"cmp"
	"net/http"
	"slices"

	"lastmile/internal/access"
	"lastmile/internal/entity"
	"lastmile/internal/fault"
	"lastmile/internal/web/view"
)

// people lists who works with the programme, for those who may see it.
func (g *Guard) people(w http.ResponseWriter, r *http.Request) {
	v := Of(r)
	if err := mayLook(v); err != nil {
		g.Refuse(w, r, err)
		return
	}
	page := g.Page(r)
	words := g.Words(page)
	list, err := entity.Find(r.Context(), g.store.DB, entity.Filter{Book: entity.Headquarters, Type: "person"})
	if err != nil {
		g.Refuse(w, r, err)
		return
	}
	held, err := access.AllHeld(r.Context(), g.store.DB, g.store.Today())
	if err != nil {
		g.Refuse(w, r, err)
		return
	}
	withPassword, err := g.store.Accounts.Persons(r.Context())
	if err != nil {
		g.Refuse(w, r, err)
		return
	}
	withdrawn, err := g.store.Accounts.Withdrawn(r.Context())
	if err != nil {
		g.Refuse(w, r, err)
		return
	}
	t := view.Table{Columns: []view.Column{{Label: words.Text("login.person")}, {Label: words.Text("person.name")}, {Label: words.Text("person.unit")}, {Label: words.Text("person.role")}, {Label: words.Text("person.access"), Kind: view.StateColumn}},
		Empty: &view.Empty{Icon: "people", Title: words.Text("people.none"), Text: words.Text("people.none.why")}}
	areas := map[string]string{}
	for _, e := range list {
		var roles []string
		for _, h := range held[e.ID] {
			role := words.Role(h.Role)
			if h.Area != "" {
				if areas[h.Area] == "" {
					area, _, err := entity.Get(r.Context(), g.store.DB, entity.Headquarters, "area", h.Area)
					if err != nil {
						g.Refuse(w, r, err)
						return
					}
					areas[h.Area] = words.Place(cmp.Or(area.Name, h.Area))
				}
				role = words.Text("person.role.in", role, areas[h.Area])
			}
			if !slices.Contains(roles, role) {
				roles = append(roles, role)
			}
		}
		state := view.State{Kind: view.NotStarted, Word: words.Text("person.cannot")}
		if provided := g.o.Provider != nil && len(held[e.ID]) > 0 && !withdrawn[e.ID]; withPassword[e.ID] || provided {
			state = view.State{Kind: view.Done, Word: words.Text("person.can")}
		}
		t.Rows = append(t.Rows, view.Row{Cells: []view.Cell{{Text: e.ID, Href: peoplePath + "/" + e.ID}, {Text: e.Name}, {Text: orNone(words, e.Class)}, {Text: orNone(words, words.List(roles))}, {State: &state}}})
	}
	heading := view.Heading{Title: words.Text("people.title"), Lead: view.Plain(words.Text("people.lead", len(list)))}
	if v.Holds("administrator") {
		heading.Buttons = []view.Button{{Label: words.Text("people.add"), Kind: view.Primary, Href: "/record/person"}, {Label: words.Text("people.appoint"), Href: "/record/appointment"}}
	}
	events, err := g.store.Accounts.Events(r.Context(), "", eventsShown)
	if err != nil {
		g.Refuse(w, r, err)
		return
	}
	happened := view.Table{Columns: []view.Column{{Label: words.Text("event.at")}, {Label: words.Text("event.whom")}, {Label: words.Text("event.what")}, {Label: words.Text("event.by")}, {Label: words.Text("session.address")}},
		Empty: &view.Empty{Icon: "clock", Title: words.Text("events.none"), Text: words.Text("events.none.why")}}
	for _, e := range events {
		happened.Rows = append(happened.Rows, view.Row{Cells: []view.Cell{{Text: moment(words, e.At)}, {Text: g.named(r, words, e.Person)}, {Text: words.Text("event." + e.Event)}, {Text: g.named(r, words, e.By)}, {Text: orNone(words, e.Address)}}})
	}
	g.Show(w, r, http.StatusOK, view.Stack{Page: page, Heading: heading, Body: []view.Component{t, section(words, "events", happened)}})
}

func mayLook(v *Visit) error {
	if v.SeesPeople() {
		return nil
	}
	return fault.New(fault.Forbidden, "area.hidden", "%s holds no role for area %q", v.Person, "people").Mend("Ask an administrator.")
}

// person is one person's access, with what an administrator can do about it.
func (g *Guard) person(w http.ResponseWriter, r *http.Request) { g.personPage(w, r, "") }

func (g *Guard) personPage(w http.ResponseWriter, r *http.Request, oneTime string) {
	v := Of(r)
	if err := mayLook(v); err != nil {
		g.Refuse(w, r, err)
		return
	}
	page := g.Page(r)
	words := g.Words(page)
	person, err := access.Read(r.Context(), g.store.DB, r.PathValue("person"), g.store.Today())
	if err != nil {
		g.Refuse(w, r, err)
		return
	}
	sessions, err := g.store.Accounts.Sessions(r.Context(), person.Person)
	if err != nil {
		g.Refuse(w, r, err)
		return
	}
	events, err := g.store.Accounts.Events(r.Context(), person.Person, eventsShown)
	if err != nil {
		g.Refuse(w, r, err)
		return
	}
	if oneTime != "" {
		page.Status = []view.Status{{Kind: view.Sent, Icon: "lock", Lead: words.Text("person.one-time"), Text: oneTime}}
	}
	roles, err := g.rolesTable(r, words, person)
	if err != nil {
		g.Refuse(w, r, err)
		return
	}
	body := []view.Component{section(words, "roles", roles), view.Section{Head: view.SectionHead{ID: "sessions", Title: words.Text("people.sessions")}, Parts: []view.Component{g.sessionsTable(words, sessions, "")}}}
	if v.Holds("administrator") {
		do := func(action string) view.Button {
			return view.Button{Label: words.Text("person.do." + action), Name: "do", Value: action}
		}
		withdraw := do("withdraw")
		withdraw.Kind = view.Danger
		body = append(body, view.Section{Head: view.SectionHead{ID: "do", Title: words.Text("person.do")}, Parts: []view.Component{
			view.Text{Prose: view.Plain(words.Text("person.do.lead"))},
			view.Form{Action: peoplePath + "/" + person.Person, Plain: true, Hidden: v.Hidden(), Buttons: []view.Button{do("reset"), do("sessions"), withdraw}},
		}})
	}
	g.Show(w, r, http.StatusOK, view.Stack{Page: page,
		Heading: view.Heading{Crumbs: []view.Link{{Label: words.Text("people.title"), Href: peoplePath}, {Label: person.Person}}, Title: person.Name, Lead: view.Plain(orNone(words, person.Unit))},
		Body:    append(body, section(words, "events", g.eventsTable(r, words, events)))})
}

func (g *Guard) changePerson(w http.ResponseWriter, r *http.Request) {
	v := Of(r)
	person, do := r.PathValue("person"), r.PostForm.Get("do")
	if !v.Holds("administrator") {
		g.Refuse(w, r, fault.New(fault.Forbidden, "kind.by", "%s is no administrator", v.Person).Mend("Ask an administrator."))
		return
	}
	oneTime, err := g.store.Accounts.Do(r.Context(), do, person, v.Person)
	if err != nil {
		g.Refuse(w, r, err)
		return
	}
	g.o.Log.Info("changed access", "person", person, "do", do, "by", v.Person)
	if oneTime != "" {
		g.personPage(w, r, oneTime)
		return
	}
	http.Redirect(w, r, peoplePath+"/"+person, http.StatusSeeOther)
}
