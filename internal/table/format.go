package table

import (
	"path/filepath"
	"strings"
)

// Format is the form of a table in a file.
type Format string

// The formats.
const (
	CSV   Format = "csv"
	XLSX  Format = "xlsx"
	JSONL Format = "jsonl"
)

// FormatOf tells the format from the extension of a file's name: .csv, .tsv or .txt, .xlsx, .jsonl, .ndjson or .json.
func FormatOf(name string) (Format, error) {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".csv", ".tsv", ".txt":
		return CSV, nil
	case ".xlsx":
		return XLSX, nil
	case ".jsonl", ".ndjson", ".json":
		return JSONL, nil
	}
	return "", &Error{Code: UnknownFormat, Args: []any{filepath.Base(name)}}
}
