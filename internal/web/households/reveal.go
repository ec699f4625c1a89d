package households

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/household"
	"lastmile/internal/journal"
	"lastmile/internal/web/view"
	"lastmile/internal/web/wording"
)

// shownFor is how long personal data is shown after somebody has said why they need it.
const shownFor = 15 * time.Minute

// disclosure is an entry by which the reader sees personal data.
type disclosure struct {
	seq    int64
	until  time.Time
	reason string
}

// shownField is where the address keeps the number of that entry.
const shownField = "shown"

// disclosed is the entry that the address names, when it is the reader's own, about this household, and of the last quarter of an hour; nil otherwise.
func (q *request) disclosed(h *home) *disclosure {
	seq, err := strconv.ParseInt(q.FormValue(shownField), 10, 64)
	if err != nil || !h.personal {
		return nil
	}
	for i := range h.Entries {
		e := &h.Entries[i]
		if e.Seq != seq || e.Kind != "disclosure" || e.Actor != q.v.Person {
			continue
		}
		until := time.UnixMicro(e.RecordedAt).Add(shownFor)
		content, err := fact.DecodeBody(e.Kind, e.Body, "")
		if err != nil || !q.p.store.Now().Before(until) {
			return nil
		}
		return &disclosure{seq, until, content.(*household.Disclosure).Reason}
	}
	return nil
}

// hush says that names are masked, and the way to see them.
func (q *request) hush(h *home, heading *view.Heading) {
	switch {
	case h.opened != nil:
		heading.Hush = q.text("households.shown", h.opened.reason, q.words.Clock(h.opened.until))
		heading.HushLink = view.Link{Label: q.text("households.shown.record"), Href: entryHref(h.Book, h.opened.seq)}
	case h.personal:
		heading.Hush = q.text("households.masked")
		heading.HushLink = view.Link{Label: q.text("households.reveal"), Href: Href(h.Book, h.ID) + "/reveal"}
	default:
		heading.Hush = q.text("households.masked.always")
	}
}

// keep is a page of the household that shows what this one shows.
func (q *request) keep(h *home, page string) string {
	if h.opened == nil {
		return Href(h.Book, h.ID) + page
	}
	return Href(h.Book, h.ID) + page + "?" + shownField + "=" + itoa(h.opened.seq)
}

// ask asks why the reader needs to see names and numbers.
func (q *request) ask() error {
	h, err := q.personal()
	if err != nil {
		return err
	}
	return q.askAgain(h, http.StatusOK, "f-"+rand.Text(), "", "")
}

// personal opens the household for somebody who may see its personal data.
func (q *request) personal() (*home, error) {
	h, err := q.open()
	if err == nil && !h.personal {
		err = fault.New(fault.Forbidden, "area.hidden", "%s holds no role for area %q", q.v.Person, h.area).Mend("Ask somebody who serves this area.")
	}
	return h, err
}

func (q *request) askAgain(h *home, status int, key, reason, wrong string) error {
	crumbs, err := q.crumbs(h.Book, h.area)
	if err != nil {
		return err
	}
	form := view.Form{Action: Href(h.Book, h.ID) + "/reveal", Hidden: q.v.Hidden(view.Hidden{Name: "key", Value: key}),
		Fields:  []view.Component{view.Field{Kind: view.AreaField, Name: "reason", Label: q.text("households.reveal.why"), Hint: q.text("households.reveal.hint"), Value: reason, Error: wrong, MaxLength: 300}},
		Buttons: []view.Button{{Label: q.text("households.reveal.do"), Kind: view.Primary, Icon: "lock"}, {Label: q.text("households.back"), Href: Href(h.Book, h.ID)}}}
	heading := view.Heading{Crumbs: append(crumbs, view.Link{Label: h.ID, Href: Href(h.Book, h.ID)}), Title: q.text("households.reveal.title", q.masked(h.HeadName(q.today), h.ID)), Lead: view.Plain(q.text("households.reveal.lead"))}
	q.p.guard.Show(q.w, q.Request, status, view.Stack{Page: q.page, Heading: heading, Body: []view.Component{form}})
	return nil
}

// reveal records who looks and why, and leads to the page with names and numbers.
func (q *request) reveal() error {
	h, err := q.personal()
	if err != nil {
		return err
	}
	reason, key := strings.TrimSpace(q.PostForm.Get("reason")), q.PostForm.Get("key")
	if reason == "" {
		return q.askAgain(h, http.StatusUnprocessableEntity, key, "", q.text("households.reveal.none"))
	}
	receipts, err := q.p.store.Recorder.Record(q.Context(), fact.Draft{Fact: &household.Disclosure{Household: h.ID, Reason: reason}, Book: h.Book, Key: key, On: q.today, Actor: q.v.Person, Source: "form"})
	if list := fault.All(err); list != nil {
		q.p.guard.Note(q.Request, err)
		return q.askAgain(h, wording.Status(list[0].Kind), key, reason, q.words.Fault(fact.Find("disclosure"), list[0]))
	}
	if err != nil {
		return err
	}
	http.Redirect(q.w, q.Request, Href(h.Book, h.ID)+"?"+url.Values{shownField: {itoa(receipts[0].Seq)}}.Encode(), http.StatusSeeOther)
	return nil
}

// lookedMax is how many of those who looked are listed.
const lookedMax = 10

// looked lists who has seen the household's personal data.
func (q *request) looked(h *home) view.Component {
	var list []*journal.Filed
	for i := range h.Entries {
		if h.Entries[i].Kind == "disclosure" {
			list = append(list, &h.Entries[i])
		}
	}
	t := view.Table{Loose: true, Columns: []view.Column{{Label: q.text("households.column.who")}, {Label: q.text("households.column.why")}, {Label: q.text("households.column.date")}},
		Empty: &view.Empty{Icon: "lock", Title: q.text("households.looked.none"), Text: q.text("households.looked.none.why")}}
	for i := len(list) - 1; i >= max(0, len(list)-lookedMax); i-- {
		e := list[i]
		reason := ""
		if content, err := fact.DecodeBody(e.Kind, e.Body, ""); err == nil {
			reason = content.(*household.Disclosure).Reason
		}
		who, err := q.person(e.Actor)
		if err != nil {
			who = e.Actor
		}
		t.Rows = append(t.Rows, view.Row{Cells: []view.Cell{{Text: who, Href: entryHref(e.Book, e.Seq)}, {Text: reason}, {Text: q.day(e.On)}}})
	}
	return view.Section{Head: view.SectionHead{ID: "looked", Title: q.text("households.looked"), Note: view.Plain(q.text("households.looked.note", len(list)))}, Parts: []view.Component{t}}
}
