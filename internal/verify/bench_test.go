package verify_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"os"
	"strconv"
	"testing"

	"lastmile/internal/database"
	"lastmile/internal/fact"
	"lastmile/internal/facttest"
	"lastmile/internal/goods"
	"lastmile/internal/store"
)

// benchEntries is how many entries a benchmark reads; LASTMILE_BENCH_ENTRIES says otherwise.
const benchEntries = 20_000

// filled is a store with many deliveries and interviews, each with its effects.
func filled(b *testing.B) *store.Store {
	b.Helper()
	n := benchEntries
	if text := os.Getenv("LASTMILE_BENCH_ENTRIES"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil {
			b.Fatal(err)
		}
	}
	s := facttest.Open(b, facttest.SQLite(b))
	facttest.Populate(b, s)
	draft := func(f fact.Fact, i int) fact.Draft {
		return fact.Draft{Fact: f, Book: facttest.Counties[0], Key: strconv.Itoa(i), On: facttest.Day.AddDays(i % 240), Actor: facttest.Officer,
			Approvers: []string{facttest.Approver}, Source: "bench"}
	}
	facttest.MustRecord(b, s, draft(&goods.Donation{Project: "W-clinic", Fund: "own", Commodity: "mask", Quantity: int64(n), Document: "letter"}, 0))
	const batch = 2000
	for from := 1; from <= n; from += batch {
		drafts := make([]fact.Draft, 0, batch)
		for i := from; i < from+batch; i++ {
			drafts = append(drafts, draft(&goods.Delivery{Project: "W-clinic", To: "W-li", Commodity: "mask", Quantity: 1, Receipt: fmt.Sprint("R", i)}, i))
		}
		if _, errs, err := s.Recorder.RecordEach(b.Context(), drafts); err != nil || errs[0] != nil {
			b.Fatal(err, errs[0])
		}
	}
	b.ResetTimer()
	return s
}

// BenchmarkVerify is compared with BenchmarkReadAndHash.
func BenchmarkVerify(b *testing.B) {
	s := filled(b)
	entries := int64(0)
	for b.Loop() {
		r := verified(b, s)
		if !r.OK {
			b.Fatal(r.Differences[0])
		}
		entries += r.Entries
	}
	b.ReportMetric(float64(entries)/b.Elapsed().Seconds(), "entries/s")
}

// BenchmarkReadAndHash reads the rows of the facts, one table after another, and hashes their values: the least that a verification
// could do.
func BenchmarkReadAndHash(b *testing.B) {
	s := filled(b)
	entries := 0
	for b.Loop() {
		for i, query := range []string{
			"SELECT book, seq, kind, key, on_date, recorded_at, actor, approvers, source, reverses, grade, area, body, commitment, evidence, hash FROM entry ORDER BY book, seq",
			"SELECT book, seq, line, flow, from_account, to_account, commodity, fund, amount, project, area, sign, traced, on_date FROM posting ORDER BY book, seq, line",
			"SELECT book, seq, line, measure, value, subject, project, area, sign, ranked, traced, on_date FROM observation ORDER BY book, seq, line",
		} {
			if n := readAndHash(b, s.DB, query); i == 0 {
				entries += n
			}
		}
	}
	b.ReportMetric(float64(entries)/b.Elapsed().Seconds(), "entries/s")
}

func readAndHash(b *testing.B, db *database.DB, query string) int {
	b.Helper()
	rows, err := db.Query(context.Background(), query)
	if err != nil {
		b.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		b.Fatal(err)
	}
	cells := make([]sql.RawBytes, len(columns))
	into := make([]any, len(columns))
	for i := range cells {
		into[i] = &cells[i]
	}
	h := sha256.New()
	n := 0
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			b.Fatal(err)
		}
		for _, c := range cells {
			h.Write(c)
		}
		n++
	}
	if err := rows.Err(); err != nil {
		b.Fatal(err)
	}
	return n
}
