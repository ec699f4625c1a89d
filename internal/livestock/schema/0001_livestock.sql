-- What went into and out of accounts of herds, contracts and young, so that a herd as it stood on any day is read from the index alone. All
-- three classes begin with "herd"; other postings are not in it.
CREATE INDEX posting_into_herd ON posting (book, to_account, commodity, flow, on_date, amount, sign)
WHERE to_account >= 'herd' AND to_account < 'here';

CREATE INDEX posting_out_of_herd ON posting (book, from_account, commodity, flow, on_date, amount, sign)
WHERE from_account >= 'herd' AND from_account < 'here';
