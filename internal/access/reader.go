package access

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"lastmile/internal/database"
	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
	"lastmile/internal/figure"
	"lastmile/internal/journal"
)

// Reader is a person who looks at what is recorded, with the roles they hold on a day. It is for one request: it remembers where areas lie.
//
// What may be seen follows from where it lies:
//
//   - totals of the whole programme, which are published (its figures, its claims, the picture of its flows), by whoever may log in;
//   - what is recorded of an area, and figures narrowed to it, by whoever holds any role for that area or one above it;
//   - what is recorded of no area, by whoever holds a role for the whole programme;
//   - names and definitions kept at headquarters (areas, parties, funds, figures …), by everyone who holds any role;
//   - who works with the programme, by administrators, auditors and the sponsor's leadership;
//   - personal data, by those of PersonalRoles for its area.
type Reader struct {
	Person string
	Name   string
	Unit   string
	On     date.Date
	Held   []Held // in force on that day

	db    database.Reader
	above map[string][]string
}

// PersonalRoles see personal data of the areas that they serve.
var PersonalRoles = []string{"programme-officer", "county-assistant", "loan-officer", "approver", "auditor"}

// peopleRoles see who works with the programme.
var peopleRoles = []string{"administrator", "auditor", "sponsor-leadership"}

// Read gives a person with the roles they hold on a day. Someone who is not recorded is a fault of kind NotFound.
func Read(ctx context.Context, db database.Reader, person string, on date.Date) (*Reader, error) {
	e, ok, err := entity.Get(ctx, db, entity.Headquarters, "person", person)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fault.New(fault.NotFound, "person.unknown", "there is no person %q", person).For("person").Mend("Correct the log-in name.")
	}
	rows, err := db.Query(ctx, "SELECT role, area, on_date, until FROM appointment WHERE person = $1 ORDER BY role, area, on_date", person)
	if err != nil {
		return nil, fmt.Errorf("read roles of %s: %w", person, err)
	}
	held, err := scanHeld(rows)
	if err != nil {
		return nil, fmt.Errorf("read roles of %s: %w", person, err)
	}
	rd := &Reader{Person: person, Name: e.Name, Unit: e.Class, On: on, db: db, above: map[string][]string{}}
	for _, h := range held {
		if h.inForce(on) {
			rd.Held = append(rd.Held, h)
		}
	}
	return rd, nil
}

func (h Held) inForce(on date.Date) bool { return on >= h.From && (h.Until == "" || on <= h.Until) }

// Holds tells whether the person holds one of the roles for any area.
func (rd *Reader) Holds(roles ...string) bool {
	return slices.ContainsFunc(rd.Held, func(h Held) bool { return slices.Contains(roles, h.Role) })
}

// Everywhere tells whether the person holds a role for the whole programme.
func (rd *Reader) Everywhere() bool {
	return slices.ContainsFunc(rd.Held, func(h Held) bool { return h.Area == "" })
}

// Areas are those that the person serves, without those that lie in another of them; empty for the whole programme or for none.
func (rd *Reader) Areas(ctx context.Context) ([]string, error) {
	if rd.Everywhere() {
		return nil, nil
	}
	var list []string
	for _, h := range rd.Held {
		if slices.Contains(list, h.Area) {
			continue
		}
		above, err := rd.ancestors(ctx, h.Area)
		if err != nil {
			return nil, err
		}
		inOther := slices.ContainsFunc(rd.Held, func(o Held) bool { return o.Area != h.Area && slices.Contains(above, o.Area) })
		if !inOther {
			list = append(list, h.Area)
		}
	}
	return list, nil
}

// May tells whether the person holds one of the roles for an area ("" for the whole programme), as Authority does when a fact is recorded.
func (rd *Reader) May(ctx context.Context, roles []string, area string) (bool, error) {
	for _, h := range rd.Held {
		if !slices.Contains(roles, h.Role) {
			continue
		}
		if h.Area == "" || h.Area == area {
			return true, nil
		}
		above, err := rd.ancestors(ctx, area)
		if err != nil {
			return false, err
		}
		if slices.Contains(above, h.Area) {
			return true, nil
		}
	}
	return false, nil
}

// Sees tells whether the person may see what is recorded of an area ("" for what is recorded of none).
func (rd *Reader) Sees(ctx context.Context, area string) (bool, error) {
	return rd.May(ctx, Roles, area)
}

// SeesFigure tells whether the person may see figures narrowed to an area; those of the whole programme ("") are published.
func (rd *Reader) SeesFigure(ctx context.Context, area string) (bool, error) {
	if area == "" {
		return true, nil
	}
	return rd.Sees(ctx, area)
}

// County is a county's book in which a person may find something.
type County struct {
	Book, Area string
	Parts      []string // areas within it that the person serves; none when they serve all of it
}

// Counties are the counties that the person serves, or of which they serve a part, by code.
func (rd *Reader) Counties(ctx context.Context) ([]County, error) {
	books, err := entity.Find(ctx, rd.db, entity.Filter{Book: entity.Headquarters, Type: "book"})
	if err != nil {
		return nil, err
	}
	own, err := rd.Areas(ctx)
	if err != nil {
		return nil, err
	}
	var list []County
	for _, b := range books {
		sees, err := rd.Sees(ctx, b.Area)
		if err != nil {
			return nil, err
		}
		c := County{Book: b.ID, Area: b.Area}
		for i := 0; !sees && i < len(own); i++ {
			above, err := rd.ancestors(ctx, own[i])
			if err != nil {
				return nil, err
			}
			if slices.Contains(above, b.Area) {
				c.Parts = append(c.Parts, own[i])
			}
		}
		if sees || c.Parts != nil {
			list = append(list, c)
		}
	}
	return list, nil
}

// Books are those in which the person may find something: headquarters', and those of their counties.
func (rd *Reader) Books(ctx context.Context) ([]string, error) {
	counties, err := rd.Counties(ctx)
	if err != nil {
		return nil, err
	}
	list := []string{entity.Headquarters}
	for _, c := range counties {
		list = append(list, c.Book)
	}
	return list, nil
}

// Where is Sees as a condition of a query, for lists too long to be looked through row by row: SQL over a column that holds areas, with
// parameters numbered from first on, and their values.
func (rd *Reader) Where(ctx context.Context, column string, first int) (sql string, args []any, err error) {
	if rd.Everywhere() {
		return "1 = 1", nil, nil
	}
	own, err := rd.Areas(ctx)
	if err != nil || len(own) == 0 {
		return "1 = 0", nil, err
	}
	marks := make([]string, len(own))
	for i, area := range own {
		marks[i] = fmt.Sprintf("$%d", first+i)
		args = append(args, area)
	}
	return column + ` IN (
  WITH RECURSIVE below(id) AS (
    SELECT id FROM entity WHERE book = '` + entity.Headquarters + `' AND type = 'area' AND id IN (` + strings.Join(marks, ", ") + `)
    UNION ALL
    SELECT a.id FROM entity a JOIN below ON a.parent = below.id WHERE a.book = '` + entity.Headquarters + `' AND a.type = 'area'
  )
  SELECT id FROM below)`, args, nil
}

// SeesPersonal tells whether the person may see the personal data of an area.
func (rd *Reader) SeesPersonal(ctx context.Context, area string) (bool, error) {
	return rd.May(ctx, PersonalRoles, area)
}

// SeesPeople tells whether the person may see who works with the programme.
func (rd *Reader) SeesPeople() bool { return rd.Holds(peopleRoles...) }

// SeesEntry tells whether the person may see an entry's public part.
func (rd *Reader) SeesEntry(ctx context.Context, e *journal.Entry) (bool, error) {
	switch e.Kind {
	case "person", "appointment":
		return rd.SeesPeople(), nil
	}
	if k := fact.Find(e.Kind); e.Book == entity.Headquarters && e.Area == "" && k != nil && k.Approval == nil && (k.Defines != "" || k.Book == entity.Headquarters) {
		return len(rd.Held) > 0, nil
	}
	return rd.Sees(ctx, e.Area)
}

// Hidden is the fault of asking for what is recorded of an area in which the person holds no role.
func (rd *Reader) Hidden(area string) error {
	return fault.New(fault.Forbidden, "area.hidden", "%s holds no role for area %q", rd.Person, area).For("area").
		Mend("Choose an area that you serve, or ask an administrator for a role there.")
}

// Narrow is the area whose records the person gets when they ask for those of area: the area itself when they may see it, and for the
// whole programme the one area they serve. Anything else is forbidden.
func (rd *Reader) Narrow(ctx context.Context, area string) (string, error) {
	sees, err := rd.Sees(ctx, area)
	if err != nil || sees {
		return area, err
	}
	own, err := rd.Areas(ctx)
	if err != nil {
		return "", err
	}
	if area == "" && len(own) == 1 {
		return own[0], nil
	}
	return "", rd.Hidden(area)
}

// MayRecord tells whether the person holds, anywhere, a role that may record the kind.
func (rd *Reader) MayRecord(k *fact.Kind) bool { return rd.Holds(k.By...) }

// MayRecordIn tells whether the person may record the kind for an area.
func (rd *Reader) MayRecordIn(ctx context.Context, k *fact.Kind, area string) (bool, error) {
	return rd.May(ctx, k.By, area)
}

// Lies tells whether an area is another one, or lies in it.
func (rd *Reader) Lies(ctx context.Context, area, in string) (bool, error) {
	if area == in {
		return true, nil
	}
	above, err := rd.ancestors(ctx, area)
	return slices.Contains(above, in), err
}

func (rd *Reader) ancestors(ctx context.Context, area string) ([]string, error) {
	if area == "" {
		return nil, nil
	}
	if list, ok := rd.above[area]; ok {
		return list, nil
	}
	list, err := figure.Ancestors(ctx, rd.db, area)
	if err == nil {
		rd.above[area] = list
	}
	return list, err
}

// AllHeld gives the roles that everybody holds on a day, by person.
func AllHeld(ctx context.Context, db database.Reader, on date.Date) (map[string][]Held, error) {
	rows, err := db.Query(ctx, "SELECT person, role, area, on_date, until FROM appointment ORDER BY person, role, area, on_date")
	if err != nil {
		return nil, fmt.Errorf("read roles: %w", err)
	}
	defer rows.Close()
	all := map[string][]Held{}
	for rows.Next() {
		var person, from, until string
		var h Held
		if err := rows.Scan(&person, &h.Role, &h.Area, &from, &until); err != nil {
			return nil, err
		}
		h.From, h.Until = date.Date(from), date.Date(until)
		if h.inForce(on) {
			all[person] = append(all[person], h)
		}
	}
	return all, rows.Err()
}
