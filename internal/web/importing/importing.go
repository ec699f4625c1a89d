// Package importing is the pages on which people send tables to be recorded: upload, columns, what would become of each row, the import
// itself as a job that goes on without the browser, and what became of it.
//
//	GET  /import                  the kinds, and one's own tables
//	GET  /import/{kind}           upload, templates, what belongs into the columns
//	POST /import/{kind}           keep the table
//	GET  /imports/{id}            where it stands: columns to choose, job bar, preview, result
//	POST /imports/{id}/check      check every row
//	POST /imports/{id}/record     record what was good
//	POST /imports/{id}/stop       stop; what is recorded stays
//	GET  /imports/{id}/rows       the rows to put right, as a workbook
//
// The work is package intake's; these pages show it.
package importing

import (
	"embed"
	"io"
	"io/fs"
	"net/http"
	"slices"
	"strconv"
	"time"

	"lastmile/internal/date"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/intake"
	"lastmile/internal/store"
	"lastmile/internal/table"
	"lastmile/internal/web/locale"
	"lastmile/internal/web/session"
	"lastmile/internal/web/view"
	"lastmile/internal/web/wording"
)

//go:embed text/*.json
var files embed.FS

// Source has the texts, for view.New.
func Source() view.Source {
	texts, err := fs.Sub(files, "text")
	if err != nil {
		panic(err) // the name is a constant of this package and valid
	}
	return view.Source{Texts: texts}
}

// Path is where the pages are mounted; one table's own are below tablePath.
const (
	Path      = "/import"
	tablePath = "/imports/"
)

const (
	besideMax  = 200 // files sent along with a table
	wrongShown = 50  // rows in the preview
	cellsShown = 6   // cells of a wrong row, beside its number
)

// Pages are the import pages of a store.
type Pages struct {
	store *store.Store
	guard *session.Guard
}

// New makes the pages of a store.
func New(s *store.Store, guard *session.Guard) *Pages { return &Pages{s, guard} }

// Routes mounts the pages.
func (p *Pages) Routes(mux session.Router) {
	mux.HandleFunc("GET "+Path, p.list)
	mux.HandleFunc("GET "+Path+"/{kind}", p.upload)
	mux.HandleFunc("POST "+Path+"/{kind}", p.take)
	mux.HandleFunc("GET "+Path+"/{kind}/template", p.template)
	mux.HandleFunc("GET "+tablePath+"{id}", p.job)
	mux.HandleFunc("GET "+tablePath+"{id}/bar", p.bar)
	mux.HandleFunc("POST "+tablePath+"{id}/check", p.check)
	mux.HandleFunc("POST "+tablePath+"{id}/record", p.record)
	mux.HandleFunc("POST "+tablePath+"{id}/stop", p.stop)
	mux.HandleFunc("GET "+tablePath+"{id}/rows", p.rows)
}

// Href is the address of a table's page.
func Href(id string) string { return tablePath + id }

func (p *Pages) list(w http.ResponseWriter, r *http.Request) {
	v := session.Of(r)
	page := p.guard.Page(r)
	words := p.guard.Words(page)
	jobs, err := p.store.Intake.List(r.Context(), v.Person)
	if err != nil {
		p.guard.Refuse(w, r, err)
		return
	}
	kinds := view.Table{Columns: []view.Column{{Label: words.Text("record.kind")}, {Label: words.Text("import.template")}},
		Empty: &view.Empty{Icon: "lock", Title: words.Text("record.none"), Text: words.Text("record.none.why")}}
	for _, k := range fact.Kinds() {
		if v.MayRecord(k) {
			kinds.Rows = append(kinds.Rows, view.Row{Cells: []view.Cell{{Text: words.Kind(k), Href: Path + "/" + k.Name}, {Text: "Excel", Href: Path + "/" + k.Name + "/template?format=xlsx"}}})
		}
	}
	own := view.Table{Columns: []view.Column{{Label: words.Text("import.file")}, {Label: words.Text("record.kind")}, {Label: words.Text("import.rows"), Kind: view.NumberColumn}, {Label: words.Text("import.sent")}, {Label: words.Text("todo.state"), Kind: view.StateColumn}},
		Empty: &view.Empty{Icon: "upload", Title: words.Text("import.none"), Text: words.Text("import.none.why")}}
	for _, j := range jobs {
		rows := locale.NotApplicable
		if j.Rows > 0 {
			rows = words.Count(j.Rows)
		}
		state := stateOf(words, j)
		own.Rows = append(own.Rows, view.Row{Cells: []view.Cell{{Text: j.Name, Href: Href(j.ID)}, {Text: words.KindNamed(j.Kind)}, {Text: rows}, {Text: moment(words, j.Made)}, {State: &state}}})
	}
	p.guard.Show(w, r, http.StatusOK, view.Stack{Page: page, Heading: view.Heading{Title: words.Text("import.title"), Lead: view.Plain(words.Text("import.lead"))}, Body: []view.Component{
		view.Section{Head: view.SectionHead{ID: "tables", Title: words.Text("import.own")}, Parts: []view.Component{own}},
		view.Section{Head: view.SectionHead{ID: "kinds", Title: words.Text("import.kinds")}, Parts: []view.Component{kinds}},
	}})
}

func moment(words wording.Words, t time.Time) string {
	return words.Date(date.Of(t)) + " " + words.Clock(t)
}

func stateOf(words wording.Words, j *intake.Job) view.State {
	kinds := map[intake.State]view.StateKind{intake.Uploaded: view.Needs, intake.Checking: view.Running, intake.Checked: view.Needs, intake.Recording: view.Running,
		intake.Recorded: view.Done, intake.Stopped: view.Failed, intake.Failed: view.Failed}
	word := string(j.State)
	if j.State == intake.Recorded && j.Result.Recorded == 0 && j.Result.Proposed > 0 {
		word = "sent"
	}
	return view.State{Kind: kinds[j.State], Word: words.Text("import.state." + word)}
}

// kind of the address, when the person may record it.
func kindOf(r *http.Request) (*fact.Kind, error) {
	name := r.PathValue("kind")
	k := fact.Find(name)
	if k == nil {
		return nil, fault.New(fault.NotFound, "kind.unknown", "there is no kind of fact %q", name).Mend("Choose one from the list.")
	}
	if v := session.Of(r); !v.MayRecord(k) {
		return nil, fault.New(fault.Forbidden, "kind.by", "%s may not record a %s", v.Person, k.Name).Mend("Ask someone who may.")
	}
	return k, nil
}

func (p *Pages) upload(w http.ResponseWriter, r *http.Request) {
	p.uploadPage(w, r, http.StatusOK, nil)
}

func (p *Pages) uploadPage(w http.ResponseWriter, r *http.Request, status int, wrong error) {
	k, err := kindOf(r)
	if err != nil {
		p.guard.Refuse(w, r, err)
		return
	}
	page := p.guard.Page(r)
	words := p.guard.Words(page)
	text := ""
	for _, e := range fault.All(wrong) {
		text = words.Fault(k, e)
	}
	form := view.Form{Action: Path + "/" + k.Name, Files: true, Plain: true, Hidden: session.Of(r).Hidden(), Fields: []view.Component{
		view.Field{Kind: view.FileField, Name: "table", Label: words.Text("import.table"), Hint: words.Text("import.table.hint"), Accept: ".xlsx,.csv,.jsonl", Error: text},
		view.Field{Kind: view.FileField, Name: "beside", Label: words.Text("import.beside"), Hint: words.Text("import.beside.hint"), Accept: "image/png,image/jpeg,image/webp,application/pdf", Optional: true, Several: true},
	}, Buttons: []view.Button{{Label: words.Text("import.send"), Kind: view.Primary, Icon: "upload"}}}
	columns := view.Table{Columns: []view.Column{{Label: words.Text("import.column")}, {Label: words.Text("import.name")}, {Label: words.Text("import.holds")}},
		Empty: &view.Empty{Icon: "document", Title: words.Text("import.none"), Text: words.Text("import.none.why")}}
	for _, c := range fact.HeaderColumns {
		columns.Rows = append(columns.Rows, view.Row{Cells: []view.Cell{{Text: c.Name}, {Text: words.Text("import.column." + c.Name)}, {Text: words.Text("import.column." + c.Name + ".hint")}}})
	}
	for i := range k.Fields {
		f := &k.Fields[i]
		columns.Rows = append(columns.Rows, view.Row{Cells: []view.Cell{{Text: f.Name}, {Text: words.Field(f)}, {Text: holds(words, f)}}})
	}
	template := Path + "/" + k.Name + "/template?format="
	p.guard.Show(w, r, status, view.Stack{Page: page,
		Heading: view.Heading{Crumbs: []view.Link{{Label: words.Text("import.title"), Href: Path}, {Label: words.Kind(k)}}, Title: words.Text("import.of", words.Kind(k)), Lead: view.Plain(words.Text("import.of.lead")),
			Buttons: []view.Button{{Label: words.Text("import.template.excel"), Icon: "download", Href: template + "xlsx"}, {Label: "CSV", Icon: "download", Href: template + "csv"}}},
		Body: []view.Component{form, view.Section{Head: view.SectionHead{ID: "columns", Title: words.Text("import.columns")}, Parts: []view.Component{columns}}}})
}

// holds says what belongs in a field's column: its choices, its line of help, or what its type asks for.
func holds(words wording.Words, f *fact.Field) string {
	text := words.Hint(f)
	switch {
	case len(f.Choices) > 0:
		var list []string
		for _, c := range f.Choices {
			list = append(list, c.Value)
		}
		text = words.List(list)
	case text != "":
	case f.Ref != "":
		text = words.Text("import.holds.code", words.Thing(f.Ref))
	default:
		text = words.Text("import.holds." + string(f.Type))
	}
	if f.Optional {
		text = words.Text("import.holds.optional", text)
	}
	return text
}

// take keeps an uploaded table.
func (p *Pages) take(w http.ResponseWriter, r *http.Request) {
	k, err := kindOf(r)
	if err != nil {
		p.guard.Refuse(w, r, err)
		return
	}
	job, err := p.keep(r, k)
	if list := fault.All(err); list != nil {
		p.guard.Note(r, err)
		p.uploadPage(w, r, wording.Status(list[0].Kind), err)
		return
	}
	if err != nil {
		p.guard.Refuse(w, r, err)
		return
	}
	http.Redirect(w, r, Href(job.ID), http.StatusSeeOther)
}

func (p *Pages) keep(r *http.Request, k *fact.Kind) (job *intake.Job, err error) {
	if r.MultipartForm == nil || len(r.MultipartForm.File["table"]) != 1 {
		return nil, fault.New(fault.Invalid, string(table.EmptyFile), "no table was sent").For("table").Mend("Choose the file.")
	}
	sent := r.MultipartForm.File["table"][0]
	content, err := sent.Open()
	if err != nil {
		return nil, err
	}
	defer content.Close()
	along := r.MultipartForm.File["beside"]
	if len(along) > besideMax {
		return nil, fault.New(fault.Invalid, "evidence.many", "there are %d files, %d can be sent at a time", len(along), besideMax).For("beside").Mend("Send fewer.")
	}
	beside := map[string]io.Reader{}
	for _, f := range along {
		file, err := f.Open()
		if err != nil {
			return nil, err
		}
		defer file.Close()
		beside[f.Filename] = file
	}
	return p.store.Intake.Add(r.Context(), session.Of(r).Person, k, sent.Filename, content, beside)
}

func (p *Pages) template(w http.ResponseWriter, r *http.Request) {
	k, err := kindOf(r)
	if err != nil {
		p.guard.Refuse(w, r, err)
		return
	}
	format, err := table.FormatOf("x." + r.URL.Query().Get("format"))
	if err != nil {
		p.guard.Refuse(w, r, fault.New(fault.Invalid, "parameter.wrong", "the parameter %s cannot be read: %s", "format", r.URL.Query().Get("format")).Mend("Use xlsx, csv or jsonl."))
		return
	}
	download(w, k.Name+"."+r.URL.Query().Get("format"))
	if err := k.Template(w, format); err != nil {
		p.guard.Note(r, err)
	}
}

func download(w http.ResponseWriter, name string) {
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	w.Header().Set("Cache-Control", "no-store")
}

func (p *Pages) get(r *http.Request) (*intake.Job, error) {
	return p.store.Intake.Get(r.Context(), session.Of(r).Person, r.PathValue("id"))
}

// job is one table's page, whatever its state.
func (p *Pages) job(w http.ResponseWriter, r *http.Request) {
	j, err := p.get(r)
	if err != nil {
		p.guard.Refuse(w, r, err)
		return
	}
	p.jobPage(w, r, http.StatusOK, j, nil)
}

func (p *Pages) jobPage(w http.ResponseWriter, r *http.Request, status int, j *intake.Job, wrong error) {
	v := session.Of(r)
	page := p.guard.Page(r)
	words := p.guard.Words(page)
	k := fact.Find(j.Kind)
	for _, e := range fault.All(wrong) {
		page.Status = append(page.Status, view.Status{Kind: view.Refused, Icon: "warning", Lead: words.Text("record.refused"), Text: words.Fault(k, e)})
	}
	for _, why := range j.Result.Why {
		page.Status = append(page.Status, view.Status{Kind: view.Refused, Icon: "warning", Lead: words.Text("import.broke"), Text: words.Fault(k, why.Fault())})
	}
	state := stateOf(words, j)
	state.Pill = true
	heading := view.Heading{Crumbs: []view.Link{{Label: words.Text("import.title"), Href: Path}, {Label: words.Kind(k), Href: Path + "/" + k.Name}, {Label: j.Name}}, Title: j.Name, State: &state}
	heading.Lead = view.Plain(words.Text("import.lead." + string(j.State)))
	var body []view.Component
	switch j.State {
	case intake.Checking, intake.Recording:
		body = append(body, p.jobBar(words, v, j))
	case intake.Uploaded:
		form, err := p.columnsForm(words, v, k, j)
		if err != nil {
			p.guard.Refuse(w, r, err)
			return
		}
		body = append(body, form)
	case intake.Recorded:
		body = append(body, view.Facts{
			{Name: words.Text("import.rows"), Value: view.Plain(words.Count(int64(j.Result.Rows)))},
			{Name: words.Text("import.recorded"), Value: view.Plain(words.Count(int64(j.Result.Recorded)))},
			{Name: words.Text("import.proposed"), Value: view.Plain(words.Count(int64(j.Result.Proposed)))},
			{Name: words.Text("import.same"), Value: view.Plain(words.Count(int64(j.Result.Again)))},
			{Name: words.Text("import.wrong"), Value: view.Plain(words.Count(int64(j.Result.Bad)))},
		}, view.Buttons{{Label: words.Text("import.more", words.Kind(k)), Href: Path + "/" + k.Name}})
		if j.Result.Bad > 0 {
			body = append(body, p.preview(words, v, k, j))
		}
	default:
		if done := j.Result.Recorded + j.Result.Proposed; done > 0 {
			body = append(body, view.Facts{
				{Name: words.Text("import.rows"), Value: view.Plain(words.Count(int64(j.Result.Rows)))},
				{Name: words.Text("import.recorded"), Value: view.Plain(words.Count(int64(j.Result.Recorded)))},
				{Name: words.Text("import.proposed"), Value: view.Plain(words.Count(int64(j.Result.Proposed)))},
				{Name: words.Text("import.left"), Value: view.Plain(words.Count(int64(j.Result.Left())))},
			})
		}
		if j.Result.Rows > 0 {
			body = append(body, p.preview(words, v, k, j))
		}
		form, err := p.columnsForm(words, v, k, j)
		if err != nil {
			p.guard.Refuse(w, r, err)
			return
		}
		body = append(body, view.Section{Head: view.SectionHead{ID: "columns", Title: words.Text("import.again")}, Parts: []view.Component{form}})
	}
	p.guard.Show(w, r, status, view.Stack{Page: page, Heading: heading, Body: body})
}

// jobBar shows how far a job is. It asks for itself again while the job runs; without scripts the page is loaded again by hand.
func (p *Pages) jobBar(words wording.Words, v *session.Visit, j *intake.Job) view.Job {
	bar := view.Job{ID: "job-" + j.ID, Name: j.Name, State: stateOf(words, j), Step: words.Text("import.step." + j.Step), Done: j.Done, Total: j.Total,
		Count: words.Text("import.count", j.Rows), Href: Href(j.ID) + "/bar"}
	if j.State.Running() {
		bar.Cancel = &view.Action{Href: Href(j.ID) + "/stop", Hidden: v.Hidden()}
	} else {
		bar.Step = ""
	}
	bar.Result = view.Link{Label: words.Text("import.look"), Href: Href(j.ID)}
	return bar
}

func (p *Pages) bar(w http.ResponseWriter, r *http.Request) {
	j, err := p.get(r)
	if err != nil {
		p.guard.Refuse(w, r, err)
		return
	}
	p.guard.ShowPart(w, r, p.jobBar(p.guard.Words(p.guard.Page(r)), session.Of(r), j))
}

// columnsForm lets the reader say where each column goes.
func (p *Pages) columnsForm(words wording.Words, v *session.Visit, k *fact.Kind, j *intake.Job) (view.Form, error) {
	headings, err := p.store.Intake.Headings(j)
	if err != nil {
		return view.Form{}, err
	}
	form := view.Form{Action: Href(j.ID) + "/check", Plain: true, Hidden: v.Hidden(), Buttons: []view.Button{{Label: words.Text("import.check"), Kind: view.Primary}}}
	dated := false
	for i, h := range headings {
		f := view.Field{Kind: view.SelectField, Name: "column-" + strconv.Itoa(i), Label: h, Options: []view.Option{{Value: fact.LeaveOut, Label: words.Text("import.leave")}}}
		for _, c := range fact.HeaderColumns {
			f.Options = append(f.Options, view.Option{Value: c.Name, Label: words.Text("import.column." + c.Name)})
		}
		for i := range k.Fields {
			f.Options = append(f.Options, view.Option{Value: k.Fields[i].Name, Label: words.Field(&k.Fields[i])})
		}
		to := j.Mapping[h]
		if to == "" {
			to = fact.LeaveOut
			f.Hint = words.Text("import.unmatched")
		}
		dated = dated || to == "on"
		for i := range f.Options {
			f.Options[i].Chosen = f.Options[i].Value == to
		}
		form.Fields = append(form.Fields, f)
	}
	if !dated || j.On != "" {
		form.Fields = append(form.Fields, view.Field{Kind: view.DateField, Name: "on", Label: words.Text("import.on"), Hint: words.Text("import.on.hint"), Value: string(j.On), Optional: true})
	}
	return form, nil
}

func (p *Pages) check(w http.ResponseWriter, r *http.Request) {
	j, err := p.get(r)
	if err != nil {
		p.guard.Refuse(w, r, err)
		return
	}
	headings, err := p.store.Intake.Headings(j)
	if err != nil {
		p.guard.Refuse(w, r, err)
		return
	}
	m := fact.Mapping{}
	for i, h := range headings {
		if m[h] = r.PostForm.Get("column-" + strconv.Itoa(i)); m[h] == "" {
			m[h] = fact.LeaveOut
		}
	}
	var on date.Date
	if text := r.PostForm.Get("on"); text != "" {
		if on, err = date.Parse(text); err != nil {
			err = fault.New(fault.Invalid, "field.date", "%q is not a date", text).For("on").Mend("Write it as 2020-03-14.")
		}
	}
	if err == nil {
		err = p.store.Intake.Check(r.Context(), j, m, on)
	}
	p.answer(w, r, j, err)
}

func (p *Pages) record(w http.ResponseWriter, r *http.Request) {
	j, err := p.get(r)
	if err == nil {
		err = p.store.Intake.Record(r.Context(), j, r.PostForm.Get("skip") != "")
	}
	p.answer(w, r, j, err)
}

func (p *Pages) stop(w http.ResponseWriter, r *http.Request) {
	j, err := p.get(r)
	if err == nil {
		err = p.store.Intake.Stop(j)
	}
	p.answer(w, r, j, err)
}

// answer goes back to the table's page, with what was refused.
func (p *Pages) answer(w http.ResponseWriter, r *http.Request, j *intake.Job, err error) {
	list := fault.All(err)
	switch {
	case err == nil:
		http.Redirect(w, r, Href(j.ID), http.StatusSeeOther)
	case j == nil || list == nil:
		p.guard.Refuse(w, r, err)
	default:
		p.guard.Note(r, err)
		p.jobPage(w, r, wording.Status(list[0].Kind), j, err)
	}
}

// preview shows what would become of the rows as long as they are not recorded, and each wrong row with its errors at the cell.
func (p *Pages) preview(words wording.Words, v *session.Visit, k *fact.Kind, j *intake.Job) view.Import {
	res := &j.Result
	left := res.Left()
	var c view.Import
	if j.State != intake.Recorded {
		c = view.Import{New: words.Count(int64(left)), Changed: locale.NotApplicable, Same: words.Count(int64(res.Rows - res.Bad - left)), Wrong: words.Count(int64(res.Bad)), HasWrong: res.Bad > 0}
	}
	if j.State != intake.Recorded && left > 0 {
		label := words.Text("import.do", left)
		form := view.Form{Action: Href(j.ID) + "/record", Plain: true, Hidden: v.Hidden(), Buttons: []view.Button{{Label: label, Kind: view.Primary}}}
		if res.Bad > 0 {
			form.Buttons[0].Name, form.Buttons[0].Value = "skip", "yes"
		}
		c.Confirm = &form
	}
	if res.Bad > 0 {
		c.WrongHref = Href(j.ID) + "/rows"
		t := p.wrongRows(words, k, res)
		c.Rows = &t
	}
	return c
}

// wrongRows is a table of the wrong rows: their number, the cells that something is wrong with, and others to know them by.
func (p *Pages) wrongRows(words wording.Words, k *fact.Kind, res *intake.Result) view.Table {
	var shown []int // columns
	for _, row := range res.Wrong {
		for _, why := range row.Why {
			if i := slices.Index(res.Head, why.Column); i >= 0 && !slices.Contains(shown, i) && len(shown) < cellsShown {
				shown = append(shown, i)
			}
		}
	}
	for i := range res.Head { // and others, to know the row by
		if !slices.Contains(shown, i) && len(shown) < cellsShown {
			shown = append(shown, i)
		}
	}
	slices.Sort(shown)
	t := view.Table{Columns: []view.Column{{Label: words.Text("import.row")}}, Empty: &view.Empty{Icon: "check", Title: words.Text("import.none"), Text: words.Text("import.none.why")}}
	for _, i := range shown {
		t.Columns = append(t.Columns, view.Column{Label: res.Head[i]})
	}
	t.Columns = append(t.Columns, view.Column{Label: words.Text("import.other")})
	for _, row := range res.Wrong[:min(len(res.Wrong), wrongShown)] {
		cells := []view.Cell{{Text: strconv.Itoa(row.Row)}}
		for _, i := range shown {
			cell := view.Cell{Text: words.NotRecorded()}
			if i < len(row.Cells) && row.Cells[i] != "" {
				cell.Text = row.Cells[i]
			}
			cells = append(cells, cell)
		}
		other := view.Cell{Text: locale.NotApplicable}
		for _, why := range row.Why {
			text := words.Fault(k, why.Fault())
			at := &other
			if i := slices.Index(shown, slices.Index(res.Head, why.Column)); i >= 0 {
				at = &cells[i+1]
			}
			if at.Error != "" {
				at.Error += " "
			}
			at.Error += text
		}
		t.Rows = append(t.Rows, view.Row{Cells: append(cells, other)})
	}
	return t
}

func (p *Pages) rows(w http.ResponseWriter, r *http.Request) {
	j, err := p.get(r)
	if err != nil {
		p.guard.Refuse(w, r, err)
		return
	}
	path, err := p.store.Intake.BadRows(j)
	if err != nil {
		p.guard.Refuse(w, r, err)
		return
	}
	download(w, j.Kind+"-to-put-right.xlsx")
	http.ServeFile(w, r, path)
}
