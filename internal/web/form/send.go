package form

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"lastmile/internal/date"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/web/session"
	"lastmile/internal/web/wording"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// send takes a form that was filled in.
func (f *Forms) send(w http.ResponseWriter, r *http.Request) {
	k, err := f.kind(r)
	if err != nil {
		f.guard.Refuse(w, r, err)
		return
	}
	in, err := f.read(r, k)
	if err != nil {
		f.guard.Refuse(w, r, err)
		return
	}
	if in.find != "" {
		in.faults = slices.DeleteFunc(in.faults, func(e *fault.Error) bool { return e.Field != "evidence" })
		f.page(w, r, http.StatusOK, in)
		return
	}
	d, err := f.draft(r, in)
	if err != nil {
		f.guard.Refuse(w, r, err)
		return
	}
	if len(in.faults) > 0 {
		f.page(w, r, http.StatusUnprocessableEntity, in)
		return
	}
	receipts, err := f.store.Recorder.Record(r.Context(), d)
	if list := fault.All(err); list != nil {
		in.faults = list
		f.guard.Note(r, err)
		f.page(w, r, wording.Status(list[0].Kind), in)
		return
	}
	if err != nil {
		f.guard.Refuse(w, r, err)
		return
	}
	to := url.Values{"at": {receipts[0].Book + ":" + itoa(receipts[0].Seq)}}
	if receipts[0].Again {
		to.Set("again", "1")
	}
	http.Redirect(w, r, Path+"/"+k.Name+"/done?"+to.Encode(), http.StatusSeeOther)
}

// read takes what was typed, chosen and uploaded. Files are kept at once, so that they need not be chosen again when something is wrong.
func (f *Forms) read(r *http.Request, k *fact.Kind) (*filled, error) {
	form := r.PostForm
	in := &filled{kind: k, key: form.Get("key"), book: form.Get("book"), on: strings.TrimSpace(form.Get("on")), find: form.Get("find"), values: map[string]string{}, picks: map[string]string{}}
	for i := range k.Fields {
		name := k.Fields[i].Name
		in.values[name] = strings.ReplaceAll(form.Get(name), "\r\n", "\n")
		in.picks[name] = form.Get(name + pickSuffix)
	}
	if in.key == "" {
		in.faults = append(in.faults, fault.New(fault.Invalid, "request.form", "the form has no key").For("key").Mend("Open the page again."))
	}
	if at := form.Get("corrects"); at != "" {
		e, err := f.entry(r, at)
		if err != nil {
			return nil, err
		}
		in.corrects, in.book = e, e.Book
	}
	return in, f.keepFiles(r, in)
}

// draft makes the fact. Everything that is wrong with what was typed is in in.faults afterwards, all at once.
func (f *Forms) draft(r *http.Request, in *filled) (fact.Draft, error) {
	v, k := session.Of(r), in.kind
	d := fact.Draft{Fact: k.New(), Book: in.book, Key: in.key, Actor: v.Person, Source: "form", Evidence: in.evidence}
	if in.corrects != nil {
		d.Corrects = in.corrects.Seq
	}
	var p fact.Problems
	if in.on != "" {
		on, err := date.Parse(in.on)
		if err != nil {
			p.Add("on", "field.date", "%q is not a date", in.on).Mend("Write it as 2020-03-14.")
		}
		d.On = on
	} else {
		p.Add("on", "field.required", "the date is missing").Mend("Say when it happened, as 2020-03-14.")
	}
	if k.Book == "" && in.book == "" {
		p.Add("book", "book.required", "a %s does not say which book it belongs to", k.Name).Mend("Name the county's book.")
	}
	for i := range k.Fields {
		field := &k.Fields[i]
		text := in.values[field.Name]
		switch {
		case field.Ref != "" && field.Type == fact.Text:
			text = in.chosen(field.Name)
			e, ok, err := f.named(r.Context(), v, field.Ref, text)
			if err != nil {
				return d, err
			}
			if ok {
				text = e.ID
			} else if text != "" {
				p.Add(field.Name, "ref.unknown", "%s %q is not recorded in any book", field.Ref, text).Mend("Record the %s first, or correct the code.", field.Ref)
			}
			in.values[field.Name], in.picks[field.Name] = text, ""
		case field.Type == fact.List:
			text = strings.ReplaceAll(text, "\n", fact.ListSeparator)
		}
		k.Set(d.Fact, field, text, &p)
	}
	k.Check(d.Fact, &p)
	in.faults = append(in.faults, fault.All(p.Err())...)
	return d, nil
}
