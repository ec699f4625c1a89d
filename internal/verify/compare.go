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
	for _, check := range []func(context.Context) error{b.checkAccounts, b.checkBalances, b.checkLots, b.checkStages, b.checkTotals, b.checkSubjects} {
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

type lotKey struct {
	account, commodity uint32
	seq, line          int64
}

type lotRow struct {
	fund   uint32
	amount int64
}

func (b *book) checkLots(ctx context.Context) error {
	want := map[lotKey]lotRow{}
	for k, s := range b.balances {
		for _, l := range s.lots {
			want[lotKey{k.account, k.commodity, l.seq, l.line}] = lotRow{k.fund, l.amount}
		}
	}
	return checkTable(ctx, b, "lot", want, func(scan func(...any) error) (k lotKey, v lotRow, err error) {
		var account, commodity, fund string
		err = scan(&account, &commodity, &k.seq, &k.line, &fund, &v.amount)
		k.account, k.commodity, v.fund = b.texts.number(account), b.texts.number(commodity), b.texts.number(fund)
		return k, v, err
	}, "SELECT account, commodity, seq, line, fund, amount FROM lot WHERE book = $1")
}

func (b *book) checkStages(ctx context.Context) error {
	return checkTable(ctx, b, "stage", b.stages, func(scan func(...any) error) (k stageKey, v stageSum, err error) {
		var commodity, month, fund, project, area, receiver string
		var traced truth
		err = scan(&commodity, &month, &fund, &project, &area, &receiver, &traced, &v.amount, &v.n)
		k = stageKey{b.texts.number(commodity), b.texts.number(month), b.texts.number(fund), b.texts.number(project), b.texts.number(area), b.texts.number(receiver), traced == yes}
		if traced == odd {
			b.differKey("stage", b.texts.key(k), "Its column traced is neither true nor false.")
		}
		return k, v, err
	}, "SELECT commodity, month, fund, project, area, receiver, traced, amount, n FROM stage WHERE book = $1")
}

func (b *book) checkTotals(ctx context.Context) error {
	return checkTable(ctx, b, "total", b.totals, func(scan func(...any) error) (k totalKey, v totalSum, err error) {
		var measure, area, month, project, fund string
		err = scan(&measure, &area, &month, &project, &fund, &v.value, &v.n, &v.traced)
		return totalKey{b.texts.number(measure), b.texts.number(area), b.texts.number(month), b.texts.number(project), b.texts.number(fund)}, v, err
	}, "SELECT measure, area, month, project, fund, value, n, traced FROM total WHERE book = $1")
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
