-- How many people must approve a kind of fact from an amount on, from a day until a day, by which entry of headquarters' book.
CREATE TABLE approval_rule (
  kind        TEXT NOT NULL,
  seq         BIGINT NOT NULL,
  from_amount BIGINT NOT NULL,
  on_date     TEXT NOT NULL,
  until       TEXT NOT NULL,
  approvers   BIGINT NOT NULL,
  PRIMARY KEY (kind, seq)
);
