-- Sums over all months have the month '': a figure of today adds up few rows, however many years there are.
INSERT INTO total (book, measure, area, month, project, fund, receiver, value, n, traced, ended, untraced)
SELECT book, measure, area, '', project, fund, receiver, SUM(value), SUM(n), SUM(traced), SUM(ended), SUM(untraced)
FROM total
GROUP BY book, measure, area, project, fund, receiver;
