package desk_test

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"lastmile/internal/access"
	"lastmile/internal/api"
	"lastmile/internal/fact"
	"lastmile/internal/indicator"
	"lastmile/internal/ledger"
	"lastmile/internal/project"
	"lastmile/internal/testworld"
	"lastmile/internal/web/todo"
	"lastmile/internal/web/webtest"
)

// stranger is a role that nobody gave: not logged in.
const stranger = "stranger"

func everybody() []testworld.Person {
	return append(slices.Clone(testworld.People), testworld.Person{Role: stranger})
}

// TestKindsAsEveryRole opens and sends the form of every kind of fact as every role and as a stranger. What they may is what the kind says.
func TestKindsAsEveryRole(t *testing.T) {
	app := webtest.New(t)
	for _, p := range everybody() {
		b := app.As(p.ID)
		token := ""
		if p.Role != stranger {
			token = b.Get("/account").Form("/logout").Values.Get("form-token")
		}
		listed := b.Get("/record").Links()
		for _, k := range fact.Kinds() {
			may := slices.Contains(k.By, p.Role)
			open, send := http.StatusForbidden, http.StatusForbidden
			switch {
			case p.Role == stranger:
				open, send = http.StatusUnauthorized, http.StatusUnauthorized
			case may:
				open, send = http.StatusOK, http.StatusUnprocessableEntity
			}
			path := "/record/" + k.Name
			if got := b.Get(path); got.Status != open {
				t.Errorf("%s opens the form of a %s: %d, want %d", p.Role, k.Name, got.Status, open)
			}
			empty := url.Values{"form-token": {token}, "key": {"k"}}
			if got := b.Do(http.MethodPost, path, "application/x-www-form-urlencoded", strings.NewReader(empty.Encode())); got.Status != send {
				t.Errorf("%s sends an empty form of a %s: %d, want %d", p.Role, k.Name, got.Status, send)
			}
			if slices.Contains(listed, path) != may {
				t.Errorf("%s: a %s is listed: %v, want %v", p.Role, k.Name, !may, may)
			}
		}
	}
}

// route is an address of one of the application's routes, and which persons of the world may come to it.
type route struct {
	path string
	who  []string // "all" is everybody who is logged in; "open" everybody at all
	form string   // fields of a request that is sent
	want int      // status for those who may
}

var (
	all    = []string{"all"}
	open   = []string{"open"}
	lookon = []string{"admin", "audit", "lead"} // who see the people
)

// TestRoutesAsEveryRole comes to every route as every role and as a stranger, in both languages.
func TestRoutesAsEveryRole(t *testing.T) {
	app := webtest.New(t)
	p := app.Record("fin", nil, &project.Disbursement{Project: "p-" + testworld.Wushan, To: "builder-" + testworld.Wushan, Amount: 1, Voucher: "V", Purpose: "x"})
	panel := todo.Href(p.Book, p.Seq)
	app.Record("officer", nil, &indicator.Figure{ID: "committed", Version: 1, En: "Committed", Zh: "承诺", Unit: "CNY", Scale: 2, Aggregate: "sum", Terms: "commitment:CNY"})
	wide := []string{"admin", "lead", "officer", "fin", "approver", "second", "audit"}                       // the whole programme
	near := []string{"admin", "lead", "officer", "assistant", "loans", "fin", "approver", "second", "audit"} // of Wushan
	job, err := app.Store.Intake.Add(t.Context(), "fin", fact.Find("disbursement"), "pay.csv", strings.NewReader("on,project\n2020-05-01,x\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	wushan, budget := last(t, app, testworld.Wushan), ledger.NewAccount(testworld.Wushan, ledger.Budget, testworld.Wushan, "", "p-"+testworld.Wushan, "").ID
	proof := app.Evidence()
	routes := map[string]route{
		"GET /{$}":                      {"/", all, "", 200},
		"GET /flow":                     {"/flow", all, "", 200},
		"GET /flow.csv":                 {"/flow.csv", all, "", 200},
		"GET /claims":                   {"/claims", all, "", 200},
		"GET /claims.csv":               {"/claims.csv", all, "", 200},
		"GET /figures":                  {"/figures?area=" + testworld.Wushan, near, "", 200},
		"GET /figures.csv":              {"/figures.csv?project=p-" + testworld.Wushan, near, "", 200},
		"GET /figures/{id}":             {"/figures/committed", all, "", 200},
		"GET /figures/{id}/records":     {"/figures/committed/records?area=" + testworld.Wushan, near, "", 200},
		"GET /figures/{id}/records.csv": {"/figures/committed/records.csv?area=" + testworld.Wushan, near, "", 200},
		"GET /areas":                    {"/areas", all, "", 200},
		"GET /areas/{code}":             {"/areas/" + testworld.Wushan, near, "", 200},
		"GET /projects":                 {"/projects", all, "", 200}, // the reader's own; see TestScope
		"GET /projects.csv":             {"/projects.csv", all, "", 200},
		"GET /projects/{book}/{id}":     {"/projects/" + testworld.Wushan + "/p-" + testworld.Wushan, near, "", 200},
		"GET /money":                    {"/money", all, "", 200},
		"GET /accounts":                 {"/accounts", all, "", 200},
		"GET /accounts.csv":             {"/accounts.csv", all, "", 200},
		"GET /accounts/{book}/{id}":     {"/accounts/" + testworld.Wushan + "/" + budget, near, "", 200},
		"GET /postings":                 {"/postings", all, "", 200},
		"GET /postings.csv":             {"/postings.csv", all, "", 200},
		"GET /parties/{book}/{id}":      {"/parties/" + testworld.Wushan + "/builder-" + testworld.Wushan, near, "", 200},
		"GET /entries/{book}/{seq}":     {"/entries/" + testworld.Wushan + "/" + strconv.FormatInt(wushan.Seq, 10), near, "", 200},
		"GET /evidence/{hash}":          {"/evidence/" + proof, nil, "", 0}, // the address alone opens nothing
		"GET /journal":                  {"/journal?book=" + testworld.Wushan, near, "", 200},
		"GET /chain":                    {"/chain", all, "", 200},
		"POST /chain":                   {"/chain", wide, "x=y", 404}, // nothing to verify with in this test
		"GET /search":                   {"/search?q=x", all, "", 200},
		"/":                             {"/nowhere", all, "", 404},
		"/styleguide/":                  {"/styleguide/", all, "", 200},
		"/assets/":                      {"/assets/none", open, "", 404},
		"GET /healthz":                  {"/healthz", open, "", 200},
		"GET /readyz":                   {"/readyz", open, "", 200},
		"GET /metrics":                  {"/metrics", open, "", 200},
		"GET /robots.txt":               {"/robots.txt", open, "", 200},

		"GET /login":                                       {"/login", open, "", 200},
		"POST /login":                                      {"/login", open, "person=nobody", 403},
		"GET /setup":                                       {"/setup", open, "", 303},
		"POST /setup":                                      {"/setup", open, "code=x", 303},
		"POST /logout":                                     {}, // comes last, below
		"GET /account":                                     {"/account", all, "", 200},
		"GET /account/password":                            {"/account/password", all, "", 200},
		"POST /account/password":                           {"/account/password", all, "old=x", 403},
		"POST /account/sessions":                           {"/account/sessions", all, "session=none", 303},
		"POST /account/tokens":                             {"/account/tokens", all, "name=x", 422},
		"POST /account/tokens/revoke":                      {"/account/tokens/revoke", all, "token=x", 303},
		"GET /people":                                      {"/people", lookon, "", 200},
		"GET /people/{person}":                             {"/people/officer", lookon, "", 200},
		"POST /people/{person}":                            {"/people/officer", []string{"admin"}, "do=sessions", 303},
		"GET /record":                                      {"/record", all, "", 200},
		"GET /record/{kind}":                               {"/record/milestone-reached", []string{"officer", "assistant", "faraway"}, "", 200},
		"POST /record/{kind}":                              {"/record/milestone-reached", []string{"officer", "assistant", "faraway"}, "key=k", 422},
		"GET /record/{kind}/done":                          {"/record/disbursement/done?at=" + p.Book + ":1", []string{"fin"}, "", 200},
		"GET /files/{hash}":                                {"/files/00", nil, "", 0},
		"GET /files/{hash}/small":                          {"/files/00/small", nil, "", 0},
		"/api/":                                            {"/api/nonsense", nil, "", 0},
		"GET /api/openapi.json":                            {"/api/openapi.json", open, "", 200},
		"GET /api/v1/kinds":                                {"/api/v1/kinds", all, "", 200},
		"GET /api/v1/kinds/{kind}":                         {"/api/v1/kinds/party", all, "", 200},
		"POST /api/v1/facts/{kind}":                        {"/api/v1/facts/party", nil, "", 0},
		"POST /api/v1/evidence":                            {"/api/v1/evidence", nil, "", 0},
		"GET /api/v1/entries":                              {"/api/v1/entries", all, "", 200},
		"GET /api/v1/entries/{book}/{seq}":                 {"/api/v1/entries/" + testworld.Wushan + "/1", near, "", 200},
		"GET /api/v1/figures":                              {"/api/v1/figures?area=" + testworld.Wushan, near, "", 200},
		"GET /api/v1/figures/{id}":                         {"/api/v1/figures/committed?area=" + testworld.Wushan, near, "", 200},
		"GET /api/v1/figures/{id}/lineage":                 {"/api/v1/figures/committed/lineage?area=" + testworld.Wushan, near, "", 200},
		"GET /api/v1/claims":                               {"/api/v1/claims", all, "", 200},
		"GET /api/v1/things/{type}":                        {"/api/v1/things/project", all, "", 200}, // the caller's own; see TestScope
		"GET /api/v1/things/{type}/{book}/{id}":            {"/api/v1/things/project/" + testworld.Wushan + "/p-" + testworld.Wushan, near, "", 200},
		"GET /api/v1/balances":                             {"/api/v1/balances", all, "", 200},
		"GET /api/v1/books":                                {"/api/v1/books", all, "", 200},
		"GET /api/v1/entries/{book}/{seq}/effects":         {"/api/v1/entries/" + testworld.Wushan + "/1/effects", near, "", 200},
		"GET /api/v1/entries/{book}/{seq}/evidence/{hash}": {"/api/v1/entries/" + testworld.Wushan + "/1/evidence/" + proof, near, "", 404}, // it proves another
		"POST /api/v1/imports/{kind}":                      {"/api/v1/imports/party", nil, "", 0},
		"GET /api/v1/imports":                              {"/api/v1/imports", all, "", 200},
		"GET /api/v1/imports/{id}":                         {"/api/v1/imports/" + job.ID, []string{"fin"}, "", 200},
		"POST /api/v1/imports/{id}/record":                 {"/api/v1/imports/" + job.ID + "/record", nil, "", 0},
		"POST /api/v1/imports/{id}/stop":                   {"/api/v1/imports/" + job.ID + "/stop", nil, "", 0},
		"GET /api/v1/imports/{id}/wrong":                   {"/api/v1/imports/" + job.ID + "/wrong", nil, "", 0},
		"GET /api/v1/proposals":                            {"/api/v1/proposals", all, "", 200},
		"POST /api/v1/proposals/{book}/{seq}":              {"/api/v1/proposals/hq/1", nil, "", 0},
		"GET /developers":                                  {"/developers", all, "", 200},
		"GET /developers/{operation}":                      {"/developers/listKinds", all, "", 200},
		"POST /developers/{operation}":                     {"/developers/listKinds", all, "x=y", 200},
		"GET /import":                                      {"/import", all, "", 200},
		"GET /import/{kind}":                               {"/import/milestone-reached", []string{"officer", "assistant", "faraway"}, "", 200},
		"POST /import/{kind}":                              {"/import/milestone-reached", []string{"officer", "assistant", "faraway"}, "x=y", 422},
		"GET /import/{kind}/template":                      {"/import/disbursement/template?format=csv", []string{"fin"}, "", 200},
		"GET /imports/{id}":                                {"/imports/" + job.ID, []string{"fin"}, "", 200},
		"GET /imports/{id}/bar":                            {"/imports/" + job.ID + "/bar", []string{"fin"}, "", 200},
		"POST /imports/{id}/check":                         {"/imports/" + job.ID + "/check", []string{"fin"}, "on=never", 422},
		"POST /imports/{id}/record":                        {"/imports/" + job.ID + "/record", []string{"fin"}, "x=y", 409},
		"POST /imports/{id}/stop":                          {"/imports/" + job.ID + "/stop", []string{"fin"}, "x=y", 409},
		"GET /imports/{id}/rows":                           {"/imports/" + job.ID + "/rows", nil, "", 0},
		"GET /targeting":                                   {"/targeting", all, "", 200},
		"GET /targeting/try":                               {"/targeting/try", all, "", 200},
		"POST /targeting/try":                              {"/targeting/try", near, "area=" + testworld.Wushan + "&as-of=2020-05-01&rules=x", 422},
		"GET /targeting/runs/{book}/{id}":                  {"/targeting/runs/" + testworld.Wushan + "/none", all, "", 404},
		"POST /targeting/runs/{book}/{id}":                 {"/targeting/runs/" + testworld.Wushan + "/none", all, "", 404},
		"GET /targeting/runs/{book}/{id}/list.csv":         {"/targeting/runs/" + testworld.Wushan + "/none/list.csv", all, "", 404},
		"GET /targeting/sweep":                             {"/targeting/sweep", all, "", 200},
		"POST /targeting/sweep":                            {"/targeting/sweep", near, "area=" + testworld.Wushan + "&as-of=never&do=look", 422},
		"GET /targeting/alerts.csv":                        {"/targeting/alerts.csv", all, "", 200},
		"GET /todo":                                        {"/todo", all, "", 200},
		"GET /todo/together":                               {"/todo/together", all, "", 200},
		"POST /todo/together":                              {"/todo/together", all, "x=y", 422},
		"GET /todo/{book}/{seq}":                           {panel, near, "", 200},
		"POST /todo/{book}/{seq}":                          {panel, near, "decision=back", 422},

		"GET /households":                       {"/households", all, "", 200}, // the reader's own
		"GET /households/poverty":               {"/households/poverty?area=" + testworld.Wushan, near, "", 200},
		"GET /households/poverty.csv":           {"/households/poverty.csv?area=" + testworld.Wushan, near, "", 404}, // no household is on record
		"GET /api/v1/households/poverty":        {"/api/v1/households/poverty?area=" + testworld.Wushan, near, "", 404},
		"GET /households.csv":                   {"/households.csv?area=" + testworld.Wushan, near, "", 200},
		"GET /households/{book}/{id}":           {"/households/" + testworld.Wushan + "/none", all, "", 404},
		"GET /households/{book}/{id}/money.csv": {"/households/" + testworld.Wushan + "/none/money.csv", all, "", 404},
		"GET /households/{book}/{id}/reveal":    {"/households/" + testworld.Wushan + "/none/reveal", all, "", 404},
		"POST /households/{book}/{id}/reveal":   {"/households/" + testworld.Wushan + "/none/reveal", all, "reason=x", 404},
		"GET /households/{book}/{id}/sheet":     {"/households/" + testworld.Wushan + "/none/sheet", all, "", 404},
		"GET /households/{book}/{id}/handbook":  {"/households/" + testworld.Wushan + "/none/handbook", all, "", 404},
		"GET /households/{book}/{id}/visit":     {"/households/" + testworld.Wushan + "/none/visit", all, "", 404},
		"POST /households/{book}/{id}/visit":    {"/households/" + testworld.Wushan + "/none/visit", all, "on=x", 404},
		"GET /cases":                            {"/cases", all, "", 200},
		"GET /cases.csv":                        {"/cases.csv", all, "", 200},
		"GET /cases/{book}/{id}":                {"/cases/" + testworld.Wushan + "/none", all, "", 404},
		"GET /notices":                          {"/notices", open, "", 200}, // public by their nature
		"GET /notices.csv":                      {"/notices.csv", open, "", 200},
		"GET /notices/{book}/{id}":              {"/notices/" + testworld.Wushan + "/none", open, "", 404},
		"GET /monitoring":                       {"/monitoring", all, "", 200},
		"GET /monitoring.csv":                   {"/monitoring.csv", all, "", 200},
		"GET /duplicates":                       {"/duplicates", all, "", 200},
		"GET /duplicates.csv":                   {"/duplicates.csv", all, "", 200},
		"GET /duplicates/{book}/{id}":           {"/duplicates/" + testworld.Wushan + "/none", all, "", 404},
	}
	// Lists show everybody what lies in their areas. What one thing is like is asked for here of things that are not there; see package industry.
	for _, path := range []string{"/due", "/herds", "/contracts", "/investments", "/jobs", "/dividends", "/dividends/uses", "/sharings", "/goods", "/goods/donations", "/goods/deliveries", "/goods/dispatches", "/goods/assets"} {
		routes["GET "+path] = route{path, all, "", 200}
		routes["GET "+path+".csv"] = route{path + ".csv", all, "", 200}
	}
	for _, path := range []string{"/herds", "/contracts", "/investments", "/goods/dispatches", "/goods/assets"} {
		routes["GET "+path+"/{book}/{id}"] = route{path + "/" + testworld.Wushan + "/none", all, "", 404}
	}
	routes["GET /contracts/{book}/{id}/paper"] = route{"/contracts/" + testworld.Wushan + "/none/paper", all, "", 404}
	for _, part := range []string{"", "/list.csv", "/notice"} {
		routes["GET /dividends/{book}/{id}"+part] = route{"/dividends/" + testworld.Wushan + "/none" + part, near, "", 404}
	}
	for _, path := range []string{"", "/all", "/due", "/arrears", "/applications", "/pools", "/extensions", "/statements", "/subsidies", "/messages", "/closing"} {
		routes["GET /loans"+path] = route{"/loans" + path, all, "", 200}
		routes["GET /loans"+path+".csv"] = route{"/loans" + path + ".csv", all, "", 200}
	}
	for _, path := range []string{"", "/schedule.csv", "/receipts.csv", "/history.csv", "/versions.csv", "/contract", "/receipt/{seq}", "/extension/{seq}"} { // the world has no loan
		routes["GET /loans/loan/{book}/{id}"+path] = route{"/loans/loan/" + testworld.Wushan + "/none" + path, all, "", 404}
	}
	for _, path := range []string{"borrower/{book}/{id}", "outlet/{book}/{id}", "pool/{book}/{id}", "pool/{book}/{id}/calls.csv", "pool/{book}/{id}/ratios.csv"} {
		routes["GET /loans/"+path] = route{"/loans/" + strings.Replace(path, "{book}", testworld.Wushan, 1), near, "", 404}
	}
	routes["GET /loans/closing/bar"] = route{"/loans/closing/bar", all, "", 404} // the world closes no days
	routes["GET /loans/closing/unclosed.csv"] = route{"/loans/closing/unclosed.csv", all, "", 200}
	for _, path := range []string{"", "/list.csv"} {
		routes["GET /sharings/{book}/{id}"+path] = route{"/sharings/" + testworld.Wushan + "/none" + path, all, "", 404}
	}
	routes["GET /cases/{book}/{id}/sample.csv"] = route{"/cases/" + testworld.Wushan + "/none/sample.csv", wide, "", 404} // a county is accepted by those who see all of it
	routes["GET /households/new"] = route{"/households/new", []string{"officer", "assistant", "faraway"}, "", 200}
	routes["POST /households/new"] = route{"/households/new", []string{"officer", "assistant", "faraway"}, "key=k", 422}
	routes["POST /loans/closing"] = route{"/loans/closing", nil, "x=y", 0}
	// The same for programs: lists give everybody what lies in their areas, single things are asked for that are not there.
	for _, path := range []string{"/loans", "/loans/portfolio", "/loans/extensions", "/loans/payments", "/loans/differences", "/loans/subsidies", "/loans/closing", "/pools", "/households", "/monitoring", "/monitoring/alerts",
		"/monitoring/relapses", "/duplicates", "/cases", "/notices", "/targeting/runs", "/due", "/herds", "/contracts", "/investments", "/jobs", "/dividends", "/sharings", "/villages/spending", "/goods", "/goods/dispatches", "/assets", "/flow",
		"/postings", "/transfers/open", "/projects", "/todo", "/account"} {
		routes["GET "+api.Path+path] = route{api.Path + path, all, "", 200}
	}
	for _, path := range []string{"/loans", "/pools", "/households", "/cases", "/notices", "/targeting/runs", "/herds", "/contracts", "/investments", "/dividends", "/sharings"} {
		routes["GET "+api.Path+path+"/{book}/{id}"] = route{api.Path + path + "/" + testworld.Wushan + "/none", all, "", 404}
	}
	for pattern, r := range map[string]route{
		"GET /households/search": {"/households/search?text=x", all, "", 200}, "GET /goods/movements": {"/goods/movements?flow=donation", all, "", 200}, "GET /search": {"/search?text=x", all, "", 200},
		"GET /accounts/{book}/{id}": {"/accounts/" + testworld.Wushan + "/" + budget, near, "", 200}, "GET /people": {"/people", lookon, "", 200}, "GET /people/{person}": {"/people/officer", lookon, "", 200},
		"GET /verification": {"/verification", wide, "", 503}, // nothing to verify with in this test
	} {
		method, path, _ := strings.Cut(pattern, " ")
		r.path = api.Path + r.path
		routes[method+" "+api.Path+path] = r
	}
	for _, path := range []string{"/loans/closing", "/households/{book}/{id}/reveal", "/targeting/try", "/targeting/runs", "/monitoring/sweep", "/verification", "/account/tokens", "/account/tokens/revoke", "/account/sessions/revoke", "/people/{person}"} {
		routes["POST "+api.Path+path] = route{api.Path + strings.NewReplacer("{book}", testworld.Wushan, "{id}", "none", "{person}", "officer").Replace(path), nil, "", 0}
	}
	for _, pattern := range app.Patterns {
		if _, ok := routes[pattern]; !ok {
			t.Errorf("%s: nobody said who may come to it", pattern)
		}
	}
	if len(routes) != len(app.Patterns) {
		t.Errorf("%d routes are mounted, %d are known here", len(app.Patterns), len(routes))
	}
	for _, p := range everybody() {
		b := app.As(p.ID).In(map[bool]string{true: "zh-CN", false: "en"}[len(p.ID)%2 == 0])
		token := ""
		if p.Role != stranger {
			token = b.Get("/account").Form("/logout").Values.Get("form-token")
		}
		for pattern, route := range routes {
			if route.path == "" {
				continue
			}
			method, _, ok := strings.Cut(pattern, " ")
			if !ok {
				method = http.MethodGet
			}
			want := http.StatusForbidden
			if strings.HasPrefix(pattern, "POST /api/") {
				want = http.StatusUnauthorized // a cookie alone changes nothing; see package api for tokens
			}
			if strings.HasPrefix(route.path, "/imports/") || strings.HasPrefix(pattern, "GET /api/v1/imports/") {
				want = http.StatusNotFound // another's table is as one that is not there
			}
			switch {
			case slices.Contains(route.who, "open"), p.Role != stranger && slices.Contains(route.who, "all"), slices.Contains(route.who, p.ID) && p.ID != "":
				want = route.want
			case p.Role == stranger:
				want = http.StatusUnauthorized
			}
			if pattern == "/api/" {
				want = http.StatusNotFound
			}
			got := b.Do(method, route.path, "application/x-www-form-urlencoded", strings.NewReader(strings.Replace(route.form, "nobody", "nobody"+p.ID, 1)+"&form-token="+token))
			if got.Status != want {
				t.Errorf("%s, %s comes to %s %s: %d, want %d\n%s", p.ID, p.Role, method, route.path, got.Status, want, got.Text())
			}
			if strings.Contains(got.Body, "⟦") {
				t.Errorf("%s, %s: a text is missing", pattern, p.ID)
			}
		}
		if p.Role != stranger {
			if got := b.Do(http.MethodPost, "/logout", "application/x-www-form-urlencoded", strings.NewReader("form-token="+token)); got.Status != http.StatusSeeOther {
				t.Errorf("%s logs out: %d", p.ID, got.Status)
			}
			b.Get("/todo").Says(http.StatusUnauthorized)
		}
	}
}

// elsewhere are addresses that say the same again in another order, or show nothing recorded.
var elsewhere = regexp.MustCompile(`[?&](lang|theme|sort|by)=|^/styleguide|^/record|^/import|^/developers|^/assets`)

// TestScope walks every page that leads from the overview to another, as people of different areas and roles. Whatever a page leads to may be
// opened, and nothing recorded of another county stands anywhere, in no page, table or answer to a program.
func TestScope(t *testing.T) {
	app := webtest.New(t)
	app.Record("officer", nil, &indicator.Figure{ID: "direct-funds", Version: 1, En: "Direct funds", Zh: "直接投入", Unit: "CNY", Scale: 2, Aggregate: "sum", Terms: "disbursement:CNY"})
	app.Record("officer", nil, &indicator.Figure{ID: "committed", Version: 1, En: "Committed", Zh: "承诺", Unit: "CNY", Scale: 2, Aggregate: "sum", Terms: "commitment:CNY"})
	for _, county := range []string{testworld.Wushan, testworld.Maigaiti} {
		receipt := app.Record("fin", []string{"approver"}, &project.Disbursement{Project: "p-" + county, To: "builder-" + county, Amount: 1_000_00, Voucher: "V-" + county, Purpose: "pipes of " + county})
		if receipt.Proposal {
			t.Fatal("the payment was only proposed")
		}
	}
	for _, county := range []string{testworld.Wushan, testworld.Maigaiti} {
		app.Record("officer", nil, &project.Milestone{Project: "p-" + county, ID: "M-1", Name: "pipes of " + county, Due: "2020-05-15"})
	}
	app.Record("admin", nil, &access.Person{ID: "clerk", Name: "Ding Yi", Unit: "Town office"})
	app.Record("admin", nil, &access.Appointment{Person: "clerk", Role: "county-assistant", Area: testworld.Town})
	app.Record("admin", nil, &access.Person{ID: "idle", Name: "Bai Ju", Unit: "Nobody's"})
	for _, c := range []struct {
		person  string
		foreign []string // counties of whose records the person sees none
	}{
		{"assistant", []string{testworld.Maigaiti}}, {"faraway", []string{testworld.Wushan}},
		{"clerk", []string{testworld.Wushan, testworld.Maigaiti}}, // all is recorded of the county, nothing of the town
		{"idle", []string{testworld.Wushan, testworld.Maigaiti}}, {"audit", nil}, {"officer", nil},
	} {
		t.Run(c.person, func(t *testing.T) {
			b := app.As(c.person)
			b.T = t
			var secrets []string
			for _, county := range c.foreign {
				for _, begin := range []string{"p-", "builder-", "Builder of ", "Water station ", "C-", "T-", "t-", "V-", "pipes of "} {
					secrets = append(secrets, begin+county)
				}
			}
			waiting := []string{"/", "/search?q=653127", "/search?q=620524", "/search?q=V-653127", "/search?q=V-620524", "/flow", "/flow.csv", "/api/v1/entries", "/api/v1/figures", "/api/v1/proposals", "/api/v1/things/project", "/api/v1/things/party", "/api/v1/balances",
				"/api/v1/figures/committed?by=project", "/api/v1/things/party", "/api/v1/things/project", "/api/v1/things/milestone", "/api/v1/balances", "/api/v1/books", "/api/v1/postings", "/api/v1/projects", "/api/v1/flow", "/api/v1/todo", "/api/v1/transfers/open", "/api/v1/search?text=653127", "/api/v1/search?text=620524", "/api/v1/figures/committed/lineage", "/figures/committed?by=project", "/figures/committed?by=area"}
			seen := map[string]bool{}
			for len(waiting) > 0 && len(seen) < 2000 {
				address := waiting[0]
				waiting = waiting[1:]
				page := b.Do(http.MethodGet, address, "", nil)
				if page.Status != http.StatusOK {
					t.Errorf("%s: %d %s", address, page.Status, page.Text())
				}
				for _, s := range secrets {
					if strings.Contains(page.Body, s) && !strings.Contains(address, s) {
						t.Errorf("%s says %q:\n%s", address, s, page.Text())
					}
				}
				for _, to := range page.Links() {
					to, _, _ = strings.Cut(to, "#")
					if to != "" && !seen[to] && strings.HasPrefix(to, "/") && !elsewhere.MatchString(to) {
						seen[to] = true
						waiting = append(waiting, to)
					}
				}
			}
			if len(seen) < 20 || len(waiting) > 0 {
				t.Errorf("%d addresses were found, %d not tried", len(seen), len(waiting))
			}
		})
	}
}

// TestRefused is everything that must not get through, in each language: what comes of it is a calm page that the reader understands and a line
// in the log, and nothing is recorded.
func TestRefused(t *testing.T) {
	const form = "application/x-www-form-urlencoded"
	for _, in := range []struct {
		language, html                              string
		logIn, ended, forged, own, hidden           string
		twice, disguised, large, tooLarge, notYours string
		noTable, noFormat                           string
	}{
		{"en", `lang="en"`, "Log in", "Your session has ended", "did not come from a page", "prepared or approved this already", "This is not yours to see",
			"The form was sent twice", "The file is text/html", "larger than 20 MB", "larger than 64 MB", "may not record this here", "not an Excel workbook, whatever its name says", "not a table that can be read"},
		{"zh-CN", `lang="zh-Hans"`, "登录", "登录已过期", "请求不是来自本系统页面", "是经办人或已审批过", "您无权查看此页",
			"此表单已提交过", "文件类型为 text/html", "超过 20 MB", "超过 64 MB", "无权在此登记", "文件不是 Excel 工作簿", "无法读取此表格"},
	} {
		t.Run(in.language, func(t *testing.T) {
			app := webtest.New(t)
			app.T = t
			as := func(person string) *webtest.Browser { return app.As(person).In(in.language) }
			proposed := app.Record("fin", nil, &project.Disbursement{Project: "p-" + testworld.Wushan, To: "builder-" + testworld.Wushan, Amount: 1, Voucher: "V", Purpose: "x"})
			panel := todo.Href(proposed.Book, proposed.Seq)
			hash := app.Evidence()
			fin, far := as("fin"), as("faraway")
			token := func(b *webtest.Browser) string { return b.Get("/account").Form("/logout").Values.Get("form-token") }
			approve := as("approver").Get(panel).Form(panel)
			approve.Values.Set("form-token", token(fin))
			party := func(b *webtest.Browser, id, name, area string, files ...webtest.File) *webtest.Page {
				f := b.Get("/record/party").Form("/record/party")
				f.Files = files
				return b.Post(f, "id", id, "name", name, "kind", "supplier", "area", area)
			}
			table := func(b *webtest.Browser, name string, content []byte) *webtest.Page {
				f := b.Get("/import/party").Form("/import/party")
				f.Files = []webtest.File{{Field: "table", Name: name, Content: content}}
				return b.Post(f)
			}
			revoked := as("officer")
			if err := app.Store.Accounts.Revoke(t.Context(), "officer", "", "admin"); err != nil {
				t.Fatal(err)
			}
			officer := as("officer")
			sent := officer.Get("/record/party").Form("/record/party")
			officer.Send(sent, "id", "once", "name", "<script>alert(1)</script>", "kind", "supplier", "area", testworld.Wushan).Says(http.StatusOK)
			made, before := last(t, app, testworld.Wushan), last(t, app, testworld.Wushan)
			stranger := as("")
			madeUp := *stranger
			madeUp.Cookie = "bm90IGEgc2Vzc2lvbg"
			expired := as("audit")

			for _, c := range []struct {
				name   string
				page   func() *webtest.Page
				status int
				says   string
			}{
				{"a stranger reads", func() *webtest.Page { return stranger.Get("/accounts.csv") }, http.StatusUnauthorized, in.logIn},
				{"a stranger sends", func() *webtest.Page {
					return stranger.Do(http.MethodPost, "/record/party", form, strings.NewReader("id=x"))
				}, http.StatusUnauthorized, in.logIn},
				{"a made-up session", func() *webtest.Page { return madeUp.Get("/journal") }, http.StatusUnauthorized, in.logIn},
				{"a revoked session", func() *webtest.Page { return revoked.Get("/money") }, http.StatusUnauthorized, in.logIn},
				{"a made-up form", func() *webtest.Page {
					return officer.Do(http.MethodPost, "/record/party", form, strings.NewReader("id=x&form-token=eA"))
				}, http.StatusForbidden, in.forged},
				{"another person's form", func() *webtest.Page {
					return officer.Do(http.MethodPost, "/record/party", form, strings.NewReader("id=x&form-token="+token(fin)))
				}, http.StatusForbidden, in.forged},
				{"a maker approves", func() *webtest.Page { return fin.Post(approve, "decision", "approve") }, http.StatusForbidden, in.own},
				{"another county's entry", func() *webtest.Page { return far.Get("/entries/" + made.Book + "/" + strconv.FormatInt(made.Seq, 10)) }, http.StatusForbidden, in.hidden},
				{"another county's area", func() *webtest.Page { return far.Get("/areas/" + testworld.Wushan) }, http.StatusForbidden, in.hidden},
				{"another county's project", func() *webtest.Page { return far.Get("/projects/" + testworld.Wushan + "/p-" + testworld.Wushan) }, http.StatusForbidden, in.hidden},
				{"another county's figure", func() *webtest.Page { return far.Get("/figures.csv?area=" + testworld.Town) }, http.StatusForbidden, in.hidden},
				{"another county's flow", func() *webtest.Page { return far.Get("/flow.csv?book=" + testworld.Wushan) }, http.StatusForbidden, in.hidden},
				{"another county's book", func() *webtest.Page { return far.Get("/journal?book=" + testworld.Wushan) }, http.StatusForbidden, in.hidden},
				{"another county's party", func() *webtest.Page { return far.Get("/parties/" + testworld.Wushan + "/once") }, http.StatusForbidden, in.hidden},
				{"a file by its hash", func() *webtest.Page { return officer.Get("/evidence/" + hash) }, http.StatusForbidden, in.hidden},
				{"a file by another's address", func() *webtest.Page { return officer.Get("/evidence/" + hash + "?key=AAAA") }, http.StatusForbidden, in.hidden},
				{"recording for another county", func() *webtest.Page { return party(far, "x", "X", testworld.Wushan) }, http.StatusForbidden, in.notYours},
				{"a form sent twice, changed", func() *webtest.Page {
					return officer.Post(sent, "id", "once", "name", "Another", "kind", "supplier", "area", testworld.Wushan)
				}, http.StatusConflict, ""},
				{"a disguised file", func() *webtest.Page {
					return party(officer, "x", "X", testworld.Wushan, webtest.File{Field: "evidence", Name: "photo.png", Content: []byte("<html><script>alert(1)</script></html>")})
				}, http.StatusUnprocessableEntity, in.disguised},
				{"a file too large", func() *webtest.Page {
					return party(officer, "x", "X", testworld.Wushan, webtest.File{Field: "evidence", Name: "photo.png", Content: append([]byte("\x89PNG\r\n\x1a\n"), make([]byte, 21<<20)...)})
				}, http.StatusUnprocessableEntity, in.large},
				{"a disguised table", func() *webtest.Page {
					return table(officer, "firms.xlsx", []byte("<html><script>alert(1)</script></html>"))
				}, http.StatusUnprocessableEntity, in.noTable},
				{"a program for a table", func() *webtest.Page { return table(officer, "firms.exe", []byte("MZ")) }, http.StatusUnprocessableEntity, in.noFormat},
				{"files too large together", func() *webtest.Page {
					return party(officer, "x", "X", testworld.Wushan, webtest.File{Field: "evidence", Name: "photo.png", Content: make([]byte, 65<<20)})
				}, http.StatusUnprocessableEntity, in.tooLarge},
				{"an expired session", func() *webtest.Page { app.Wait(13 * time.Hour); return expired.Get("/") }, http.StatusUnauthorized, in.ended},
				{"an expired session sends", func() *webtest.Page { return expired.Do(http.MethodPost, "/logout", form, strings.NewReader("x=y")) }, http.StatusUnauthorized, in.ended},
			} {
				logged := len(app.Log.String())
				page := c.page()
				page.Says(c.status, c.says)
				if !strings.Contains(page.Body, in.html) || !strings.Contains(page.Body, "<h1>") || strings.Contains(page.Body, "⟦") {
					t.Errorf("%s: the answer is no page in the reader's language:\n%s", c.name, page.Body)
				}
				if line := app.Log.String()[logged:]; !strings.Contains(line, "refused") || !strings.Contains(line, "address=192.0.2.1") {
					t.Errorf("%s: the log says %q", c.name, line)
				}
			}
			if now := last(t, app, testworld.Wushan); now.Seq != before.Seq {
				t.Errorf("%s was recorded", now.Body)
			}

			// A form sent twice as it was is recorded once; a script in a name is text wherever the name stands.
			officer = as("officer")
			sent.Values.Set("form-token", token(officer))
			officer.Send(sent, "id", "once", "name", "<script>alert(1)</script>", "kind", "supplier", "area", testworld.Wushan).Says(http.StatusOK, in.twice)
			if now := last(t, app, testworld.Wushan); now.Seq != before.Seq {
				t.Error("a form sent twice was recorded twice")
			}
			for _, address := range []string{"/parties/" + testworld.Wushan + "/once", "/entries/" + made.Book + "/" + strconv.FormatInt(made.Seq, 10), "/journal?book=" + testworld.Wushan, "/search?q=once", "/search?q=" + url.QueryEscape("<script>alert(1)")} {
				if page := officer.Get(address); page.Status != http.StatusOK || strings.Contains(page.Body, "<script>alert") || !strings.Contains(page.Body, "&lt;script&gt;alert") {
					t.Errorf("%s: %d\n%s", address, page.Status, page.Body)
				}
			}
		})
	}
}

// TestRolesAreCovered makes sure that the world has somebody for each role.
func TestRolesAreCovered(t *testing.T) {
	for _, role := range access.Roles {
		if !slices.ContainsFunc(testworld.People, func(p testworld.Person) bool { return p.Role == role }) {
			t.Errorf("nobody in the world is %s", role)
		}
	}
}
