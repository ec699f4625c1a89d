-- What a household received, found by its accounts.
CREATE INDEX posting_to_recipient ON posting (book, to_account) WHERE to_account >= 'recipient' AND to_account < 'recipienu';
