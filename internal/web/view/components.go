package view

import (
	"errors"
	"fmt"
	"html/template"
	"unicode"

	"lastmile/internal/web/chart"
	"lastmile/internal/web/locale"
)

// components is one of each, to check that each has its template.
var components = []Component{
	Heading{}, KeyFigures{}, Section{}, Columns{}, Text{}, Flow{}, Drawing{}, Villages{}, BarList{}, Breakdown{},
	Chain{}, Trail{}, Table{}, Facts{}, Signatures{}, Filters{}, Timeline{}, Album{}, Assurances{}, Form{}, Field{}, Answer{}, Photos{}, Steps{},
	Approval{}, Notice{}, Import{}, Job{}, Status{}, Empty{}, Button{}, Buttons{}, State{}, Lineage{}, Legend{}, GradeLegend{},
}

// Grade is how well what stands behind a figure or record is proved. The weakest
// part of a sum gives the sum's grade.
type Grade string

const (
	Ungraded Grade = ""
	Traced   Grade = "traced"   // down to a voucher, receipt, signature or visit
	Partly   Grade = "partly"   // some of it; the text beside says n of m
	Reported Grade = "reported" // as someone else reported it
)

// A FigureLink is a number that opens. With scripts it opens the lineage drawer,
// without them its own page; either is at Href. [locale.NotApplicable] is no
// number and opens nothing.
type FigureLink struct {
	Value string
	Href  string
}

// Prose is a sentence in pieces, some of which are figures or links. Make it with
// [Write] or [Plain].
type Prose []Phrase

// A Phrase is a piece of [Prose]. Isolated text (a number, a code, a date) keeps
// its own direction and stays on one line, unless it is long, as a name can be.
type Phrase struct {
	Text     string
	Isolated bool
	Figure   *FigureLink
	Link     *Link
}

// lineMax is how wide text may be that stays on one line of the narrowest phone,
// in halves of a Chinese character.
const lineMax = 24

// Long tells whether the text may have to break.
func (p Phrase) Long() bool {
	width := 0
	for _, r := range p.Text {
		width++
		if unicode.Is(unicode.Han, r) {
			width++
		}
	}
	return width > lineMax
}

// Digest is as much of a hash as a reader compares by eye. The page of its entry has all of it.
func Digest(hash string) string {
	const shown = 16
	return hash[:min(shown, len(hash))] + "…"
}

// Plain is prose without figures.
func Plain(text string) Prose { return Prose{{Text: text}} }

// Write writes a message of the catalogue as prose. Arguments are whole numbers,
// strings, a [FigureLink] or a [Link]; numbers and strings are isolated.
func Write(p *locale.Printer, key string, arguments ...any) Prose {
	var count any
	if len(arguments) > 0 {
		count = arguments[0]
	}
	var prose Prose
	for _, span := range p.Spans(key, count) {
		if span.Argument < 0 || span.Argument >= len(arguments) {
			prose = append(prose, Phrase{Text: span.Text})
			continue
		}
		switch a := arguments[span.Argument].(type) {
		case FigureLink:
			prose = append(prose, Phrase{Figure: &a})
		case Link:
			prose = append(prose, Phrase{Link: &a})
		default:
			prose = append(prose, Phrase{Text: p.Argument(a), Isolated: true})
		}
	}
	return prose
}

// String is the prose as plain text.
func (p Prose) String() string {
	text := ""
	for _, phrase := range p {
		switch {
		case phrase.Figure != nil:
			text += phrase.Figure.Value
		case phrase.Link != nil:
			text += phrase.Link.Label
		default:
			text += phrase.Text
		}
	}
	return text
}

// Heading is the head of a page: where it is, its one h1, the sentence that
// answers it, and what waits.
type Heading struct {
	// Crumbs lead from the whole to this page. Eyebrow stands in their place on
	// pages that are a whole themselves. Give one of them.
	Crumbs  []Link
	Eyebrow []string
	Title   string
	Lead    Prose
	// Hush says what has been kept back and how to see it.
	Hush     string
	HushLink Link
	Tasks    []Task
	// Drawing stands beside the lead on wide screens; [chart.Hills] or nothing.
	Drawing template.HTML
	State   *State
	Buttons []Button
}

func (Heading) Template() string { return "heading" }

// A Task is a count of things that wait for the reader.
type Task struct {
	Count string
	Text  string
	Href  string
	Tone  Tone
}

// Tone colours a count or a status: nothing, waiting, bad.
type Tone string

const (
	NoTone   Tone = ""
	WarnTone Tone = "warn"
	BadTone  Tone = "bad"
)

// KeyFigures is a row of three to five figures.
type KeyFigures []KeyFigure

// A KeyFigure is a label, a figure that opens, and the line that says how well it
// is proved.
type KeyFigure struct {
	Label  string
	Figure FigureLink
	Grade  Grade
	Note   string
}

func (KeyFigures) Template() string { return "key-figures" }

func (k KeyFigures) check() error {
	if len(k) < 3 || len(k) > 5 {
		return fmt.Errorf("a row has three to five key figures, not %d", len(k))
	}
	return nil
}

// SectionHead is a section's heading, with a note beside it and, where there are
// several views of the same thing, links to them.
type SectionHead struct {
	// ID is the section's anchor. It must be unique in the page.
	ID       string
	Title    string
	Note     Prose
	Segments []Link
}

// A Section is a heading, a hairline and its parts.
type Section struct {
	Head  SectionHead
	Parts []Component
}

func (Section) Template() string { return "section" }

// Columns sets parts side by side on wide screens, seven to five; a record's own
// page sets them nearer to even.
type Columns struct {
	Main, Side []Component
	Record     bool
}

func (Columns) Template() string { return "columns" }

// Text is a paragraph.
type Text struct{ Prose Prose }

func (Text) Template() string { return "text" }

// Flow is the chart of where something went, its ladder for phones, what could not
// be traced, and the ways to the same data as a table.
type Flow struct {
	Chart  template.HTML
	Ladder []chart.BarList
	// Untraced says how much is not yet traced, even when it is nothing.
	Untraced  Prose
	TableHref string
	CSVHref   string
}

func (Flow) Template() string { return "flow" }

// NewFlow draws a laid-out chart.
func NewFlow(layout chart.SankeyLayout) Flow {
	return Flow{Chart: layout.SVG(), Ladder: layout.Ladder()}
}

// Drawing is any other chart, with its legend and the way to its table.
type Drawing struct {
	Chart template.HTML
	// Narrow is the same chart drawn for a phone, for charts whose text would
	// become too small; see [chart.Road.SVG].
	Narrow    template.HTML
	Legend    Legend
	TableHref string
	CSVHref   string
}

func (Drawing) Template() string { return "drawing" }

// Villages is the dots of several counties side by side.
type Villages struct {
	Groups    []VillageGroup
	Legend    Legend
	TableHref string
	CSVHref   string
}

func (Villages) Template() string { return "villages" }

// A VillageGroup is one county's dots.
type VillageGroup struct {
	Name  string
	Count string // "344 villages"
	Chart template.HTML
}

// Legend explains marks and colours. A Key's Class is one of the style sheet's:
// c-bad, c-warn, c-bar, c-strong, c-brand, t-credit … for the colour, with dash,
// dot, ring or hatch for the shape.
type Legend []Key

// A Key is one line of a [Legend].
type Key struct{ Class, Label string }

func (Legend) Template() string { return "legend" }

// GradeLegend explains the grade marks. The frame puts it in every footer.
type GradeLegend struct{}

func (GradeLegend) Template() string { return "grade-legend" }

// BarList is a list of bars, each with its label above it.
type BarList struct{ chart.BarList }

func (BarList) Template() string { return "bar-list" }

// Breakdown is a list of bars on one line each: label, bar, value.
type Breakdown struct{ Bars []chart.Bar }

func (Breakdown) Template() string { return "breakdown" }

// Chain is the links from a figure down to its records, each with its count.
type Chain []ChainLink

// A ChainLink is one link of a [Chain] or [Trail].
type ChainLink struct{ Value, Label, Href string }

func (Chain) Template() string { return "chain" }

// Trail is the way of some money from giver to receiver, in the colour of the
// county.
type Trail struct {
	County int
	Links  []ChainLink
}

func (Trail) Template() string { return "trail" }

// Facts is the names and values of one record.
type Facts []Fact

// A Fact is one line of [Facts].
type Fact struct {
	Name  string
	Value Prose
}

func (Facts) Template() string { return "facts" }

// Signatures is the foot of a paper: a line for each who signs it, and one for the day.
type Signatures struct {
	Who  []string // in the reader's language
	Date string   // the word for the day
}

func (Signatures) Template() string { return "signatures" }

// StateKind is where something stands. Its shape, word and colour all say so.
type StateKind string

const (
	NotStarted StateKind = "open"
	Running    StateKind = "running"
	Needs      StateKind = "needs" // needs someone
	Done       StateKind = "done"
	Failed     StateKind = "failed"
)

// State is a state in a word. A pill stands by itself, beside buttons.
type State struct {
	Kind StateKind
	Word string
	Pill bool
}

func (State) Template() string { return "state" }

// ButtonKind is how much a button asks for attention. A view has one primary.
type ButtonKind string

const (
	Ghost   ButtonKind = ""
	Primary ButtonKind = "primary"
	Quiet   ButtonKind = "text"
	Danger  ButtonKind = "bad"
)

// A Button is a link when it has an Href, and otherwise submits its form, with its
// name and value if it has them. Its label is a verb: "Record a visit".
type Button struct {
	Label string
	Kind  ButtonKind
	Icon  string
	Href  string
	Name  string
	Value string
}

func (Button) Template() string { return "button" }

// Buttons is a row of buttons.
type Buttons []Button

func (Buttons) Template() string { return "buttons" }

// Status tells where something stands that the reader has just done, or that is
// wrong with the connection.
type Status struct {
	Kind StatusKind
	Icon string
	Lead string // what happened, in bold
	Text string // what is safe and what to do
	Link Link
}

// StatusKind is what a [Status] says.
type StatusKind string

const (
	Waiting StatusKind = "waiting" // saved on this phone
	Sent    StatusKind = "sent"
	Refused StatusKind = "failed"
	Told    StatusKind = "" // plain information
)

func (Status) Template() string { return "status" }

// Empty stands where there is nothing yet: what would be here, why not yet, and
// the one thing to do.
type Empty struct {
	Icon   string
	Title  string
	Text   string
	Action *Button
}

func (Empty) Template() string { return "empty" }

// Timeline is what happened, oldest first.
type Timeline []Event

// An Event is one thing that happened.
type Event struct {
	Date     string // as written for the reader
	DateTime string // the same for machines, 2017-03-14
	Icon     string
	Node     NodeKind
	Title    string
	// Sum is money that moved, in the county's colour; it opens.
	Sum    *FigureLink
	Text   string
	Who    string
	Link   Link
	Photos []Photo
}

// NodeKind is the look of an event's node: decisions are filled, money is in the
// county's colour.
type NodeKind string

const (
	PlainNode    NodeKind = ""
	DecisionNode NodeKind = "decision"
	County1Node  NodeKind = "county-1"
	County2Node  NodeKind = "county-2"
)

// Beside says whether the event's photograph stands beside its text: one does,
// several stand below.
func (e Event) Beside() bool { return len(e.Photos) == 1 }

func (Timeline) Template() string { return "timeline" }

// A Photo is a picture kept as evidence. Alt says what is to be seen.
type Photo struct {
	Src, Alt, Caption, Href string
}

// Album is pictures of papers, large enough to be read.
type Album []Photo

func (Album) Template() string { return "album" }

// Assurances is the strip of what a household is assured of, then and now. It never
// is a score.
type Assurances []Assurance

// An Assurance is one of them: its states, oldest first, and where we know it from.
type Assurance struct {
	Icon   string
	Name   string
	States []AssuranceState
	Source Link
}

// An AssuranceState is how it stood at one time.
type AssuranceState struct {
	When string
	What string
	Gap  bool
}

func (Assurances) Template() string { return "assurances" }

// TableMaxColumns is how many columns a table has at most.
const TableMaxColumns = 8

// Table is rows of records. The first column names the record and leads to it. On
// a phone each row becomes a block. Sorting and paging are links.
type Table struct {
	Caption string
	Columns []Column
	Rows    []Row
	Total   []Cell
	Pager   *Pager
	// Empty stands in place of a table without rows.
	Empty *Empty
	// Loose keeps the rows of a narrow table as rows on a phone.
	Loose bool
}

// A Column is a column's head. Href sorts by it; Sorted says if the rows are.
type Column struct {
	Label  string
	Kind   ColumnKind
	Href   string
	Sorted Sorted
}

// ColumnKind is what a column holds.
type ColumnKind string

const (
	TextColumn   ColumnKind = ""
	NumberColumn ColumnKind = "number" // aligned to the end
	StateColumn  ColumnKind = "is-state"
	CodeColumn   ColumnKind = "code"  // long codes, which may break anywhere
	WholeColumn  ColumnKind = "whole" // dates and vouchers, which do not break
	ShortColumn  ColumnKind = "short" // few words, which break at spaces only: in Chinese, not at all
)

// Sorted is the order of a column, as aria-sort has it.
type Sorted string

const (
	Unsorted   Sorted = ""
	Ascending  Sorted = "ascending"
	Descending Sorted = "descending"
)

// A Row is one record's cells, one for each column.
type Row struct{ Cells []Cell }

// A Cell is one value. Text is shown plain, or as a link with Href; a Figure opens
// its lineage. Never leave a cell without anything: what is not known is written
// so.
type Cell struct {
	Text   string
	Href   string
	Figure *FigureLink
	State  *State
	// Sub is a second, smaller line, with the grade of what stands behind it.
	Sub   string
	Grade Grade
	// Error says what is wrong with the value, in the user's words.
	Error string
	// Pick, in a table within a form, puts a box to tick before the value.
	Pick *Pick
}

// A Pick is a box to tick that is sent with a form. Name is that of the form's field, Label says what is picked.
type Pick struct {
	Name, Value, Label string
	Picked             bool
}

// A Pager leads to the neighbouring pages of a table.
type Pager struct {
	Text     string // "1 to 50 of 1,284"
	Previous string // empty on the first page
	Next     string // empty on the last
}

func (Table) Template() string { return "table" }

func (t Table) check() error {
	switch {
	case len(t.Columns) > TableMaxColumns:
		return fmt.Errorf("a table has at most %d columns, not %d", TableMaxColumns, len(t.Columns))
	case len(t.Rows) == 0 && t.Empty == nil:
		return errors.New("a table without rows needs its empty state")
	}
	for i, row := range t.Rows {
		if len(row.Cells) != len(t.Columns) {
			return fmt.Errorf("row %d has %d cells for %d columns", i, len(row.Cells), len(t.Columns))
		}
	}
	if len(t.Total) > 0 && len(t.Total) != len(t.Columns) {
		return fmt.Errorf("the total has %d cells for %d columns", len(t.Total), len(t.Columns))
	}
	return nil
}

// Notice is a list put up in public. Names in it are masked by whoever makes it.
// It prints on A4, or on A3 for the board in the village.
type Notice struct {
	Facts Facts
	Table Table
	// Where says where and until when to object.
	Where Prose
	// Code is a drawing of the address where the notice can be verified, and
	// CodeText the same to type.
	Code     template.HTML
	CodeText string
	A3       bool
}

func (Notice) Template() string { return "notice" }

// Job is a long task: how far it is, what it does now, how to stop it, what came of
// it. While it runs it asks Href for its next state.
type Job struct {
	ID     string // unique in the page
	Name   string
	State  State
	Step   string // what it does now
	Done   int64
	Total  int64
	Count  string // "6,400 of 12,000 rows"
	Href   string
	Cancel *Action
	Result Link
}

func (Job) Template() string { return "job" }

// Action is where a form of one button goes, with the hidden values that go along,
// such as the idempotency key.
type Action struct {
	Href   string
	Hidden []Hidden
}

// Hidden is a value that a form carries unseen.
type Hidden struct{ Name, Value string }

// Import is what an import would do, before it does it.
type Import struct {
	New, Changed, Same, Wrong string // counts, as written for the reader; none once the rows are recorded
	HasWrong                  bool
	// Rows shows the rows that are wrong, each with its error at the cell.
	Rows *Table
	// WrongHref downloads the wrong rows, to mend and send again.
	WrongHref string
	Confirm   *Form
}

func (Import) Template() string { return "import" }

// Approval shows what a second person is asked to approve.
type Approval struct {
	Changes  []Change
	Prepared string // who prepared it, and when
	// Why says why a second person has to look.
	Why string
	// Hash is what the approval is bound to.
	Hash   string
	Action Action
	// Error is said at the reason when it was sent back without one.
	Error string
}

// A Change is one value before and after.
type Change struct{ Name, Before, After string }

func (Approval) Template() string { return "approval" }

// Lineage is how a figure was made, for the drawer and for the figure's own page.
type Lineage struct {
	Name      string
	Value     string
	Says      string // one sentence
	Chain     Chain
	Checks    []Check
	Breakdown []chart.Bar
	// BreakdownTitle and LatestTitle name the two lists: "By year", "Latest payments".
	BreakdownTitle string
	LatestTitle    string
	Latest         []Record
	All            Link
	CSVHref        string
	Cite           string
	// Close is the page to go back to without scripts.
	Close string
}

func (Lineage) Template() string { return "lineage" }

// A Check is one that was run on a figure, with n of m.
type Check struct {
	Text   string
	Count  string // "1,284 / 1,284"
	Passed bool   // all of them
}

// A Record is one of a figure's latest.
type Record struct {
	Date, DateTime string
	Title          string
	Href           string
	Ref            string
	Amount         string
	Grade          Grade
}
