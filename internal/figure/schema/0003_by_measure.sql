-- What is recorded today lies together in the index, in the order of recording, whatever its amounts are.
DROP INDEX observation_by_measure;
CREATE INDEX observation_by_measure ON observation (book, measure, on_date, seq, line, value, sign, traced);
