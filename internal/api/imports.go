package api

import (
	"errors"
	"net/http"
	"time"

	"lastmile/internal/date"
	"lastmile/internal/fault"
	"lastmile/internal/intake"
)

var pathImport = param{"id", "path", "The import, as it was named when it was sent.", true}

// importOperations send tables of facts.
func importOperations() []operation {
	return []operation{
		{method: "POST", path: "/imports/{kind}", id: "sendTable", summary: "Send a table of facts and have every row checked; nothing is recorded yet", scope: record, sends: tables,
			params: []param{pathKind, {"name", "query", "Name of the file, which shows its format: .csv, .xlsx or .jsonl.", true}, {"on", "query", "Effective date of rows that give none.", false}},
			result: Import{}, created: true, do: sendTable},
		{method: "GET", path: "/imports", id: "listImports", summary: "Your imports, newest first", scope: read, result: Imports{}, do: listImports},
		{method: "GET", path: "/imports/{id}", id: "getImport", summary: "How far an import is, and what is wrong at which row and column", scope: read, params: []param{pathImport}, result: Import{}, do: getImport},
		{method: "POST", path: "/imports/{id}/record", id: "recordImport", summary: "Record the rows that were found good; asked again after a stop, it goes on where it was", scope: record,
			params: []param{pathImport}, body: Go{}, result: Import{}, do: recordImport},
		{method: "POST", path: "/imports/{id}/stop", id: "stopImport", summary: "Stop an import; what it has recorded stays", scope: record, params: []param{pathImport}, result: Import{}, do: stopImport},
		{method: "GET", path: "/imports/{id}/wrong", id: "getWrongRows", summary: "A workbook of the wrong rows with what is wrong, to be put right and sent again", scope: read, params: []param{pathImport},
			result: served{}, do: getWrongRows},
	}
}

// Imports is the caller's imports.
type Imports struct {
	Imports []Import `json:"imports"`
}

// Import is a table on its way into the books.
type Import struct {
	ID       string     `json:"id"`
	Kind     string     `json:"kind"`
	Name     string     `json:"name"`
	State    string     `json:"state" doc:"uploaded, checking, checked, recording, recorded, stopped or failed."`
	Done     int64      `json:"done" doc:"Bytes of the file that were read …"`
	Total    int64      `json:"total" doc:"… of all."`
	Rows     int64      `json:"rows"`
	New      int        `json:"new" doc:"Good rows that were not recorded before."`
	Recorded int        `json:"recorded"`
	Proposed int        `json:"proposed" doc:"Rows that wait for a second person."`
	Again    int        `json:"again" doc:"Rows that were recorded before."`
	Wrong    int        `json:"wrong"`
	Problems []RowFault `json:"problems,omitempty" doc:"What is wrong with the first of them, and with the whole table."`
	Made     string     `json:"made" doc:"When it was sent, UTC."`
}

// RowFault is what is wrong at a place of a table.
type RowFault struct {
	Row    int    `json:"row,omitempty" doc:"As a person sees it, the heading counted; left out for the whole table."`
	Column string `json:"column,omitempty"`
	Problem
}

func showImport(j *intake.Job) Import {
	x := Import{ID: j.ID, Kind: j.Kind, Name: j.Name, State: string(j.State), Done: j.Done, Total: j.Total, Rows: j.Rows, New: j.Result.New, Recorded: j.Result.Recorded,
		Proposed: j.Result.Proposed, Again: j.Result.Again, Wrong: j.Result.Bad, Made: j.Made.UTC().Format(time.RFC3339)}
	add := func(row int, list []intake.Why) {
		for _, w := range list {
			x.Problems = append(x.Problems, RowFault{row, w.Column, Problem{Code: w.Code, Message: w.Text, Field: w.Field, Remedy: w.Fix}})
		}
	}
	add(0, j.Result.Why)
	for _, b := range j.Result.Wrong {
		add(b.Row, b.Why)
	}
	return x
}

func (q *call) job() (*intake.Job, error) {
	return q.api.store.Intake.Get(q.ctx, q.caller.Person, q.PathValue("id"))
}

func sendTable(q *call) (any, error) {
	k, err := q.kind()
	if err != nil {
		return nil, err
	}
	if !q.caller.MayRecord(k) {
		return nil, q.mayNotRecord(k)
	}
	values := q.URL.Query()
	on := date.Date("")
	if text := values.Get("on"); text != "" {
		if on, err = date.Parse(text); err != nil {
			return nil, parameter("on", text)
		}
	}
	job, err := q.api.store.Intake.Add(q.ctx, q.caller.Person, k, values.Get("name"), q.Body, nil)
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return nil, tooLarge(large)
	}
	if err != nil {
		return nil, err
	}
	if err := q.api.store.Intake.Check(q.ctx, job, job.Mapping, on); err != nil {
		return nil, err
	}
	q.status = http.StatusCreated
	return showImport(job), nil
}

func listImports(q *call) (any, error) {
	jobs, err := q.api.store.Intake.List(q.ctx, q.caller.Person)
	if err != nil {
		return nil, err
	}
	list := Imports{Imports: []Import{}}
	for _, j := range jobs {
		list.Imports = append(list.Imports, showImport(j))
	}
	return list, nil
}

func getImport(q *call) (any, error) {
	job, err := q.job()
	if err != nil {
		return nil, err
	}
	return showImport(job), nil
}

// Go says how to go on with an import.
type Go struct {
	SkipWrong bool `json:"skip_wrong" doc:"Record the good rows though others are wrong."`
}

func recordImport(q *call) (any, error) {
	var sent Go
	if err := q.decode(&sent); err != nil {
		return nil, err
	}
	job, err := q.job()
	if err != nil {
		return nil, err
	}
	if job.Result.Bad > 0 && !sent.SkipWrong {
		return nil, fault.New(fault.Conflict, "import.wrong", "%d rows are wrong", job.Result.Bad).For("skip_wrong").Mend("Put them right and send the table again, or say that they may be left out.")
	}
	if err := q.api.store.Intake.Record(q.ctx, job, sent.SkipWrong); err != nil {
		return nil, err
	}
	return getImport(q)
}

func stopImport(q *call) (any, error) {
	job, err := q.job()
	if err != nil {
		return nil, err
	}
	if err := q.api.store.Intake.Stop(job); err != nil {
		return nil, err
	}
	return getImport(q)
}

func getWrongRows(q *call) (any, error) {
	job, err := q.job()
	if err != nil {
		return nil, err
	}
	path, err := q.api.store.Intake.BadRows(job)
	if err != nil {
		return nil, err
	}
	return served{path, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}, nil
}
