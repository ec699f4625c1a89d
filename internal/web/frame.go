package web

import (
	"net/http"
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

// frame puts round a page the places of this package, the search and the footer.
func (s *site) frame(r *http.Request, p *view.Page) {
	group := func(title string, list []place) view.NavGroup {
		g := view.NavGroup{Title: title}
		for _, one := range list {
			g.Items = append(g.Items, view.NavItem{Icon: one.icon, Label: p.Printer.Text(one.key), Href: one.href, Current: at(r, one.href)})
		}
		return g
	}
	text := p.Printer.Text
	p.Nav = []view.NavGroup{group("", places), group(text("nav.field"), fieldPlaces), group(text("nav.audit"), auditPlaces)}
	p.Tabs = group("", tabPlaces).Items
	p.Search = &view.Search{Action: "/search", Hint: text("search.hint")}
	if at(r, "/search") {
		p.Search.Query = r.FormValue("q")
	}
	p.Footer = []view.Link{{Label: text("nav.journal"), Href: "/journal"}, {Label: text("nav.chain"), Href: "/chain"}}
}

// frame fills the frame of a page of this package.
func (q *request) frame() {
	q.site.frame(q.Request, &q.Page)
	if q.site.o.Frame != nil {
		q.site.o.Frame(q.Request, &q.Page)
	}
}

// at tells whether a page lies under a place.
func at(r *http.Request, href string) bool {
	path := r.URL.Path
	if href == "/" {
		return path == "/"
	}
	return path == href || strings.HasPrefix(path, href+"/")
}
