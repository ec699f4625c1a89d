-- One append-only, hash-chained sequence of entries for each book.
CREATE TABLE entry (
  book        TEXT NOT NULL,
  seq         BIGINT NOT NULL CHECK (seq > 0),
  kind        TEXT NOT NULL,
  key         TEXT NOT NULL,
  on_date     TEXT NOT NULL,
  recorded_at BIGINT NOT NULL,
  actor       TEXT NOT NULL,
  approvers   TEXT NOT NULL,
  source      TEXT NOT NULL,
  reverses    BIGINT NOT NULL,
  grade       BIGINT NOT NULL CHECK (grade BETWEEN 0 AND 2),
  area        TEXT NOT NULL,
  body        TEXT NOT NULL,
  commitment  BYTEA,
  evidence    TEXT NOT NULL,
  hash        BYTEA NOT NULL,
  PRIMARY KEY (book, seq),
  UNIQUE (book, key)
);

-- Personal data, apart from the entry that commits to it, so that it can be erased.
CREATE TABLE private (
  book TEXT NOT NULL,
  seq  BIGINT NOT NULL,
  salt BYTEA NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (book, seq)
);

-- The end of each chain: a writer that finds another end than it left knows that it is not alone.
CREATE TABLE head (
  book TEXT NOT NULL PRIMARY KEY,
  seq  BIGINT NOT NULL,
  hash BYTEA NOT NULL
);

-- Which entry has been taken back by which.
CREATE TABLE reversal (
  book TEXT NOT NULL,
  seq  BIGINT NOT NULL,
  reversed_by BIGINT NOT NULL,
  PRIMARY KEY (book, seq)
); -- clustered

-- Which entry has been proved later by which.
CREATE TABLE proof (
  book      TEXT NOT NULL,
  seq       BIGINT NOT NULL,
  proved_by BIGINT NOT NULL,
  PRIMARY KEY (book, seq)
); -- clustered
