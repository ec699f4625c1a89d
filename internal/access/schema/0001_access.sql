-- Which person holds which role for which area, from a day until a day.
CREATE TABLE appointment (
  person   TEXT NOT NULL,
  role     TEXT NOT NULL,
  area     TEXT NOT NULL,
  on_date  TEXT NOT NULL,
  until    TEXT NOT NULL,
  seq      BIGINT NOT NULL,
  PRIMARY KEY (person, role, area, on_date)
);
