-- What a household received, found by its accounts. The condition is on a part of the account's id: one on its range would be taken for the search.
CREATE INDEX posting_to_recipient ON posting (book, to_account) WHERE substr(to_account, 1, 10) = 'recipient:';
