-- Work lists ask for what waits and what was sent back, among all that was ever proposed.
CREATE INDEX proposal_status ON proposal (status, book, seq);
