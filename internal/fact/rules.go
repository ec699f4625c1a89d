package fact

import (
	"reflect"
	"slices"
	"strings"

	"lastmile/internal/entity"
	"lastmile/internal/fault"
)

// place finds the area that the fact concerns: what the kind's area field names, or where that thing lies; else the book's own.
func (tx *Tx) place(k *Kind, f Fact) error {
	root, err := tx.s.root(tx.ctx, tx.w, tx.Book)
	if err != nil {
		return err
	}
	tx.Area = root
	if k.Area != "" {
		field := k.Field(k.Area)
		id := reflect.ValueOf(f).Elem().Field(field.index).String()
		switch {
		case id == "":
		case field.Ref == "area" || field.EntityPart == "id" && k.Defines == "area":
			tx.Area = id
		default:
			e, ok, err := tx.Entity(field.Ref, id)
			if err != nil {
				return err
			}
			if ok && e.Area != "" {
				tx.Area = e.Area
			}
		}
	}
	if k.Defines == "area" { // it does not lie in itself
		return nil
	}
	tx.areas, err = tx.s.areasBelow(tx.ctx, tx.w, tx.Book, tx.Area)
	return err
}

// checkReferences makes sure that everything the fact names exists.
func (tx *Tx) checkReferences(k *Kind, f Fact) error {
	var p Problems
	v := reflect.ValueOf(f).Elem()
	for i := range k.Fields {
		field := &k.Fields[i]
		if field.Ref == "" {
			continue
		}
		ids := []string{}
		if field.Type == List {
			ids = v.Field(field.index).Interface().([]string)
		} else if id := v.Field(field.index).String(); id != "" {
			ids = append(ids, id)
		}
		for _, id := range ids {
			_, ok, err := tx.Entity(field.Ref, id)
			if err != nil {
				return err
			}
			if !ok {
				p.Add(field.Name, "ref.unknown", "%s %q is not recorded in book %s or at headquarters", field.Ref, id, tx.Book).
					Mend("Record the %s first, or correct the code.", field.Ref)
			}
		}
	}
	return p.Err()
}

// define puts the row of the thing that the fact defines.
func (tx *Tx) define(k *Kind, f Fact) error {
	if k.Defines == "" {
		return nil
	}
	e, revision := entity.Entity{Type: k.Defines}, false
	v := reflect.ValueOf(f).Elem()
	for i := range k.Fields {
		text := ""
		if k.Fields[i].EntityPart == "revision" {
			revision = v.Field(k.Fields[i].index).Bool()
			continue
		}
		if k.Fields[i].EntityPart != "" {
			text = v.Field(k.Fields[i].index).String()
		}
		switch k.Fields[i].EntityPart {
		case "id":
			e.ID = text
		case "name":
			e.Name = text
		case "class":
			e.Class = text
		case "parent":
			e.Parent = text
		case "area":
			e.Area = text
		}
	}
	old, ok, err := tx.s.entity(tx.ctx, tx.w, tx.Book, e.Type, e.ID)
	if err != nil {
		return err
	}
	switch {
	case revision && !ok:
		return fault.New(fault.NotFound, "revise.unknown", "%s %q is not recorded in book %s, so it cannot be revised", e.Type, e.ID, tx.Book).For(k.idField()).
			Mend("Record it as new, or correct the code.")
	case revision:
		if err := tx.checkRevision(old); err != nil {
			return err
		}
	case !ok && tx.Corrects > 0:
		return fault.New(fault.Invalid, "define.other", "entry %s:%d does not define %s %q", tx.Book, tx.Corrects, e.Type, e.ID).For(k.idField()).
			Mend("A code stays as it is: correct the rest, or record a new %s.", e.Type)
	case ok && tx.Corrects != old.Seq:
		return fault.New(fault.Conflict, "define.again", "%s %q is recorded already as entry %s:%d", e.Type, e.ID, old.Book, old.Seq).For(k.idField()).
			Mend("Use another code, or say that this corrects entry %d.", old.Seq)
	}
	e.Status = old.Status
	key := entityKey{tx.Book, e.Type, e.ID}
	own := reflect.New(k.typ) // the caller may use theirs again
	own.Elem().Set(v)
	tx.s.define(key, own.Interface())
	tx.s.undo = append(tx.s.undo, func() { delete(tx.s.defined, key) })
	return tx.Put(e)
}

// checkRevision refuses a revision dated before what it replaces. The older entry stays and says what held until then.
func (tx *Tx) checkRevision(old entity.Entity) error {
	e, ok, err := tx.entry(old.Seq)
	if err != nil || !ok {
		return orUnknown(err, tx.Book, old.Seq)
	}
	if e.On > tx.On {
		return fault.New(fault.Conflict, "revise.early", "%s %q was revised as of %s already", old.Type, old.ID, e.On).For("on").
			Mend("Use %s or a later date, or correct entry %d.", e.On, old.Seq)
	}
	return nil
}

func (k *Kind) idField() string {
	for i := range k.Fields {
		if k.Fields[i].EntityPart == "id" {
			return k.Fields[i].Name
		}
	}
	return ""
}

// May tells whether a person holds one of the roles for the fact's area on its day.
func (tx *Tx) May(person string, roles ...string) (bool, error) {
	return tx.may(person, roles, tx.Area)
}

func (tx *Tx) may(person string, roles []string, area string) (bool, error) {
	if tx.wr.r.authority == nil {
		return false, nil
	}
	return tx.wr.r.authority.May(tx, person, roles, area, tx.On)
}

// approvers is how many people must approve an amount of a kind: by the rule in force, else as the kind says; 0 when it needs none.
func (tx *Tx) approvers(k *Kind, amount int64) (int, error) {
	if k.Approval == nil {
		return 0, nil
	}
	if a := tx.wr.r.authority; a != nil {
		if n, ok, err := a.Approvers(tx, k.Name, amount, tx.On); ok || err != nil {
			return n, err
		}
	}
	return k.Approval.Need(amount), nil
}

// checkPeople makes sure that the actor may record the fact, and that enough others who may have approved it, unless nobody has yet. need
// is how many must.
func (tx *Tx) checkPeople(p *prepared, d *Draft) (need int, err error) {
	k := p.kind
	if err := tx.checkActor(k, tx.Area); err != nil {
		return 0, err
	}
	if need, err = tx.need(p, d); err != nil || need == 0 || len(d.Approvers) == 0 {
		return need, err
	}
	if len(d.Approvers) < need {
		return 0, fault.New(fault.Forbidden, "approval.few", "a %s of this amount needs %d approvers, %d are named", k.Name, need, len(d.Approvers)).For("approvers").
			Mend("Ask another person with role %s.", k.Approval.Role)
	}
	for i, a := range d.Approvers {
		if a == d.Actor || slices.Contains(d.Approvers[:i], a) {
			return 0, fault.New(fault.Forbidden, "approval.self", "%s cannot approve what they prepared or approved already", a).For("approvers").
				Mend("Ask another person with role %s.", k.Approval.Role)
		}
		ok, err := tx.May(a, k.Approval.Role)
		if err != nil {
			return 0, err
		}
		if !ok {
			return 0, fault.New(fault.Forbidden, "approval.role", "%s may not approve a %s here on %s", a, k.Name, d.On).For("approvers").
				Mend("Ask a person with role %s.", k.Approval.Role)
		}
	}
	return need, nil
}

// checkActor makes sure that the actor holds a role that may record facts of a kind in an area.
func (tx *Tx) checkActor(k *Kind, area string) error {
	if tx.Actor == Operator || len(k.By) == 0 {
		return nil
	}
	ok, err := tx.may(tx.Actor, k.By, area)
	if err == nil && !ok {
		err = fault.New(fault.Forbidden, "role.missing", "%s may not record a %s here on %s", tx.Actor, k.Name, tx.On).For("actor").
			Mend("It takes one of these roles for the area: %s.", strings.Join(k.By, ", "))
	}
	return err
}

// need is how many others must approve a fact. To take back an entry takes as many as to record it.
func (tx *Tx) need(p *prepared, d *Draft) (int, error) {
	need, err := tx.approvers(p.kind, p.amount)
	seq := takesBack(d)
	if err != nil || need == 0 || seq == 0 {
		return need, err
	}
	e, ok, err := tx.wr.find(tx.ctx, tx.Book, seq)
	if err != nil || !ok {
		return need, err // Reverse says that there is no such entry
	}
	f, err := DecodeBody(e.Kind, e.Body, e.Private)
	if err != nil {
		return 0, err
	}
	k := Find(e.Kind)
	before, err := tx.approvers(k, k.amount(f))
	return max(need, before), err
}

// checkBook makes sure that the fact is recorded in the book that it belongs to: that of the county where the area that it names lies, or
// that which knows the thing that it names. A correction stays in the book of what it corrects.
func (tx *Tx) checkBook(f Fact) error {
	k := tx.kind
	if k.Book == "" || k.Book == entity.Headquarters || tx.Corrects > 0 {
		return nil
	}
	field := k.Field(k.Book)
	id := reflect.ValueOf(f).Elem().Field(field.index).String()
	if id == "" {
		return nil
	}
	if field.Ref != "area" {
		_, ok, err := tx.s.entity(tx.ctx, tx.w, tx.Book, field.Ref, id)
		if err == nil && !ok && tx.Book != k.BookElse {
			err = fault.New(fault.Invalid, "book.other", "%s %q is not recorded in book %s", field.Ref, id, tx.Book).For(field.Name).Mend("Record the %s in the book of the %s.", k.Name, field.Ref)
		}
		return err
	}
	if tx.Book != entity.Headquarters {
		_, err := tx.s.areasBelow(tx.ctx, tx.w, tx.Book, id)
		return err
	}
	above, err := tx.s.areasBelow(tx.ctx, tx.w, entity.Headquarters, id)
	if err != nil {
		return err
	}
	for _, a := range above {
		_, designated, err := tx.s.entity(tx.ctx, tx.w, entity.Headquarters, "book", a)
		if err != nil {
			return err
		}
		if designated {
			return fault.New(fault.Invalid, "book.county", "area %s lies in county %s, which has a book of its own", id, a).For(field.Name).Mend("Record it in book %s.", a)
		}
	}
	return nil
}
