-- Money and goods that moved: from one account to another, always more than nothing, of one commodity and one fund.
CREATE TABLE posting (
  book         TEXT NOT NULL,
  seq          BIGINT NOT NULL,
  line         BIGINT NOT NULL,
  flow         TEXT NOT NULL,
  from_account TEXT NOT NULL,
  to_account   TEXT NOT NULL,
  commodity    TEXT NOT NULL,
  fund         TEXT NOT NULL,
  amount       BIGINT NOT NULL CHECK (amount > 0),
  project      TEXT NOT NULL,
  area         TEXT NOT NULL,
  sign         BIGINT NOT NULL CHECK (sign IN (-1, 1)),
  traced       BOOLEAN NOT NULL,
  on_date      TEXT NOT NULL,
  PRIMARY KEY (book, seq, line)
); -- clustered

-- Holds all that a sum needs, so that a past date is read from the index alone.
CREATE INDEX posting_by_flow ON posting (book, flow, commodity, on_date, amount, sign, traced);

CREATE TABLE account (
  book    TEXT NOT NULL,
  id      TEXT NOT NULL,
  class   TEXT NOT NULL,
  owner   TEXT NOT NULL,
  holder  TEXT NOT NULL,
  project TEXT NOT NULL,
  area    TEXT NOT NULL,
  PRIMARY KEY (book, id)
); -- clustered

-- What each account holds. Accounts of the world outside may be below nothing: that is where value enters.
CREATE TABLE balance (
  book      TEXT NOT NULL,
  account   TEXT NOT NULL,
  commodity TEXT NOT NULL,
  fund      TEXT NOT NULL,
  amount    BIGINT NOT NULL,
  outside   BOOLEAN NOT NULL,
  CHECK (outside OR amount >= 0),
  PRIMARY KEY (book, account, commodity, fund)
); -- clustered

-- What arrived at an inside account, of which fund and when. Drawing takes the oldest of a fund first, so what is left of the arrivals of a
-- fund are the last ones that make up its balance; no row changes when something is drawn.
CREATE TABLE lot (
  book      TEXT NOT NULL,
  account   TEXT NOT NULL,
  commodity TEXT NOT NULL,
  seq       BIGINT NOT NULL,
  line      BIGINT NOT NULL,
  fund      TEXT NOT NULL,
  amount    BIGINT NOT NULL CHECK (amount > 0),
  PRIMARY KEY (book, account, commodity, seq, line)
); -- clustered
