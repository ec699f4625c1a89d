package decide

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"lastmile/internal/date"
	"lastmile/internal/fault"
	"lastmile/internal/household/decision"
	"lastmile/internal/household/income"
	"lastmile/internal/table"
)

// A Column of the table of households. Its Text is the manual: docs/decide.md is checked against it.
type Column struct {
	Name     string
	Required bool
	Text     string
}

// Columns lists the columns a table of households may have, in any order.
func Columns() []Column {
	columns := []Column{
		{"household", true, "id of the household"},
		{"area", true, "official area code of where it lives, at least the six digits of the county"},
		{"as_of", false, "date decided about; without it, the date given with --as-of"},
		{"status", false, "registered (the default), pre_exit, relapsed, exited, exit_reversed, cancelled or removed"},
		{"status_on", false, "date of that status; without it, the date of registration"},
		{"registered_on", false, "date of registration"},
		{"members", true, "number of members who share income on the date"},
		{"births", false, "dates of birth of members, separated by ;"},
		{"income", true, "verified net income of the period, in yuan, without what was received once"},
		{"income_once", false, "verified net income received once, in yuan: counted, but not steady"},
		{"period_from", false, "first day of the period of the income; without it, twelve months before its end"},
		{"period_to", false, "last day of the period of the income"},
		{"previous_income", false, "verified net income of the period before, in yuan"},
		{"previous_period_to", false, "last day of the period before"},
		{"line", false, "poverty line a person and year, in yuan; without it, the published line of the area and date"},
		{"checked_on", false, "date of every check that has no date of its own"},
		{"assessor", false, "who made every check that has no assessor of its own"},
	}
	for _, subject := range checkSubjects {
		name := decision.SubjectWords(subject).English
		columns = append(columns,
			Column{string(subject), false, name + ": outcome category from the rulebook"},
			Column{string(subject) + "_on", false, name + ": date of the check"},
			Column{string(subject) + "_by", false, name + ": who checked"},
			Column{string(subject) + "_evidence", false, name + ": what proves it, separated by ;"},
		)
	}
	return append(columns,
		Column{"causes", false, "recorded causes of poverty, separated by ;"},
		Column{"measures", false, "delivered measures as cause:date, separated by ;"},
		Column{"open_objections", false, "dates of objections that are open, separated by ;"},
		Column{"responsible", false, "who answers for the household, separated by ;"},
	)
}

var checkSubjects = []decision.Subject{decision.Food, decision.Clothing, decision.Education, decision.Medical, decision.Housing, decision.Water}

// layout knows where each column of a table stands.
type layout struct {
	at    map[string]int
	asOf  date.Date // for rows without a date; may be zero
	check [6]checkColumns
}

type checkColumns struct {
	subject                    decision.Subject
	category, on, by, evidence int
	onName, proofName          string
}

// headingRow is where a table names its columns, as far as messages are concerned.
const headingRow = 1

// readLayout reads the names of the columns. The error is a fault.List.
func readLayout(columns []string, asOf date.Date) (*layout, error) {
	known := Columns()
	l := &layout{at: map[string]int{}, asOf: asOf}
	var problems fault.List
	for i, name := range columns {
		if name != table.ProblemColumn && !slices.ContainsFunc(known, func(c Column) bool { return c.Name == name }) {
			problems = append(problems, fault.New(fault.Invalid, "decide.column", "there is no such column").
				At(headingRow, name).Mend("The columns are %s.", columnNames(known)))
		}
		l.at[name] = i
	}
	for _, column := range known {
		if _, ok := l.at[column.Name]; !ok && column.Required {
			problems = append(problems, fault.New(fault.Invalid, "decide.missing", "the column is missing").At(headingRow, column.Name))
		}
	}
	if len(problems) > 0 {
		return nil, problems
	}
	for i, subject := range checkSubjects {
		name := string(subject)
		l.check[i] = checkColumns{subject, l.column(name), l.column(name + "_on"), l.column(name + "_by"), l.column(name + "_evidence"), name + "_on", name + "_evidence"}
	}
	return l, nil
}

func columnNames(columns []Column) string {
	var names []string
	for _, column := range columns {
		names = append(names, column.Name)
	}
	return strings.Join(names, ", ")
}

// column returns where a column stands, or -1.
func (l *layout) column(name string) int {
	if i, ok := l.at[name]; ok {
		return i
	}
	return -1
}

// row reads cells and collects what is wrong with them.
type row struct {
	*layout
	number   int
	cells    []string
	problems fault.List
}

const (
	membersMax = 100  // of one household
	listMax    = 1000 // entries of one cell
)

// household reads one row into h, or says of every cell that cannot be read why. The lists of h are written over, to
// spare making them for every row: nothing may keep them.
func (l *layout) household(number int, cells []string, h *decision.Household) (date.Date, fault.List) {
	r := row{layout: l, number: number, cells: cells}
	*h = decision.Household{
		ID: r.text("household"), Area: r.text("area"),
		Statuses: h.Statuses[:0], Members: h.Members[:0], Checks: h.Checks[:0], Measures: h.Measures[:0], Objections: h.Objections[:0], Responsible: h.Responsible[:0],
		Income: decision.Statement{Lines: h.Income.Lines[:0]},
	}
	if h.ID == "" {
		r.problem("household", "is empty")
	}
	if strings.Trim(h.Area, "0123456789") != "" || len(h.Area) < 2 {
		r.problem("area", "%q is no area code: write at least the six digits of the county", h.Area)
	}
	asOf := r.date("as_of")
	if asOf == "" {
		asOf = l.asOf
	}
	if asOf == "" && len(r.problems) == 0 {
		r.problem("as_of", "is empty: fill it in, or give the date with --as-of")
	}
	r.registration(h)
	r.membership(h)
	r.money(h, asOf)
	r.checks(h)
	r.gates(h)
	return asOf, r.problems
}

func (r *row) registration(h *decision.Household) {
	registered := r.date("registered_on")
	status, on := decision.Status(r.text("status")), r.date("status_on")
	if on == "" {
		on = registered
	}
	switch status {
	case "":
		status = decision.InPoverty
	case decision.InPoverty, decision.PreExit, decision.Relapsed, decision.Exited, decision.ExitReversed, decision.Cancelled, decision.Removed:
	default:
		r.problem("status", "%q is no status: use registered, pre_exit, relapsed, exited, exit_reversed, cancelled or removed", status)
	}
	if registered != "" && status != decision.InPoverty {
		h.Statuses = append(h.Statuses, decision.StatusEvent{Status: decision.InPoverty, On: registered})
	}
	h.Statuses = append(h.Statuses, decision.StatusEvent{Status: status, On: on})
}

func (r *row) membership(h *decision.Household) {
	text := r.text("members")
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > membersMax {
		r.problem("members", "%q is no number of members from 0 to %d", text, membersMax)
		return
	}
	births := r.dates("births")
	if len(births) > n {
		r.problem("births", "there are %d dates for %d members", len(births), n)
		return
	}
	for i := range n {
		member := decision.Member{Person: memberNames[i], SharesIncome: true}
		if i < len(births) {
			member.Birth = births[i]
		}
		h.Members = append(h.Members, member)
	}
}

// memberNames are "1", "2" and so on: outside tables give no ids of persons.
var memberNames = func() (names [membersMax]string) {
	for i := range names {
		names[i] = strconv.Itoa(i + 1)
	}
	return names
}()

func (r *row) money(h *decision.Household, asOf date.Date) {
	h.Income.Period = r.period("period_from", "period_to")
	r.line(&h.Income, "income", "net.repeating", asOf)
	r.line(&h.Income, "income_once", "net.once", asOf)
	if to := r.date("previous_period_to"); to != "" {
		h.Previous = &decision.Statement{Period: twelveMonthsTo(to)}
		r.line(h.Previous, "previous_income", "net.repeating", asOf)
	}
	if text := r.text("line"); text != "" {
		amount, err := income.ParseYuan(text)
		if err == nil && amount <= 0 {
			err = fmt.Errorf("a poverty line of %s yuan is not possible", amount)
		}
		if err != nil {
			r.unreadable("line", err)
			return
		}
		h.Line = &income.PovertyLine{ID: "given", Series: "given", Amount: amount}
	}
}

func (r *row) line(s *decision.Statement, column string, code income.Code, asOf date.Date) {
	text := r.text(column)
	if text == "" {
		return
	}
	amount, err := income.ParseYuan(text)
	if err != nil {
		r.unreadable(column, err)
		return
	}
	on := s.Period.To
	if on == "" {
		on = asOf
	}
	s.Lines = append(s.Lines, income.Line{ID: column, Code: code, Amount: amount, On: on, Verified: on})
}

func (r *row) period(from, to string) date.Interval {
	period := date.Interval{From: r.date(from), To: r.date(to)}
	if period.From == "" && period.To != "" {
		return twelveMonthsTo(period.To)
	}
	if err := period.Check(); err != nil {
		r.problem(from, "%v", err)
	}
	return period
}

func twelveMonthsTo(last date.Date) date.Interval {
	return date.Interval{From: last.AddDays(1).AddMonths(-12), To: last}
}

func (r *row) checks(h *decision.Household) {
	checkedOn, assessor := r.date("checked_on"), r.text("assessor")
	for _, column := range r.check {
		category := r.cell(column.category)
		if category == "" {
			continue
		}
		check := decision.Check{Subject: column.subject, Category: category, On: r.dateAt(column.on, column.onName), Assessor: r.cell(column.by)}
		if check.On == "" {
			check.On = checkedOn
		}
		if check.On == "" {
			r.problem(column.onName, "is empty: give the date of the check here or in checked_on")
		}
		if check.Assessor == "" {
			check.Assessor = assessor
		}
		check.Files = r.split(column.proofName, r.cell(column.evidence))
		h.Checks = append(h.Checks, check)
	}
}

func (r *row) gates(h *decision.Household) {
	h.Causes = r.list("causes")
	for _, text := range r.list("measures") {
		cause, on, ok := strings.Cut(text, ":")
		delivered, err := date.Parse(strings.TrimSpace(on))
		if !ok || err != nil {
			r.problem("measures", "%q: write cause:date, for example illness:2019-05-01", text)
			continue
		}
		h.Measures = append(h.Measures, decision.Measure{Cause: strings.TrimSpace(cause), Delivered: delivered})
	}
	for _, on := range r.dates("open_objections") {
		h.Objections = append(h.Objections, decision.Objection{ID: string(on), Raised: on})
	}
	for _, person := range r.list("responsible") {
		h.Responsible = append(h.Responsible, decision.Responsible{Person: person})
	}
}

func (r *row) problem(column, format string, args ...any) {
	r.problems = append(r.problems, fault.New(fault.Invalid, "decide.cell", format, args...).At(r.number, column))
}

func (r *row) unreadable(column string, err error) { r.problem(column, "%v", err) }

func (r *row) cell(i int) string {
	if i < 0 || i >= len(r.cells) {
		return ""
	}
	return strings.TrimSpace(r.cells[i])
}

func (r *row) text(name string) string { return r.cell(r.column(name)) }

func (r *row) date(name string) date.Date { return r.dateAt(r.column(name), name) }

func (r *row) dateAt(i int, name string) date.Date {
	var date date.Date
	if err := date.UnmarshalText([]byte(r.cell(i))); err != nil {
		r.unreadable(name, err)
	}
	return date
}

func (r *row) list(name string) []string { return r.split(name, r.text(name)) }

func (r *row) split(name, text string) []string {
	if text == "" {
		return nil
	}
	parts := strings.Split(text, ";")
	if len(parts) > listMax {
		r.problem(name, "has %d entries; at most %d are read", len(parts), listMax)
		return nil
	}
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return slices.DeleteFunc(parts, func(part string) bool { return part == "" })
}

func (r *row) dates(name string) []date.Date {
	var dates []date.Date
	for _, text := range r.list(name) {
		date, err := date.Parse(text)
		if err != nil {
			r.unreadable(name, err)
			continue
		}
		dates = append(dates, date)
	}
	return dates
}
