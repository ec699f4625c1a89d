package fact

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fault"
	"lastmile/internal/figure"
	"lastmile/internal/journal"
)

type prepared struct {
	kind          *Kind
	body, private string
	amount        int64
}

// prepare checks a draft's own fields, encodes it and finds its book.
func (r *Recorder) prepare(ctx context.Context, d *Draft, p *prepared) error {
	p.kind = KindOf(d.Fact)
	if p.kind == nil {
		return fmt.Errorf("record %T: the kind is not registered", d.Fact)
	}
	var problems Problems
	p.kind.Check(d.Fact, &problems)
	r.checkHeader(d, &problems)
	if err := problems.Err(); err != nil {
		return err
	}
	p.body, p.private = p.kind.Encode(d.Fact)
	p.amount = p.kind.amount(d.Fact)
	if p.kind.Approval == nil {
		d.Approvers = nil // nobody asked them
	}
	if d.Book == "" {
		book, err := r.bookOf(ctx, p.kind, d.Fact)
		if err != nil {
			return err
		}
		d.Book = book
	} else if err := r.checkBook(ctx, p.kind, d.Book); err != nil {
		return err
	}
	if d.Key == "" {
		d.Key = contentKey(d, p)
	}
	return nil
}

func (r *Recorder) checkHeader(d *Draft, p *Problems) {
	today := date.Of(r.clock())
	switch {
	case d.On == "":
		p.Add("on", "field.required", "the date is missing").Mend("Say when it happened, as 2020-03-14.")
	case !d.On.Valid():
		p.Add("on", "field.date", "%q is not a date", d.On).Mend("Write it as 2020-03-14.")
	case d.On > today:
		p.Add("on", "date.future", "%s has not come yet", d.On).Mend("Record what has happened, dated %s or before.", today)
	}
	if len(d.Key) > 100 || strings.ContainsAny(d.Key, " \x00") {
		p.Add("key", "key.form", "the key %q is too long or has spaces", d.Key).Mend("Use at most 100 characters without spaces, such as a UUID.")
	}
	if d.Actor == "" {
		p.Add("actor", "field.required", "nobody is named who records it").Mend("Log in, or name a person.")
	}
	for _, text := range append([]string{d.Book, d.Key, string(d.On), d.Actor, d.Source}, d.Approvers...) {
		if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
			p.Add("", "field.encoding", "%q holds bytes that are not text", text).Mend("Send UTF-8.")
		}
	}
	for _, h := range d.Evidence {
		if !d.atHand && (r.files == nil || !r.files.Has(h)) {
			p.Add("evidence", "evidence.unknown", "no file %s is in the evidence store", h).Mend("Upload the file first.")
		}
	}
}

// contentKey makes the same content of the same day come out as the same key, whoever sends it. Personal data is not in it: it could be
// guessed from a key. A word on a proposal is its speaker's own.
func contentKey(d *Draft, p *prepared) string {
	mac := hmac.New(sha256.New, []byte("lastmile/key"))
	mac.Write(journal.AppendFields(nil, []string{d.Book, p.kind.Name, string(d.On), p.body, strings.Join(d.Evidence, " ")}, d.Corrects))
	if _, ok := d.Fact.(*Approve); ok {
		mac.Write([]byte(d.Actor))
	}
	return "c-" + base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:18])
}

// checkBook makes sure that a book named with a fact exists and may hold its kind.
func (r *Recorder) checkBook(ctx context.Context, k *Kind, book string) error {
	if book == entity.Headquarters {
		return nil
	}
	if k.Book == entity.Headquarters {
		return fault.New(fault.Invalid, "book.wrong", "a %s belongs to the book of headquarters, not to %s", k.Name, book).For("book").Mend("Leave the book out.")
	}
	key := [2]string{"book", book}
	if _, ok := r.places.Load(key); ok {
		return nil
	}
	if _, ok, err := entity.Get(ctx, r.db, entity.Headquarters, "book", book); err != nil {
		return err
	} else if !ok {
		return unknownBook(book)
	}
	r.remember("book", book, book)
	return nil
}

// booksAhead looks up together in which books the things are that drafts of a kind say their book by. Those that are in one book alone bookOf
// will know.
func (r *Recorder) booksAhead(ctx context.Context, k *Kind, drafts []Draft) error {
	if k.Book == "" || k.Book == entity.Headquarters || k.Field(k.Book).Ref == "area" {
		return nil
	}
	field := k.Field(k.Book)
	unknown := map[string]bool{}
	for i := range drafts {
		id := reflect.ValueOf(drafts[i].Fact).Elem().Field(field.index).String()
		if _, ok := r.places.Load([2]string{field.Ref, id}); drafts[i].Book == "" && !ok {
			unknown[id] = true
		}
	}
	if len(unknown) < aheadMin {
		return nil
	}
	ids := slices.Sorted(maps.Keys(unknown))
	books, err := entity.Find(ctx, r.db, entity.Filter{Book: entity.Headquarters, Type: "book"})
	if err != nil {
		return err
	}
	in := map[string][]string{}
	for _, b := range append(books, entity.Entity{ID: entity.Headquarters}) {
		found, err := entity.GetAll(ctx, r.db, b.ID, field.Ref, ids)
		if err != nil {
			return err
		}
		for id := range found {
			in[id] = append(in[id], b.ID)
		}
	}
	for id, list := range in {
		if len(list) == 1 {
			r.remember(field.Ref, id, list[0])
		}
	}
	return nil
}

// remember keeps in which book a thing is. It forgets the others when there are many.
func (r *Recorder) remember(typ, id, book string) {
	if r.placed.Add(1) > rememberMax {
		r.places.Clear()
		r.placed.Store(0)
	}
	r.places.Store([2]string{typ, id}, book)
}

// bookOf finds the book that a fact belongs to, as its kind says.
func (r *Recorder) bookOf(ctx context.Context, k *Kind, f Fact) (string, error) {
	if k.Book == "hq" {
		return entity.Headquarters, nil
	}
	unknown := fault.New(fault.Invalid, "book.required", "a %s does not say which book it belongs to", k.Name).For("book").Mend("Name the county's book.")
	if k.Book == "" {
		return "", unknown
	}
	field := k.Field(k.Book)
	id := reflect.ValueOf(f).Elem().Field(field.index).String()
	key := [2]string{field.Ref, id}
	if b, ok := r.places.Load(key); ok {
		return b.(string), nil
	}
	if id == "" && k.BookElse != "" {
		return k.BookElse, nil
	}
	books, err := entity.Find(ctx, r.db, entity.Filter{Book: entity.Headquarters, Type: "book"})
	if err != nil {
		return "", err
	}
	found := ""
	if field.Ref == "area" {
		above, err := figure.Ancestors(ctx, r.db, id)
		if err != nil {
			return "", err
		}
		for _, b := range books {
			if slices.Contains(above, b.Area) {
				found = b.ID
			}
		}
	} else {
		for _, b := range append(books, entity.Entity{ID: entity.Headquarters}) {
			if _, ok, err := entity.Get(ctx, r.db, b.ID, field.Ref, id); err != nil {
				return "", err
			} else if ok && found != "" {
				return "", fault.New(fault.Invalid, "book.ambiguous", "%s %q is in the books %s and %s", field.Ref, id, found, b.ID).For("book").Mend("Name the book.")
			} else if ok {
				found = b.ID
			}
		}
	}
	if found == "" && k.BookElse != "" {
		return k.BookElse, nil // not remembered: the county may be designated later
	}
	if found == "" {
		if field.Ref == "area" {
			return "", fault.New(fault.NotFound, "book.area", "area %q lies in no designated county", id).For(field.Name).Mend("Record the county's designation first.")
		}
		return "", fault.New(fault.NotFound, "ref.unknown", "%s %q is not recorded in any book", field.Ref, id).For(field.Name).
			Mend("Record the %s first, or correct the code.", field.Ref)
	}
	r.remember(field.Ref, id, found)
	return found, nil
}
