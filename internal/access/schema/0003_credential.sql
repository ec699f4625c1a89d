-- What lets a person in. None of it is a fact: it is in no book and is not replayed.
CREATE TABLE credential (
  person      TEXT NOT NULL PRIMARY KEY,
  hash        TEXT NOT NULL,
  must_change BOOLEAN NOT NULL,
  changed_at  BIGINT NOT NULL
);

-- Sessions by the SHA-256 of their token. Times are Unix microseconds.
CREATE TABLE session (
  hash       TEXT NOT NULL PRIMARY KEY,
  person     TEXT NOT NULL,
  started_at BIGINT NOT NULL,
  seen_at    BIGINT NOT NULL,
  address    TEXT NOT NULL,
  agent      TEXT NOT NULL
);
CREATE INDEX session_person ON session (person);

-- Failed log-ins in a row, by account ("person:…") and by address ("address:…").
CREATE TABLE login_failure (
  subject   TEXT NOT NULL PRIMARY KEY,
  failures  BIGINT NOT NULL,
  failed_at BIGINT NOT NULL
);

-- The one-time code with which the first administrator is made. At most one row.
CREATE TABLE setup_code (
  one  BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
  hash TEXT NOT NULL
);

-- Bearer tokens of programs that act for a person, by the SHA-256 of the token.
CREATE TABLE token (
  hash       TEXT NOT NULL PRIMARY KEY,
  person     TEXT NOT NULL,
  name       TEXT NOT NULL,
  scopes     TEXT NOT NULL,
  made_at    BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX token_person ON token (person);

-- Who logged in, who gave whom access, and what was refused.
CREATE TABLE access_event (
  id       TEXT NOT NULL PRIMARY KEY,
  at       BIGINT NOT NULL,
  person   TEXT NOT NULL,
  event    TEXT NOT NULL,
  by_whom  TEXT NOT NULL,
  address  TEXT NOT NULL
);
CREATE INDEX access_event_person ON access_event (person, id);

-- What signed addresses are made with. At most one row.
CREATE TABLE signing_secret (
  one    BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
  secret TEXT NOT NULL
);
