package household

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"lastmile/internal/database"
	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/household/identity"
)

// called begins what is hashed of a name by which people are looked up. It is apart from what the duplicate guard compares: a name alone makes nobody
// a duplicate.
const called = "called"

// calls are the names by which somebody is found: the whole, and each part of a name written with a middle dot. Only whole names and parts are
// hashed: the table must not let anybody work a name out letter by letter.
func calls(name string) []string {
	folded := identity.FoldName(name)
	if folded == "" {
		return nil
	}
	list := []string{folded}
	if parts := strings.Split(folded, "·"); len(parts) > 1 {
		list = append(list, parts...)
	}
	return list
}

// Hit is a member found by what is known of them.
type Hit struct {
	Book, Household, Member string
	By                      string // document, name, phone or account
	Area                    string
}

// hitsMax is how many members one search gives.
const hitsMax = 100

// Search finds members by a document, a phone, an account or a name, as written, whole. Nothing of these is kept in clear, so a part of one
// finds nobody. Keyed hashes with the store's secret: fact.Recorder.Keyed.
func Search(ctx context.Context, r database.Reader, keyed func(string) []byte, text string, on date.Date) ([]Hit, error) {
	by := map[string]string{} // hash to what it is of
	for _, k := range identity.Keys(identity.Person{Document: text, Phone: text, Account: text}, on) {
		by[string(keyed(k.Of+" "+k.Value))] = k.Of
	}
	if name := identity.FoldName(text); name != "" {
		by[string(keyed(called+" "+name))] = "name"
	}
	hashes := make([][]byte, 0, len(by))
	for hash := range by {
		hashes = append(hashes, []byte(hash))
	}
	var list []Hit
	err := holders(ctx, r, hashes, func(hash []byte, h Hit) {
		h.By = by[string(hash)]
		if !slices.ContainsFunc(list, func(o Hit) bool { return o.Book == h.Book && o.Member == h.Member }) {
			list = append(list, h)
		}
	})
	return list, err
}

// holders gives the members of whom one of the hashes is kept, hitsMax at most, by book and code.
func holders(ctx context.Context, r database.Reader, hashes [][]byte, give func(hash []byte, h Hit)) error {
	if len(hashes) == 0 {
		return nil
	}
	args, marks := make([]any, len(hashes)), make([]string, len(hashes))
	for i, hash := range hashes {
		args[i], marks[i] = hash, fmt.Sprintf("$%d", i+1)
	}
	rows, err := r.Query(ctx, fmt.Sprintf(`SELECT k.hash, k.book, k.member, e.parent, e.area
FROM match_key k
JOIN entity e ON e.book = k.book AND e.type = '%s' AND e.id = k.member
WHERE k.hash IN (%s)
ORDER BY k.book, k.member
LIMIT %d`, MemberType, strings.Join(marks, ", "), hitsMax), args...)
	if err != nil {
		return fmt.Errorf("look for people: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var hash []byte
		var h Hit
		if err := rows.Scan(&hash, &h.Book, &h.Member, &h.Household, &h.Area); err != nil {
			return err
		}
		give(hash, h)
	}
	return rows.Err()
}

// HeadNames gives the names of the heads of households of a book, by household: personal data. One that was not recorded or was erased is left
// out. A page of households is meant, at most a hundred.
func HeadNames(ctx context.Context, r database.Reader, book string, ids []string) (map[string]string, error) {
	names := make(map[string]string, len(ids))
	if len(ids) == 0 {
		return names, nil
	}
	args, marks := []any{book}, make([]string, len(ids))
	for i, id := range ids {
		args = append(args, id)
		marks[i] = fmt.Sprintf("$%d", i+2)
	}
	rows, err := r.Query(ctx, fmt.Sprintf(`SELECT c.id, e.body, p.body
FROM concern c
JOIN entry e ON e.book = c.book AND e.seq = c.seq AND e.kind = '%s'
JOIN private p ON p.book = c.book AND p.seq = c.seq
LEFT JOIN reversal v ON v.book = c.book AND v.seq = c.seq
WHERE c.book = $1 AND c.type = '%s' AND c.id IN (%s) AND v.seq IS NULL
ORDER BY c.id, c.seq`, Type, Type, strings.Join(marks, ", ")), args...)
	if err != nil {
		return nil, fmt.Errorf("read names of heads: %w", err)
	}
	defer rows.Close()
	heads := map[string]string{} // number of the head on the first card
	for rows.Next() {
		var id, body, private string
		if err := rows.Scan(&id, &body, &private); err != nil {
			return nil, err
		}
		card, err := fact.DecodeBody(Type, body, private)
		if err != nil {
			return nil, fmt.Errorf("card of household %s: %w", id, err)
		}
		h := card.(*Household)
		members, err := parsePeople(h.Members)
		if err != nil {
			return nil, err
		}
		for _, m := range members {
			if m.Relation == head {
				heads[id] = m.Number
			}
		}
		if written, err := numbered(h.Names); err == nil && written[heads[id]] != "" {
			names[id] = written[heads[id]]
		}
	}
	return names, rows.Err()
}

// InVillage lists the households of a village by code.
func InVillage(ctx context.Context, r database.Reader, book, village string) ([]entity.Entity, error) {
	return entity.Find(ctx, r, entity.Filter{Book: book, Type: Type, Parent: village})
}

// CountByVillage counts the households of a book by village and by what they are registered as.
func CountByVillage(ctx context.Context, r database.Reader, book string) (map[string]map[string]int64, error) {
	rows, err := r.Query(ctx, "SELECT parent, class, COUNT(*) FROM entity WHERE book = $1 AND type = '"+Type+"' GROUP BY parent, class", book)
	if err != nil {
		return nil, fmt.Errorf("count households of book %s: %w", book, err)
	}
	defer rows.Close()
	counts := map[string]map[string]int64{}
	for rows.Next() {
		var village, status string
		var n int64
		if err := rows.Scan(&village, &status, &n); err != nil {
			return nil, err
		}
		if counts[village] == nil {
			counts[village] = map[string]int64{}
		}
		counts[village][status] = n
	}
	return counts, rows.Err()
}
