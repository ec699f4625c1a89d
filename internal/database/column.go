package database

import (
	"context"
	"fmt"
)

// Column is a column of a table as the store has it.
type Column struct {
	Name string
	Flag bool // BOOLEAN; SQLite has no such type and keeps 0 and 1
	Key  bool // part of the primary key
}

// Columns describes a table: its columns in order, those of the primary key first and in the order of the key.
func (db *DB) Columns(ctx context.Context, table string) ([]Column, error) {
	query := `SELECT name, FALSE, pk > 0
FROM pragma_table_info($1)
ORDER BY pk = 0, pk, cid`
	if db.Engine == PostgreSQL {
		query = `SELECT a.attname, a.atttypid = CAST('boolean' AS regtype), k.place IS NOT NULL
FROM pg_attribute a
LEFT JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary
LEFT JOIN LATERAL unnest(CAST(i.indkey AS int2[])) WITH ORDINALITY AS k(attnum, place) ON k.attnum = a.attnum
WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY k.place NULLS LAST, a.attnum`
	}
	rows, err := db.Query(ctx, query, table)
	if err != nil {
		return nil, fmt.Errorf("describe table %s: %w", table, err)
	}
	defer rows.Close()
	var list []Column
	for rows.Next() {
		var c Column
		if err := rows.Scan(&c.Name, &c.Flag, &c.Key); err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("describe table %s: there is none", table)
	}
	return list, nil
}
