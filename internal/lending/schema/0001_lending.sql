-- A loan as its last fact left it. terms holds the conventions of its contract; the amounts are what its entries have moved; digest stands for
-- terms and all events.
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
  reference    BIGINT NOT NULL,
  status       TEXT NOT NULL,
  agreed       BIGINT NOT NULL,
  events       BIGINT NOT NULL,
  last_on      TEXT NOT NULL,
  disbursed    BIGINT NOT NULL,
  capitalised  BIGINT NOT NULL,
  principal    BIGINT NOT NULL,
  interest     BIGINT NOT NULL,
  penalty      BIGINT NOT NULL,
  fee          BIGINT NOT NULL,
  suspense     BIGINT NOT NULL,
  subsidy_pool   BIGINT NOT NULL,
  subsidy_fiscal BIGINT NOT NULL,
  claimed      BIGINT NOT NULL,
  claim_share  BIGINT NOT NULL,
  claim_before BIGINT NOT NULL,
  recovered    BIGINT NOT NULL,
  recovery_cost BIGINT NOT NULL,
  extensions   BIGINT NOT NULL,
  class        TEXT NOT NULL,
  version      BIGINT NOT NULL,
  version_hash TEXT NOT NULL,
  digest       TEXT NOT NULL,
  PRIMARY KEY (book, id)
);

-- The borrower comes first: a planner without statistics must not take this index to look for a loan of a book.
CREATE INDEX loan_by_borrower ON loan (borrower, book);

-- What happened to a loan: contract and events are all that its state is derived from.
CREATE TABLE loan_event (
  book    TEXT NOT NULL,
  loan    TEXT NOT NULL,
  seq     BIGINT NOT NULL,
  on_date TEXT NOT NULL,
  act     TEXT NOT NULL,
  detail  TEXT NOT NULL,
  PRIMARY KEY (book, loan, seq)
); -- clustered

-- Versions of a loan's schedule: each is named by the contract, the events known and the rows, by their hash.
CREATE TABLE loan_schedule (
  book     TEXT NOT NULL,
  loan     TEXT NOT NULL,
  version  BIGINT NOT NULL,
  seq      BIGINT NOT NULL,
  on_date  TEXT NOT NULL,
  contract TEXT NOT NULL,
  hash     TEXT NOT NULL,
  PRIMARY KEY (book, loan, version)
); -- clustered

-- What a pool answers for: principal outstanding that others lent under its guarantee.
CREATE TABLE loan_pool (
  book       TEXT NOT NULL,
  pool       TEXT NOT NULL,
  guaranteed BIGINT NOT NULL,
  PRIMARY KEY (book, pool)
); -- clustered

-- What a pool has paid lenders for loans.
CREATE TABLE guarantee_call (
  book    TEXT NOT NULL,
  loan    TEXT NOT NULL,
  seq     BIGINT NOT NULL,
  pool    TEXT NOT NULL,
  on_date TEXT NOT NULL,
  base    BIGINT NOT NULL,
  amount  BIGINT NOT NULL,
  PRIMARY KEY (book, loan)
); -- clustered

-- Loans at the close of a day: a cache of contract and events, kept by the close of day and read by lists. events says how many were known.
CREATE TABLE loan_day (
  book           TEXT NOT NULL,
  loan           TEXT NOT NULL,
  closed_through TEXT NOT NULL,
  events         BIGINT NOT NULL,
  outstanding    BIGINT NOT NULL,
  due            BIGINT NOT NULL,
  days_past_due  BIGINT NOT NULL,
  class          TEXT NOT NULL,
  next_due_on    TEXT NOT NULL,
  next_due       BIGINT NOT NULL,
  PRIMARY KEY (book, loan)
); -- clustered

CREATE INDEX loan_day_by_due ON loan_day (book, next_due_on);

CREATE INDEX loan_day_by_days ON loan_day (book, days_past_due);

-- Closes of day that did something: the last of each day.
CREATE TABLE loan_close (
  book       TEXT NOT NULL,
  through    TEXT NOT NULL,
  started_at TEXT NOT NULL,
  ended_at   TEXT NOT NULL,
  loans      BIGINT NOT NULL,
  failed     BIGINT NOT NULL,
  PRIMARY KEY (book, through)
); -- clustered

-- Loans that the last close of day could not close, and why.
CREATE TABLE loan_close_failure (
  book    TEXT NOT NULL,
  loan    TEXT NOT NULL,
  through TEXT NOT NULL,
  reason  TEXT NOT NULL,
  PRIMARY KEY (book, loan)
); -- clustered

-- What lenders say of mirrored loans.
CREATE TABLE loan_statement (
  book      TEXT NOT NULL,
  loan      TEXT NOT NULL,
  until     TEXT NOT NULL,
  seq       BIGINT NOT NULL,
  since     TEXT NOT NULL,
  opening   BIGINT NOT NULL,
  lent      BIGINT NOT NULL,
  principal BIGINT NOT NULL,
  interest  BIGINT NOT NULL,
  penalty   BIGINT NOT NULL,
  closing   BIGINT NOT NULL,
  PRIMARY KEY (book, loan, until)
); -- clustered

-- Interest that was subsidised, by loan and period.
CREATE TABLE interest_subsidy (
  book     TEXT NOT NULL,
  loan     TEXT NOT NULL,
  until    TEXT NOT NULL,
  seq      BIGINT NOT NULL,
  since    TEXT NOT NULL,
  borrower TEXT NOT NULL,
  days     BIGINT NOT NULL,
  amount   BIGINT NOT NULL,
  PRIMARY KEY (book, loan, until)
); -- clustered
