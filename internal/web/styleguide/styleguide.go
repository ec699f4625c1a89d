// Package styleguide shows every component of the design with sample data, in
// every language and both themes, and whole pages made of nothing but those components:
// the overview, a household, a visit and a public notice. It is the place to look
// at a change of design before anybody else does, and its tests hold the pages to
// the budgets of the design guide.
//
// Mount it at Path beside the assets:
//
//	mux.Handle(asset.Prefix, assets)
//	mux.Handle(styleguide.Path, guide)
//
// All its data is made up.
package styleguide

import (
	"embed"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"

	"lastmile/internal/web/asset"
	"lastmile/internal/web/locale"
	"lastmile/internal/web/view"
)

//go:embed template/*.html
var templates embed.FS

//go:embed photo/*.svg
var photos embed.FS

// Path is where the guide is mounted.
const Path = "/styleguide/"

// Guide serves the style guide.
type Guide struct {
	engine *view.Engine
	assets *asset.Set
	mux    *http.ServeMux
}

// New makes the guide with an engine of its own, to which it adds its templates.
func New(assets *asset.Set) (*Guide, error) {
	inside, err := fs.Sub(templates, "template")
	if err != nil {
		return nil, fmt.Errorf("make style guide: %w", err)
	}
	engine, err := view.New(assets, view.Source{Templates: inside})
	if err != nil {
		return nil, fmt.Errorf("make style guide: %w", err)
	}
	g := &Guide{engine: engine, assets: assets, mux: http.NewServeMux()}
	g.mux.HandleFunc("GET "+Path+"{$}", g.page(g.parts))
	g.mux.HandleFunc("GET "+Path+"overview", g.page(g.overview))
	g.mux.HandleFunc("GET "+Path+"household", g.page(g.household))
	g.mux.HandleFunc("GET "+Path+"visit", g.page(g.visit))
	g.mux.HandleFunc("GET "+Path+"notice", g.page(g.publicNotice))
	g.mux.HandleFunc("GET "+Path+"figure", g.figure)
	g.mux.HandleFunc("GET "+Path+"job", g.job)
	g.mux.Handle("GET "+Path+"photo/", http.StripPrefix(Path, http.FileServerFS(photos)))
	return g, nil
}

// ServeHTTP serves the guide, with the policy and the preferences of every page.
func (g *Guide) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	view.Secure(g.engine.Preferences(g.mux)).ServeHTTP(w, r)
}

// page draws a page of components, or tells the log why it cannot.
func (g *Guide) page(make func(view.Page, *http.Request) (view.Stack, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		stack, err := make(g.frame(r), r)
		if err == nil {
			err = g.engine.Render(w, http.StatusOK, view.StackPage, stack)
		}
		if err != nil {
			fail(w, r, err)
		}
	}
}

func fail(w http.ResponseWriter, r *http.Request, err error) {
	slog.Error("draw style guide", "path", r.URL.Path, "error", err)
	http.Error(w, "This page could not be drawn. The log says why.", http.StatusInternalServerError)
}

// figure shows how a figure was made: by itself for the drawer, and otherwise as a
// page.
func (g *Guide) figure(w http.ResponseWriter, r *http.Request) {
	page := g.frame(r)
	lineage := words{page.Printer}.lineage()
	if r.Header.Get("HX-Request") == "true" {
		if err := g.engine.RenderPart(w, http.StatusOK, page.Printer.Language, lineage); err != nil {
			fail(w, r, err)
		}
		return
	}
	lineage.Close = ""
	page.Title = lineage.Name
	stack := view.Stack{Page: page, Heading: view.Heading{Title: lineage.Name}, Body: []view.Component{lineage}}
	if err := g.engine.Render(w, http.StatusOK, view.StackPage, stack); err != nil {
		fail(w, r, err)
	}
}

// job says how the sample job stands when its bar asks: it has ended.
func (g *Guide) job(w http.ResponseWriter, r *http.Request) {
	printer := g.engine.Page(r).Printer
	t := words{printer}
	job := t.runningJob(view.State{Kind: view.Done, Word: t.say("done", "已完成")})
	job.Done, job.Count, job.Cancel = job.Total, t.say("12,000 of 12,000 rows", "12,000 行已全部完成"), nil
	job.Step, job.Result = "", view.Link{Label: t.say("See what was recorded", "查看登记结果"), Href: Path}
	if err := g.engine.RenderPart(w, http.StatusOK, printer.Language, job); err != nil {
		fail(w, r, err)
	}
}

// frame is the frame of a programme officer's page.
func (g *Guide) frame(r *http.Request) view.Page {
	page := g.engine.Page(r)
	t := words{page.Printer}
	item := func(icon, english, chinese, place string) view.NavItem {
		href := Path + place
		return view.NavItem{Icon: icon, Label: t.say(english, chinese), Href: href, Current: href == r.URL.Path}
	}
	waiting := item("bell", "Waiting for you", "待办", "?at=waiting")
	waiting.Count = "6"
	page.Nav = []view.NavGroup{
		{Items: []view.NavItem{
			item("overview", "Overview", "总览", "overview"),
			waiting,
			item("people", "Households", "农户", "household"),
			item("target", "Targeting & posting", "识别与公示", "?at=targeting"),
			item("layers", "Projects", "项目", "?at=projects"),
			item("ledger", "Ledger", "台账", "?at=ledger"),
		}},
		{Title: t.say("Field programmes", "专项"), Items: []view.NavItem{
			item("sheep", "Livestock", "牲畜", "?at=livestock"),
			item("yuan", "Loans", "小额信贷", "?at=loans"),
			item("house", "Housing", "危房改造", "?at=housing"),
			item("drop", "Water", "饮水", "?at=water"),
			item("book", "Education", "教育", "?at=education"),
		}},
		{Title: t.say("Institution", "机构"), Items: []view.NavItem{
			item("flag", "Postings", "挂职干部", "?at=postings"),
			item("trend", "Capital market", "资本市场", "?at=market"),
			item("document", "Annual report", "年度报告", "?at=report"),
		}},
	}
	page.Tabs = []view.NavItem{
		item("overview", "Overview", "总览", "overview"),
		item("bell", "To do", "待办", "?at=waiting"),
		item("people", "Households", "农户", "household"),
		item("menu", "More", "更多", ""),
	}
	page.Home = Path + "overview"
	page.User = &view.User{Name: t.say("He Min", "何敏"), Role: t.say("Programme officer", "项目主管")}
	page.Search = &view.Search{Action: Path, Hint: t.say("Household, village, project, voucher…", "农户、村、项目、凭证号…")}
	page.Footer = []view.Link{
		{Label: t.say("Public portal", "公开门户"), Href: Path},
		{Label: t.say("Audit log", "审计日志"), Href: Path},
	}
	return page
}

// words writes sample data in the reader's language.
type words struct{ *locale.Printer }

func (t words) say(english, chinese string) string {
	if t.Language == locale.Chinese {
		return chinese
	}
	return english
}

func (t words) yuan(yuan int64) string { return t.Money(yuan*100, locale.Yuan) }

// figure is a figure that opens; yuan writes its value.
func (t words) figure(yuan int64) view.FigureLink {
	return view.FigureLink{Value: t.yuan(yuan), Href: figureHref}
}

const figureHref = Path + "figure"

func place(name string) string { return Path + "?at=" + url.QueryEscape(name) }
