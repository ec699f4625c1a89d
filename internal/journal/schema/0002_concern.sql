-- Which entries are about which thing, and what they mean for it: the file of a household or a case.
CREATE TABLE concern (
  book TEXT NOT NULL,
  type TEXT NOT NULL,
  id   TEXT NOT NULL,
  seq  BIGINT NOT NULL,
  role TEXT NOT NULL,
  PRIMARY KEY (book, type, id, seq)
); -- clustered
