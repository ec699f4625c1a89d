-- Which person was given which role for which area, from a day until a day, by which entry of headquarters' book.
CREATE TABLE appointment (
  person   TEXT NOT NULL,
  seq      BIGINT NOT NULL,
  role     TEXT NOT NULL,
  area     TEXT NOT NULL,
  on_date  TEXT NOT NULL,
  until    TEXT NOT NULL,
  PRIMARY KEY (person, seq)
);
