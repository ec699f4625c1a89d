-- Applications by the state in which they wait.
CREATE INDEX loan_application_by_status ON entity (book, type, status, id) WHERE type = 'loan-application';
