-- What two records of one person would share, hashed with the store's secret: a document, a name and birth date, a phone, an account. It is
-- looked up across books, and rows go when the personal data they are made of is erased.
CREATE TABLE match_key (
  hash   BYTEA NOT NULL,
  book   TEXT NOT NULL,
  member TEXT NOT NULL,
  kind   TEXT NOT NULL,
  PRIMARY KEY (hash, book, member)
); -- clustered
