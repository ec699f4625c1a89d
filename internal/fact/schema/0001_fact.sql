-- Facts that wait for another person, and what became of them.
CREATE TABLE proposal (
  book      TEXT NOT NULL,
  seq       BIGINT NOT NULL,
  kind      TEXT NOT NULL,
  hash      TEXT NOT NULL,
  actor     TEXT NOT NULL,
  area      TEXT NOT NULL,
  role      TEXT NOT NULL,
  status    TEXT NOT NULL,
  need      BIGINT NOT NULL,
  approvers TEXT NOT NULL,
  reason    TEXT NOT NULL,
  PRIMARY KEY (book, seq)
);
