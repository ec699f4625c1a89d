-- Tables that people sent to be recorded, and what became of them. Times are Unix microseconds.
CREATE TABLE intake (
  id         TEXT NOT NULL PRIMARY KEY,
  person     TEXT NOT NULL,
  kind       TEXT NOT NULL,
  name       TEXT NOT NULL,
  state      TEXT NOT NULL,
  step       TEXT NOT NULL,
  done       BIGINT NOT NULL,
  total      BIGINT NOT NULL,
  row_count  BIGINT NOT NULL,
  mapping    TEXT NOT NULL,
  on_date    TEXT NOT NULL,
  result     TEXT NOT NULL,
  made_at    BIGINT NOT NULL,
  changed_at BIGINT NOT NULL
);
CREATE INDEX intake_person ON intake (person, made_at);

-- Where the columns of each person's tables went the last time.
CREATE TABLE intake_column (
  person  TEXT NOT NULL,
  kind    TEXT NOT NULL,
  heading TEXT NOT NULL,
  field   TEXT NOT NULL,
  PRIMARY KEY (person, kind, heading)
);
