package lending

// RememberNothing has every loan derived from all its events from now on, and gives back what restores the memory.
func RememberNothing() (restore func()) {
	was := known
	known = &memory{}
	return func() { known = was }
}

// ListingQuery is the SQL by which applications are listed.
func (f ApplicationFilter) ListingQuery() (string, []any) { return f.query() }
