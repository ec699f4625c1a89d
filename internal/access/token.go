package access

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"lastmile/internal/database"
	"lastmile/internal/fault"
)

// Scopes of a token. A program that holds one may do what its person may, and of that only what the scopes allow.
var Scopes = []string{"read", "record", "approve", "administer"}

// Token lets a program act for a person through the API.
type Token struct {
	ID      string // to name it in lists; it does not let anyone in
	Person  string
	Name    string // what it is for
	Scopes  []string
	Made    time.Time
	Expires time.Time
}

// Allows tells whether the token has a scope.
func (t *Token) Allows(scope string) bool { return slices.Contains(t.Scopes, scope) }

// tokenPrefix makes a token that got into a log or a file easy to find there.
const tokenPrefix = "lastmile_"

// Limits of tokens.
const (
	TokenDaysMax = 366
	tokensMax    = 20 // a person
)

// MakeToken makes a token. The secret is shown once and not kept.
func (a *Accounts) MakeToken(ctx context.Context, person, name string, scopes []string, days int) (secretText string, err error) {
	name = strings.TrimSpace(name)
	switch {
	case name == "" || len(name) > 100:
		return "", fault.New(fault.Invalid, "token.name", "the token has no name, or one that is too long").For("name").Mend("Say in a few words which program it is for.")
	case len(scopes) == 0 || slices.ContainsFunc(scopes, func(s string) bool { return !slices.Contains(Scopes, s) }):
		return "", fault.New(fault.Invalid, "token.scopes", "the token may do nothing, or something unknown").For("scopes").Mend("Choose from: %s.", strings.Join(Scopes, ", "))
	case days < 1 || days > TokenDaysMax:
		return "", fault.New(fault.Invalid, "token.days", "a token lasts 1 to %d days", TokenDaysMax).For("days").Mend("Choose a shorter time.")
	}
	list, err := a.Tokens(ctx, person)
	if err != nil {
		return "", err
	}
	if len(list) >= tokensMax {
		return "", fault.New(fault.Conflict, "token.many", "%s has %d tokens, which is as many as one person can have", person, len(list)).Mend("Revoke one that is not needed any more.")
	}
	secretText, hash, err := secret(tokenPrefix)
	if err != nil {
		return "", err
	}
	now := a.now()
	return secretText, a.db.Transact(ctx, func(w *database.Writer) error {
		if _, err := w.Exec(ctx, "INSERT INTO token (hash, person, name, scopes, made_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)",
			hash, person, name, strings.Join(scopes, " "), now, now+(time.Duration(days)*24*time.Hour).Microseconds()); err != nil {
			return fmt.Errorf("keep token: %w", err)
		}
		return a.note(ctx, w, person, "token-made", person, "")
	})
}

const tokenQuery = "SELECT hash, person, name, scopes, made_at, expires_at FROM token"

func scanToken(row interface{ Scan(...any) error }) (*Token, error) {
	t := &Token{}
	var hash, scopes string
	var made, expires int64
	if err := row.Scan(&hash, &t.Person, &t.Name, &scopes, &made, &expires); err != nil {
		return nil, err
	}
	t.ID, t.Scopes = hash[:idLength], strings.Fields(scopes)
	t.Made, t.Expires = time.UnixMicro(made).UTC(), time.UnixMicro(expires).UTC()
	return t, nil
}

// Token gives the token of a secret.
func (a *Accounts) Token(ctx context.Context, secretText string) (*Token, error) {
	t, err := scanToken(a.db.QueryRow(ctx, tokenQuery+" WHERE hash = $1", hashToken(secretText)))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fault.New(fault.Forbidden, "token.unknown", "the token is not known or was revoked").Mend("Make a new one on your account page.")
	}
	if err != nil {
		return nil, fmt.Errorf("read token: %w", err)
	}
	if a.o.Clock().After(t.Expires) {
		return nil, fault.New(fault.Forbidden, "token.expired", "the token has expired").Mend("Make a new one on your account page.")
	}
	return t, nil
}

// Tokens of a person, newest first.
func (a *Accounts) Tokens(ctx context.Context, person string) ([]*Token, error) {
	rows, err := a.db.Query(ctx, tokenQuery+" WHERE person = $1 ORDER BY made_at DESC", person)
	if err != nil {
		return nil, fmt.Errorf("read tokens: %w", err)
	}
	defer rows.Close()
	var list []*Token
	for rows.Next() {
		t, err := scanToken(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, t)
	}
	return list, rows.Err()
}

// RevokeToken makes one of a person's tokens worthless.
func (a *Accounts) RevokeToken(ctx context.Context, person, id, by string) error {
	return a.db.Transact(ctx, func(w *database.Writer) error {
		if _, err := w.Exec(ctx, "DELETE FROM token WHERE person = $1 AND SUBSTR(hash, 1, 16) = $2", person, id); err != nil {
			return fmt.Errorf("revoke token: %w", err)
		}
		return a.note(ctx, w, person, "token-revoked", by, "")
	})
}
