-- Things counted that are not conserved: people lifted, pupils taught, lambs born.
CREATE TABLE observation (
  book    TEXT NOT NULL,
  seq     BIGINT NOT NULL,
  line    BIGINT NOT NULL,
  measure TEXT NOT NULL,
  value   BIGINT NOT NULL,
  subject TEXT NOT NULL,
  project TEXT NOT NULL,
  area    TEXT NOT NULL,
  sign    BIGINT NOT NULL CHECK (sign IN (-1, 1)),
  ranked  BOOLEAN NOT NULL,
  traced  BOOLEAN NOT NULL,
  on_date TEXT NOT NULL,
  PRIMARY KEY (book, seq, line)
); -- clustered

-- Holds all that a sum needs, so that a past date is read from the index alone.
CREATE INDEX observation_by_measure ON observation (book, measure, on_date, value, sign, traced);

CREATE INDEX observation_by_value ON observation (book, measure, value) WHERE ranked;

-- Sums of postings and observations by month, for every area above the one recorded and for the whole book (area ''). Where a posting
-- reached somebody outside the programme, receiver is what kind of party that is, ended how much reached them (below 0: came
-- back) and untraced the part of it that nothing proves yet.
CREATE TABLE total (
  book     TEXT NOT NULL,
  measure  TEXT NOT NULL,
  area     TEXT NOT NULL,
  month    TEXT NOT NULL,
  project  TEXT NOT NULL,
  fund     TEXT NOT NULL,
  receiver TEXT NOT NULL,
  value    BIGINT NOT NULL,
  n        BIGINT NOT NULL,
  traced   BIGINT NOT NULL,
  ended    BIGINT NOT NULL,
  untraced BIGINT NOT NULL,
  PRIMARY KEY (book, measure, area, month, project, fund, receiver)
); -- clustered

-- How often each subject was counted, so that a distinct count need not look at the observations.
CREATE TABLE subject (
  book    TEXT NOT NULL,
  measure TEXT NOT NULL,
  subject TEXT NOT NULL,
  n       BIGINT NOT NULL,
  PRIMARY KEY (book, measure, subject)
); -- clustered

CREATE TABLE distinct_total (
  book    TEXT NOT NULL,
  measure TEXT NOT NULL,
  n       BIGINT NOT NULL,
  PRIMARY KEY (book, measure)
); -- clustered
