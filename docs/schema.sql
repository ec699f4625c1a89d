-- The whole schema as SQLite has it, for readers. Made from the packages' schema files by go test ./internal/store -update.

CREATE TRIGGER access_event_no_delete BEFORE DELETE ON access_event BEGIN SELECT RAISE(ABORT, 'access_event is append-only: correct it with a new entry'); END;

CREATE TRIGGER access_event_no_update BEFORE UPDATE ON access_event BEGIN SELECT RAISE(ABORT, 'access_event is append-only: correct it with a new entry'); END;

CREATE TABLE access_event (
  id       TEXT NOT NULL PRIMARY KEY,
  at       INTEGER NOT NULL,
  person   TEXT NOT NULL,
  event    TEXT NOT NULL,
  by_whom  TEXT NOT NULL,
  address  TEXT NOT NULL
) STRICT;

CREATE INDEX access_event_person ON access_event (person, id);

CREATE TABLE account (
  book    TEXT NOT NULL,
  id      TEXT NOT NULL,
  class   TEXT NOT NULL,
  owner   TEXT NOT NULL,
  holder  TEXT NOT NULL,
  project TEXT NOT NULL,
  area    TEXT NOT NULL,
  PRIMARY KEY (book, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE appointment (
  person   TEXT NOT NULL,
  seq      INTEGER NOT NULL,
  role     TEXT NOT NULL,
  area     TEXT NOT NULL,
  on_date  TEXT NOT NULL,
  until    TEXT NOT NULL,
  PRIMARY KEY (person, seq)
) STRICT;

CREATE TABLE approval_rule (
  kind        TEXT NOT NULL,
  seq         INTEGER NOT NULL,
  from_amount INTEGER NOT NULL,
  on_date     TEXT NOT NULL,
  until       TEXT NOT NULL,
  approvers   INTEGER NOT NULL,
  PRIMARY KEY (kind, seq)
) STRICT;

CREATE TABLE balance (
  book      TEXT NOT NULL,
  account   TEXT NOT NULL,
  commodity TEXT NOT NULL,
  fund      TEXT NOT NULL,
  amount    INTEGER NOT NULL,
  outside   INTEGER NOT NULL,
  CHECK (outside OR amount >= 0),
  PRIMARY KEY (book, account, commodity, fund)
) STRICT, WITHOUT ROWID;

CREATE TABLE concern (
  book TEXT NOT NULL,
  type TEXT NOT NULL,
  id   TEXT NOT NULL,
  seq  INTEGER NOT NULL,
  role TEXT NOT NULL,
  PRIMARY KEY (book, type, id, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE credential (
  person      TEXT NOT NULL PRIMARY KEY,
  hash        TEXT NOT NULL,
  must_change INTEGER NOT NULL,
  changed_at  INTEGER NOT NULL
) STRICT;

CREATE TABLE distinct_total (
  book    TEXT NOT NULL,
  measure TEXT NOT NULL,
  n       INTEGER NOT NULL,
  PRIMARY KEY (book, measure)
) STRICT, WITHOUT ROWID;

CREATE TABLE entity (
  book   TEXT NOT NULL,
  type   TEXT NOT NULL,
  id     TEXT NOT NULL,
  name   TEXT NOT NULL,
  class  TEXT NOT NULL,
  status TEXT NOT NULL,
  area   TEXT NOT NULL,
  parent TEXT NOT NULL,
  seq    INTEGER NOT NULL,
  PRIMARY KEY (book, type, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX entity_by_parent ON entity (book, type, parent, id);

CREATE INDEX loan_application_by_status ON entity (book, type, status, id) WHERE type = 'loan-application';

CREATE TRIGGER entry_no_delete BEFORE DELETE ON entry BEGIN SELECT RAISE(ABORT, 'entry is append-only: correct it with a new entry'); END;

CREATE TRIGGER entry_no_update BEFORE UPDATE ON entry BEGIN SELECT RAISE(ABORT, 'entry is append-only: correct it with a new entry'); END;

CREATE TABLE entry (
  book        TEXT NOT NULL,
  seq         INTEGER NOT NULL CHECK (seq > 0),
  kind        TEXT NOT NULL,
  key         TEXT NOT NULL,
  on_date     TEXT NOT NULL,
  recorded_at INTEGER NOT NULL,
  actor       TEXT NOT NULL,
  approvers   TEXT NOT NULL,
  source      TEXT NOT NULL,
  reverses    INTEGER NOT NULL,
  grade       INTEGER NOT NULL CHECK (grade BETWEEN 0 AND 2),
  area        TEXT NOT NULL,
  body        TEXT NOT NULL,
  commitment  BLOB,
  evidence    TEXT NOT NULL,
  hash        BLOB NOT NULL,
  PRIMARY KEY (book, seq),
  UNIQUE (book, key)
) STRICT;

CREATE TABLE guarantee_call (
  book    TEXT NOT NULL,
  loan    TEXT NOT NULL,
  seq     INTEGER NOT NULL,
  pool    TEXT NOT NULL,
  on_date TEXT NOT NULL,
  base    INTEGER NOT NULL,
  amount  INTEGER NOT NULL,
  PRIMARY KEY (book, loan)
) STRICT, WITHOUT ROWID;

CREATE TABLE head (
  book TEXT NOT NULL PRIMARY KEY,
  seq  INTEGER NOT NULL,
  hash BLOB NOT NULL
) STRICT;

CREATE TABLE intake (
  id         TEXT NOT NULL PRIMARY KEY,
  person     TEXT NOT NULL,
  kind       TEXT NOT NULL,
  name       TEXT NOT NULL,
  state      TEXT NOT NULL,
  step       TEXT NOT NULL,
  done       INTEGER NOT NULL,
  total      INTEGER NOT NULL,
  row_count  INTEGER NOT NULL,
  mapping    TEXT NOT NULL,
  on_date    TEXT NOT NULL,
  result     TEXT NOT NULL,
  made_at    INTEGER NOT NULL,
  changed_at INTEGER NOT NULL
) STRICT;

CREATE INDEX intake_person ON intake (person, made_at);

CREATE TABLE intake_column (
  person  TEXT NOT NULL,
  kind    TEXT NOT NULL,
  heading TEXT NOT NULL,
  field   TEXT NOT NULL,
  PRIMARY KEY (person, kind, heading)
) STRICT;

CREATE TABLE interest_subsidy (
  book     TEXT NOT NULL,
  loan     TEXT NOT NULL,
  until    TEXT NOT NULL,
  seq      INTEGER NOT NULL,
  since    TEXT NOT NULL,
  borrower TEXT NOT NULL,
  days     INTEGER NOT NULL,
  amount   INTEGER NOT NULL,
  PRIMARY KEY (book, loan, until)
) STRICT, WITHOUT ROWID;

CREATE TABLE loan (
  book         TEXT NOT NULL,
  id           TEXT NOT NULL,
  application  TEXT NOT NULL,
  product      TEXT NOT NULL,
  project      TEXT NOT NULL,
  borrower     TEXT NOT NULL,
  segment      TEXT NOT NULL,
  lender       TEXT NOT NULL,
  money        TEXT NOT NULL,
  fund         TEXT NOT NULL,
  pool         TEXT NOT NULL,
  area         TEXT NOT NULL,
  village      TEXT NOT NULL,
  town         TEXT NOT NULL,
  outlet       TEXT NOT NULL,
  terms        TEXT NOT NULL,
  reference    INTEGER NOT NULL,
  status       TEXT NOT NULL,
  agreed       INTEGER NOT NULL,
  events       INTEGER NOT NULL,
  last_on      TEXT NOT NULL,
  disbursed    INTEGER NOT NULL,
  capitalised  INTEGER NOT NULL,
  principal    INTEGER NOT NULL,
  interest     INTEGER NOT NULL,
  penalty      INTEGER NOT NULL,
  fee          INTEGER NOT NULL,
  suspense     INTEGER NOT NULL,
  subsidy_pool   INTEGER NOT NULL,
  subsidy_fiscal INTEGER NOT NULL,
  claimed      INTEGER NOT NULL,
  claim_share  INTEGER NOT NULL,
  claim_before INTEGER NOT NULL,
  recovered    INTEGER NOT NULL,
  recovery_cost INTEGER NOT NULL,
  extensions   INTEGER NOT NULL,
  class        TEXT NOT NULL,
  version      INTEGER NOT NULL,
  version_hash TEXT NOT NULL,
  digest       TEXT NOT NULL,
  PRIMARY KEY (book, id)
) STRICT;

CREATE INDEX loan_by_borrower ON loan (borrower, book);

CREATE TABLE loan_close (
  book       TEXT NOT NULL,
  through    TEXT NOT NULL,
  started_at TEXT NOT NULL,
  ended_at   TEXT NOT NULL,
  loans      INTEGER NOT NULL,
  failed     INTEGER NOT NULL,
  PRIMARY KEY (book, through)
) STRICT, WITHOUT ROWID;

CREATE TABLE loan_close_failure (
  book    TEXT NOT NULL,
  loan    TEXT NOT NULL,
  through TEXT NOT NULL,
  reason  TEXT NOT NULL,
  PRIMARY KEY (book, loan)
) STRICT, WITHOUT ROWID;

CREATE TABLE loan_day (
  book           TEXT NOT NULL,
  loan           TEXT NOT NULL,
  closed_through TEXT NOT NULL,
  events         INTEGER NOT NULL,
  outstanding    INTEGER NOT NULL,
  due            INTEGER NOT NULL,
  days_past_due  INTEGER NOT NULL,
  class          TEXT NOT NULL,
  next_due_on    TEXT NOT NULL,
  next_due       INTEGER NOT NULL,
  PRIMARY KEY (book, loan)
) STRICT, WITHOUT ROWID;

CREATE INDEX loan_day_by_days ON loan_day (book, days_past_due);

CREATE INDEX loan_day_by_due ON loan_day (book, next_due_on);

CREATE TABLE loan_event (
  book    TEXT NOT NULL,
  loan    TEXT NOT NULL,
  seq     INTEGER NOT NULL,
  on_date TEXT NOT NULL,
  act     TEXT NOT NULL,
  detail  TEXT NOT NULL,
  PRIMARY KEY (book, loan, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE loan_pool (
  book       TEXT NOT NULL,
  pool       TEXT NOT NULL,
  guaranteed INTEGER NOT NULL,
  PRIMARY KEY (book, pool)
) STRICT, WITHOUT ROWID;

CREATE TABLE loan_schedule (
  book     TEXT NOT NULL,
  loan     TEXT NOT NULL,
  version  INTEGER NOT NULL,
  seq      INTEGER NOT NULL,
  on_date  TEXT NOT NULL,
  contract TEXT NOT NULL,
  hash     TEXT NOT NULL,
  PRIMARY KEY (book, loan, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE loan_statement (
  book      TEXT NOT NULL,
  loan      TEXT NOT NULL,
  until     TEXT NOT NULL,
  seq       INTEGER NOT NULL,
  since     TEXT NOT NULL,
  opening   INTEGER NOT NULL,
  lent      INTEGER NOT NULL,
  principal INTEGER NOT NULL,
  interest  INTEGER NOT NULL,
  penalty   INTEGER NOT NULL,
  closing   INTEGER NOT NULL,
  PRIMARY KEY (book, loan, until)
) STRICT, WITHOUT ROWID;

CREATE TABLE login_failure (
  subject   TEXT NOT NULL PRIMARY KEY,
  failures  INTEGER NOT NULL,
  failed_at INTEGER NOT NULL
) STRICT;

CREATE TABLE lot (
  book      TEXT NOT NULL,
  account   TEXT NOT NULL,
  commodity TEXT NOT NULL,
  seq       INTEGER NOT NULL,
  line      INTEGER NOT NULL,
  fund      TEXT NOT NULL,
  amount    INTEGER NOT NULL CHECK (amount > 0),
  PRIMARY KEY (book, account, commodity, seq, line)
) STRICT, WITHOUT ROWID;

CREATE TABLE match_key (
  hash   BLOB NOT NULL,
  book   TEXT NOT NULL,
  member TEXT NOT NULL,
  kind   TEXT NOT NULL,
  PRIMARY KEY (hash, book, member)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER observation_no_delete BEFORE DELETE ON observation BEGIN SELECT RAISE(ABORT, 'observation is append-only: correct it with a new entry'); END;

CREATE TRIGGER observation_no_update BEFORE UPDATE ON observation BEGIN SELECT RAISE(ABORT, 'observation is append-only: correct it with a new entry'); END;

CREATE TABLE observation (
  book    TEXT NOT NULL,
  seq     INTEGER NOT NULL,
  line    INTEGER NOT NULL,
  measure TEXT NOT NULL,
  value   INTEGER NOT NULL,
  subject TEXT NOT NULL,
  project TEXT NOT NULL,
  area    TEXT NOT NULL,
  sign    INTEGER NOT NULL CHECK (sign IN (-1, 1)),
  ranked  INTEGER NOT NULL,
  traced  INTEGER NOT NULL,
  on_date TEXT NOT NULL,
  PRIMARY KEY (book, seq, line)
) STRICT, WITHOUT ROWID;

CREATE INDEX observation_by_measure ON observation (book, measure, on_date, seq, line, value, sign, traced);

CREATE INDEX observation_by_value ON observation (book, measure, value) WHERE ranked;

CREATE TRIGGER posting_no_delete BEFORE DELETE ON posting BEGIN SELECT RAISE(ABORT, 'posting is append-only: correct it with a new entry'); END;

CREATE TRIGGER posting_no_update BEFORE UPDATE ON posting BEGIN SELECT RAISE(ABORT, 'posting is append-only: correct it with a new entry'); END;

CREATE TABLE posting (
  book         TEXT NOT NULL,
  seq          INTEGER NOT NULL,
  line         INTEGER NOT NULL,
  flow         TEXT NOT NULL,
  from_account TEXT NOT NULL,
  to_account   TEXT NOT NULL,
  commodity    TEXT NOT NULL,
  fund         TEXT NOT NULL,
  amount       INTEGER NOT NULL CHECK (amount > 0),
  project      TEXT NOT NULL,
  area         TEXT NOT NULL,
  sign         INTEGER NOT NULL CHECK (sign IN (-1, 1)),
  traced       INTEGER NOT NULL,
  on_date      TEXT NOT NULL,
  PRIMARY KEY (book, seq, line)
) STRICT, WITHOUT ROWID;

CREATE INDEX posting_by_flow ON posting (book, flow, commodity, on_date, seq, line, amount, sign, traced);

CREATE INDEX posting_into_herd ON posting (book, to_account, commodity, flow, on_date, amount, sign)
WHERE to_account >= 'herd' AND to_account < 'here';

CREATE INDEX posting_out_of_herd ON posting (book, from_account, commodity, flow, on_date, amount, sign)
WHERE from_account >= 'herd' AND from_account < 'here';

CREATE INDEX posting_to_recipient ON posting (book, to_account) WHERE substr(to_account, 1, 10) = 'recipient:';

CREATE TRIGGER private_no_update BEFORE UPDATE ON private BEGIN SELECT RAISE(ABORT, 'private is append-only: correct it with a new entry'); END;

CREATE TABLE private (
  book TEXT NOT NULL,
  seq  INTEGER NOT NULL,
  salt BLOB NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (book, seq)
) STRICT;

CREATE TABLE proof (
  book      TEXT NOT NULL,
  seq       INTEGER NOT NULL,
  proved_by INTEGER NOT NULL,
  PRIMARY KEY (book, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE proposal (
  book      TEXT NOT NULL,
  seq       INTEGER NOT NULL,
  kind      TEXT NOT NULL,
  hash      TEXT NOT NULL,
  actor     TEXT NOT NULL,
  area      TEXT NOT NULL,
  role      TEXT NOT NULL,
  status    TEXT NOT NULL,
  need      INTEGER NOT NULL,
  approvers TEXT NOT NULL,
  reason    TEXT NOT NULL,
  PRIMARY KEY (book, seq)
) STRICT;

CREATE INDEX proposal_status ON proposal (status, book, seq);

CREATE TABLE reversal (
  book TEXT NOT NULL,
  seq  INTEGER NOT NULL,
  reversed_by INTEGER NOT NULL,
  PRIMARY KEY (book, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE schema_migration (
  name TEXT NOT NULL PRIMARY KEY
) STRICT;

CREATE TABLE session (
  hash       TEXT NOT NULL PRIMARY KEY,
  person     TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  seen_at    INTEGER NOT NULL,
  address    TEXT NOT NULL,
  agent      TEXT NOT NULL
, provided INTEGER NOT NULL DEFAULT FALSE) STRICT;

CREATE INDEX session_person ON session (person);

CREATE TABLE setup_code (
  one  INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
  hash TEXT NOT NULL
) STRICT;

CREATE TABLE signing_secret (
  one    INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
  secret TEXT NOT NULL
) STRICT;

CREATE TABLE subject (
  book    TEXT NOT NULL,
  measure TEXT NOT NULL,
  subject TEXT NOT NULL,
  n       INTEGER NOT NULL,
  PRIMARY KEY (book, measure, subject)
) STRICT, WITHOUT ROWID;

CREATE TABLE token (
  hash       TEXT NOT NULL PRIMARY KEY,
  person     TEXT NOT NULL,
  name       TEXT NOT NULL,
  scopes     TEXT NOT NULL,
  made_at    INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX token_person ON token (person);

CREATE TABLE total (
  book     TEXT NOT NULL,
  measure  TEXT NOT NULL,
  area     TEXT NOT NULL,
  month    TEXT NOT NULL,
  project  TEXT NOT NULL,
  fund     TEXT NOT NULL,
  receiver TEXT NOT NULL,
  value    INTEGER NOT NULL,
  n        INTEGER NOT NULL,
  traced   INTEGER NOT NULL,
  ended    INTEGER NOT NULL,
  untraced INTEGER NOT NULL,
  PRIMARY KEY (book, measure, area, month, project, fund, receiver)
) STRICT, WITHOUT ROWID;

CREATE TABLE withdrawn (
  person TEXT NOT NULL PRIMARY KEY
) STRICT;
