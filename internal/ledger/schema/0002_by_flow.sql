-- What is recorded today lies together in the index, in the order of recording, whatever its amounts are.
DROP INDEX posting_by_flow;
CREATE INDEX posting_by_flow ON posting (book, flow, commodity, on_date, seq, line, amount, sign, traced);
