-- What the facts have named: areas, parties, projects, accounts and so on, each with the entry that defines it now.
CREATE TABLE entity (
  book   TEXT NOT NULL,
  type   TEXT NOT NULL,
  id     TEXT NOT NULL,
  name   TEXT NOT NULL,
  class  TEXT NOT NULL,
  status TEXT NOT NULL,
  area   TEXT NOT NULL,
  parent TEXT NOT NULL,
  seq    BIGINT NOT NULL,
  PRIMARY KEY (book, type, id)
); -- clustered

CREATE INDEX entity_by_parent ON entity (book, type, parent, id);
