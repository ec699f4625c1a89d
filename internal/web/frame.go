package web

import (
	"strings"

	"lastmile/internal/web/view"
)

// place is one of the places that the frame leads to.
type place struct{ icon, key, href string }

var (
	places = []place{
		{"overview", "nav.overview", "/"},
		{"approve", "nav.claims", "/claims"},
		{"trend", "nav.figures", "/figures"},
	}
	fieldPlaces = []place{
		{"map", "nav.areas", "/areas"},
		{"layers", "nav.projects", "/projects"},
		{"yuan", "nav.money", "/money"},
	}
	auditPlaces = []place{
		{"ledger", "nav.journal", "/journal"},
		{"shield", "nav.chain", "/chain"},
	}
	tabPlaces = []place{places[0], fieldPlaces[1], fieldPlaces[2], {"menu", "nav.more", "/search"}}
)

// frame fills the frame of a page.
func (q *request) frame() {
	group := func(title string, list []place) view.NavGroup {
		g := view.NavGroup{Title: title}
		for _, p := range list {
			g.Items = append(g.Items, view.NavItem{Icon: p.icon, Label: q.text(p.key), Href: p.href, Current: q.at(p.href)})
		}
		return g
	}
	q.Nav = []view.NavGroup{group("", places), group(q.text("nav.field"), fieldPlaces), group(q.text("nav.audit"), auditPlaces)}
	q.Tabs = group("", tabPlaces).Items
	q.Page.Search = &view.Search{Action: "/search", Query: q.FormValue("q"), Hint: q.text("search.hint")}
	q.Footer = []view.Link{{Label: q.text("nav.journal"), Href: "/journal"}, {Label: q.text("nav.chain"), Href: "/chain"}}
	if q.site.o.Frame != nil {
		q.site.o.Frame(q.Request, &q.Page)
	}
}

// at tells whether the page lies under a place.
func (q *request) at(href string) bool {
	path := q.URL.Path
	if href == "/" {
		return path == "/"
	}
	return path == href || strings.HasPrefix(path, href+"/")
}
