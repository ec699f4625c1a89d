-- Whose access was taken away: no provider of identities lets them in until an administrator gives them a password again.
CREATE TABLE withdrawn (
  person TEXT NOT NULL PRIMARY KEY
);

-- Sessions that a provider of identities vouched for: no password of ours has to be changed in them.
ALTER TABLE session ADD COLUMN provided BOOLEAN NOT NULL DEFAULT FALSE;
