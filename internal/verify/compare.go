package verify

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"lastmile/internal/fact"
)

// checkSums compares the tables of sums with what was added up.
func (b *book) checkSums(ctx context.Context) error {
	for _, check := range []func(context.Context) error{b.checkAccounts, b.checkBalances, b.checkArrivals, b.checkTotals, b.checkSubjects} {
		if err := check(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (b *book) differKey(table string, key []string, wrong string, args ...any) {
	remedy := rebuild
	if b.broken {
		remedy = follows
	}
	b.report.add(Difference{Table: table, Book: b.name, Key: strings.Join(key, " / "), Wrong: fmt.Sprintf(wrong, args...), Remedy: remedy})
}

// key writes a struct of numbers of texts as those texts, in the order of its fields.
func (t *texts) key(k any) []string {
	v := reflect.ValueOf(k)
	parts := make([]string, v.NumField())
	for i := range parts {
		parts[i] = t.show(v.Field(i))
	}
	return parts
}

func (t *texts) show(field reflect.Value) string {
	if field.Kind() == reflect.Uint32 {
		return t.list[field.Uint()]
	}
	return fmt.Sprint(field)
}

// value writes a number, or a struct with the names of its fields.
func (t *texts) value(v any) string {
	r := reflect.ValueOf(v)
	if r.Kind() != reflect.Struct {
		return fmt.Sprint(v)
	}
	parts := make([]string, r.NumField())
	for i := range parts {
		parts[i] = r.Type().Field(i).Name + " " + t.show(r.Field(i))
	}
	return strings.Join(parts, ", ")
}

const notBorneOut = "Nothing recorded bears the row out."

// checkTable compares the rows of a table with what is wanted, one for one. Next scans a row into its key and value.
func checkTable[K comparable, V comparable](ctx context.Context, b *book, table string, want map[K]V, next func(scan func(...any) error) (K, V, error), query string) error {
	seen := make(map[K]struct{}, len(want))
	err := eachRow(ctx, b.reader(), func(scan func(...any) error) error {
		k, v, err := next(scan)
		if err != nil {
			return err
		}
		w, ok := want[k]
		switch {
		case !ok:
			b.differKey(table, b.texts.key(k), notBorneOut)
		case w != v:
			b.differKey(table, b.texts.key(k), "It says %s, the records give %s.", b.texts.value(v), b.texts.value(w))
		}
		if ok {
			seen[k] = struct{}{}
		}
		return nil
	}, query, b.name)
	if err != nil {
		return fmt.Errorf("read %s: %w", table, err)
	}
	if len(seen) == len(want) {
		return nil
	}
	var lost [][]string
	for k := range want {
		if _, ok := seen[k]; !ok {
			lost = append(lost, append(b.texts.key(k), b.texts.value(want[k])))
		}
	}
	slices.SortFunc(lost, slices.Compare)
	for _, k := range lost {
		b.differKey(table, k[:len(k)-1], "The row is not there, the records give %s.", k[len(k)-1])
	}
	return nil
}

func (b *book) checkAccounts(context.Context) error {
	for id, a := range b.accounts {
		want := a.class + ":" + a.owner
		if a.project != "" {
			want += ":" + a.project
		}
		switch {
		case !a.used:
			b.differKey("account", []string{id}, "No posting names the account.")
		case a.class != "" && want != id:
			b.differKey("account", []string{id}, "Its class, owner and project make the id %s.", want)
		}
	}
	return nil
}

type balanceRow struct {
	amount  int64
	outside truth
}

func (b *book) checkBalances(ctx context.Context) error {
	want := make(map[balanceKey]balanceRow, len(b.balances))
	for k, s := range b.balances {
		want[k] = balanceRow{s.amount, truthOf(s.outside)}
	}
	return checkTable(ctx, b, "balance", want, func(scan func(...any) error) (k balanceKey, v balanceRow, err error) {
		var account, commodity, fund string
		err = scan(&account, &commodity, &fund, &v.amount, &v.outside)
		return balanceKey{b.texts.number(account), b.texts.number(commodity), b.texts.number(fund)}, v, err
	}, "SELECT account, commodity, fund, amount, outside FROM balance WHERE book = $1")
}

// checkArrivals compares the table of what arrived at inside accounts with the postings. There is a row for each such posting, which never
// changes, so it is enough that the hashes of all rows add up to the same sum; only when they do not are rows looked at in pairs.
func (b *book) checkArrivals(ctx context.Context) error {
	sum := uint64(0)
	err := eachRow(ctx, b.reader(), func(scan func(...any) error) error {
		var account, commodity, fund string
		var seq, line, amount int64
		err := scan(&account, &commodity, &seq, &line, &fund, &amount)
		sum += b.arrivalHash(account, commodity, fund, seq, line, amount)
		return err
	}, "SELECT account, commodity, seq, line, fund, amount FROM lot WHERE book = $1", b.name)
	if err != nil || sum == b.arrived {
		return err
	}
	listed := func(wrong string, query string) error {
		return eachRow(ctx, b.reader(), func(scan func(...any) error) error {
			var account, commodity, fund string
			var seq, line, amount int64
			if err := scan(&account, &commodity, &seq, &line, &fund, &amount); err != nil {
				return err
			}
			if a := b.accounts[account]; a == nil || !a.outside {
				b.differKey("lot", []string{account, commodity, fmt.Sprint(seq), fmt.Sprint(line)}, wrong, amount, fund)
			}
			return nil
		}, query, b.name)
	}
	err = listed("It says that %d of fund %s arrived, which posting of that number does not say.", `SELECT l.account, l.commodity, l.seq, l.line, l.fund, l.amount
FROM lot l
LEFT JOIN posting p ON p.book = l.book AND p.seq = l.seq AND p.line = l.line AND p.to_account = l.account AND p.commodity = l.commodity
  AND p.fund = l.fund AND p.amount = l.amount
WHERE l.book = $1 AND p.seq IS NULL`)
	if err != nil {
		return err
	}
	return listed("The row is not there, but the posting of that number brought %d of fund %s.", `SELECT p.to_account, p.commodity, p.seq, p.line, p.fund, p.amount
FROM posting p
LEFT JOIN lot l ON l.book = p.book AND l.account = p.to_account AND l.commodity = p.commodity AND l.seq = p.seq AND l.line = p.line
WHERE p.book = $1 AND l.seq IS NULL`)
}

func (b *book) checkTotals(ctx context.Context) error {
	return checkTable(ctx, b, "total", b.totals, func(scan func(...any) error) (k totalKey, v totalSum, err error) {
		var measure, area, month, project, fund, receiver string
		err = scan(&measure, &area, &month, &project, &fund, &receiver, &v.value, &v.n, &v.traced, &v.ended, &v.untraced)
		return totalKey{b.texts.number(measure), b.texts.number(area), b.texts.number(month), b.texts.number(project), b.texts.number(fund),
			b.texts.number(receiver)}, v, err
	}, "SELECT measure, area, month, project, fund, receiver, value, n, traced, ended, untraced FROM total WHERE book = $1")
}

type measureKey struct{ measure uint32 }

func (b *book) checkSubjects(ctx context.Context) error {
	err := checkTable(ctx, b, "subject", b.subjects, func(scan func(...any) error) (k subjectKey, n int64, err error) {
		var measure, subject string
		err = scan(&measure, &subject, &n)
		return subjectKey{b.texts.number(measure), b.texts.number(subject)}, n, err
	}, "SELECT measure, subject, n FROM subject WHERE book = $1")
	if err != nil {
		return err
	}
	distinct := map[measureKey]int64{}
	for k, n := range b.subjects {
		if n > 0 {
			distinct[measureKey{k.measure}]++
		} else {
			distinct[measureKey{k.measure}] += 0
		}
	}
	return checkTable(ctx, b, "distinct_total", distinct, func(scan func(...any) error) (k measureKey, n int64, err error) {
		var measure string
		err = scan(&measure, &n)
		return measureKey{b.texts.number(measure)}, n, err
	}, "SELECT measure, n FROM distinct_total WHERE book = $1")
}

// names remembers what an entry says of the thing that it names.
func (b *book) names(e *entryRow, k *fact.Kind) {
	var body map[string]any
	if json.Unmarshal([]byte(e.body), &body) != nil {
		return // the chain tells
	}
	n := naming{seq: e.seq}
	id := ""
	for i := range k.Fields {
		value, _ := body[k.Fields[i].Name].(string)
		switch k.Fields[i].EntityPart {
		case "id":
			id = value
		case "name":
			n.name = value
		case "class":
			n.class = value
		case "parent":
			n.parent = value
		case "area":
			n.area = value
		}
	}
	b.named[[2]string{k.Defines, id}] = n
	b.naming[e.seq] = [2]string{k.Defines, id}
}

// checkNames compares the names of things with the entries that name them. Areas must stand exactly where their entries put them, because
// every total depends on it; of other things, later facts may have changed the row.
func (b *book) checkNames(ctx context.Context) error {
	err := eachRow(ctx, b.reader(), func(scan func(...any) error) error {
		var typ, id string
		var row naming
		if err := scan(&typ, &id, &row.name, &row.class, &row.area, &row.parent, &row.seq); err != nil {
			return err
		}
		key := [2]string{typ, id}
		want, named := b.named[key]
		switch {
		case row.seq < 1 || row.seq > b.last:
			b.differKey("entity", key[:], "It names entry %d, which is not there.", row.seq)
		case b.naming[row.seq][0] == typ && b.naming[row.seq] != key:
			b.differKey("entity", key[:], "It names entry %d, which names %s.", row.seq, b.naming[row.seq][1])
		case named && row.seq < want.seq:
			b.differKey("entity", key[:], "It names entry %d, but entry %d names it now.", row.seq, want.seq)
		case typ == "area" && row != want:
			b.differKey("entity", key[:], "It is not what entry %d says.", row.seq)
		}
		delete(b.named, key)
		return nil
	}, "SELECT type, id, name, class, area, parent, seq FROM entity WHERE book = $1", b.name)
	for key, n := range b.named {
		b.differKey("entity", key[:], "It is not there, but entry %d names it.", n.seq)
	}
	return err
}
