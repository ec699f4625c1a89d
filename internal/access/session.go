package access

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"lastmile/internal/database"
	"lastmile/internal/date"
	"lastmile/internal/fault"
)

// Session is one browser in which a person is logged in.
type Session struct {
	ID         string // to name it in lists; it does not let anyone in
	Person     string
	Started    time.Time
	Seen       time.Time // to the nearest few minutes
	Address    string
	Agent      string // the browser, as it calls itself
	MustChange bool   // the password was given by another and must be changed first
	Provided   bool   // a provider of identities vouched for the person

	hash string
}

// idLength is how much of a session's or token's hash names it in lists.
const idLength = 16

// seenEvery is how exactly the last use of a session is kept: a write for each page would cost more than it tells.
const seenEvery = 5 * time.Minute

// LogIn is an attempt to log in.
type LogIn struct {
	Person, Password string
	Address          string // of the browser
	Agent            string
}

// LogIn checks a password and begins a session. The token is for the browser's cookie and is not kept. Who guesses must wait: after a few
// failures in a row for the account, and after more from one address, each further attempt is refused for some minutes without a look
// at the password. An unknown name, a wrong password and a withdrawn account give the same answer in the same time.
func (a *Accounts) LogIn(ctx context.Context, l LogIn) (token string, s *Session, err error) {
	for _, subject := range []string{"person:" + l.Person, "address:" + l.Address} {
		if err := a.waits(ctx, subject); err != nil {
			return "", nil, err
		}
	}
	hash, mustChange, err := a.credential(ctx, l.Person)
	if err != nil {
		return "", nil, err
	}
	known := hash != ""
	if !known {
		hash = nobody
	}
	var ok, outdated bool
	if len(l.Password) <= 4*PasswordMax {
		if err := a.hashing(ctx, func() (err error) { ok, outdated, err = fits(l.Password, hash); return err }); err != nil {
			return "", nil, err
		}
	}
	if !ok || !known {
		if err := a.failed(ctx, l.Person, l.Address); err != nil {
			return "", nil, err
		}
		return "", nil, fault.New(fault.Forbidden, "login.refused", "the name or the password is wrong").For("password").
			Mend("Type both again. An administrator can give you a new password.")
	}
	upgraded := hash
	if outdated {
		if upgraded, err = a.hash(ctx, l.Password); err != nil {
			return "", nil, err
		}
	}
	return a.begin(ctx, Session{Person: l.Person, Address: l.Address, Agent: l.Agent, MustChange: mustChange}, "login", func(w *database.Writer) error {
		if err := forgive(ctx, w, "person:"+l.Person); err != nil {
			return err
		}
		if outdated {
			if _, err := w.Exec(ctx, "UPDATE credential SET hash = $1 WHERE person = $2", upgraded, l.Person); err != nil {
				return fmt.Errorf("keep password: %w", err)
			}
		}
		return nil
	})
}

// Enter begins a session for somebody for whom a provider of identities has vouched. It makes nobody known: the person must be recorded, hold
// a role on the day, and not have had their access taken away. Whoever is not let in gets the same answer, which tells them nothing of why;
// the cause that it wraps is for the log.
func (a *Accounts) Enter(ctx context.Context, person string, on date.Date, address, agent string) (token string, s *Session, err error) {
	refused := func(cause error) error {
		return fault.New(fault.Forbidden, "login.unknown", "nobody with access here goes by the name that the provider gave").Mend("Ask an administrator.").Wrap(cause)
	}
	reader, err := Read(ctx, a.db, person, on)
	if fault.KindOf(err) == fault.NotFound {
		return "", nil, refused(err)
	}
	if err != nil {
		return "", nil, err
	}
	if len(reader.Held) == 0 {
		return "", nil, refused(fmt.Errorf("%s holds no role on %s", person, on))
	}
	return a.begin(ctx, Session{Person: person, Address: address, Agent: agent, Provided: true}, "login-provided", func(w *database.Writer) error {
		var withdrawn int64
		if err := w.QueryRow(ctx, "SELECT COUNT(*) FROM withdrawn WHERE person = $1", person).Scan(&withdrawn); err != nil {
			return fmt.Errorf("look for access taken away: %w", err)
		}
		if withdrawn > 0 {
			return refused(fmt.Errorf("the access of %s was taken away", person))
		}
		return nil
	})
}

// begin makes a session of what is given, in one transaction with what else the log-in changes.
func (a *Accounts) begin(ctx context.Context, s Session, event string, also func(*database.Writer) error) (token string, made *Session, err error) {
	token, s.hash, err = secret("")
	if err != nil {
		return "", nil, err
	}
	now := a.now()
	err = a.db.Transact(ctx, func(w *database.Writer) error {
		if err := also(w); err != nil {
			return err
		}
		if _, err := w.Exec(ctx, "DELETE FROM session WHERE started_at < $1 OR seen_at < $2", now-a.o.Lifetime.Microseconds(), now-a.o.Idle.Microseconds()-seenEvery.Microseconds()); err != nil {
			return fmt.Errorf("end old sessions: %w", err)
		}
		if _, err := w.Exec(ctx, "INSERT INTO session (hash, person, started_at, seen_at, address, agent, provided) VALUES ($1, $2, $3, $4, $5, $6, $7)",
			s.hash, s.Person, now, now, s.Address, cut(s.Agent, 200), s.Provided); err != nil {
			return fmt.Errorf("begin session: %w", err)
		}
		return a.note(ctx, w, s.Person, event, s.Person, s.Address)
	})
	if err != nil {
		return "", nil, err
	}
	s.ID, s.Started = s.hash[:idLength], time.UnixMicro(now).UTC()
	s.Seen = s.Started
	return token, &s, nil
}

// nobody is the hash that an unknown name is checked against, so that it takes as long as a known one. No password fits it.
var nobody = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

func cut(s string, max int) string {
	for i := range s {
		if i > max {
			return s[:i]
		}
	}
	return s
}

// Session gives the session of a token. The fault's code is session.none for a token that was never given or was revoked, and
// session.expired for one that has ended by itself.
func (a *Accounts) Session(ctx context.Context, token string) (*Session, error) {
	hash := hashToken(token)
	s, err := scanSession(a.db.QueryRow(ctx, sessionQuery+" WHERE s.hash = $1", hash))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fault.New(fault.Forbidden, "session.none", "you are not logged in").Mend("Log in.")
	}
	if err != nil {
		return nil, fmt.Errorf("read session: %w", err)
	}
	now := a.o.Clock()
	if now.Sub(s.Started) > a.o.Lifetime || now.Sub(s.Seen) > a.o.Idle {
		return nil, fault.New(fault.Forbidden, "session.expired", "your session has ended").Mend("Log in again.")
	}
	if now.Sub(s.Seen) < seenEvery {
		return s, nil
	}
	err = a.db.Transact(ctx, func(w *database.Writer) error {
		_, err := w.Exec(ctx, "UPDATE session SET seen_at = $1 WHERE hash = $2", now.UnixMicro(), hash)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("keep session: %w", err)
	}
	s.Seen = now.UTC()
	return s, nil
}

const sessionQuery = "SELECT s.hash, s.person, s.started_at, s.seen_at, s.address, s.agent, s.provided, COALESCE(c.must_change, FALSE) FROM session s LEFT JOIN credential c ON c.person = s.person"

func scanSession(row interface{ Scan(...any) error }) (*Session, error) {
	s := &Session{}
	var started, seen int64
	if err := row.Scan(&s.hash, &s.Person, &started, &seen, &s.Address, &s.Agent, &s.Provided, &s.MustChange); err != nil {
		return nil, err
	}
	s.MustChange = s.MustChange && !s.Provided
	s.ID = s.hash[:idLength]
	s.Started, s.Seen = time.UnixMicro(started).UTC(), time.UnixMicro(seen).UTC()
	return s, nil
}

// Sessions of a person, newest first.
func (a *Accounts) Sessions(ctx context.Context, person string) ([]*Session, error) {
	rows, err := a.db.Query(ctx, sessionQuery+" WHERE s.person = $1 ORDER BY s.started_at DESC", person)
	if err != nil {
		return nil, fmt.Errorf("read sessions: %w", err)
	}
	defer rows.Close()
	var list []*Session
	for rows.Next() {
		s, err := scanSession(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, rows.Err()
}

// LogOut ends a session.
func (a *Accounts) LogOut(ctx context.Context, s *Session) error {
	return a.db.Transact(ctx, func(w *database.Writer) error {
		if _, err := w.Exec(ctx, "DELETE FROM session WHERE hash = $1", s.hash); err != nil {
			return fmt.Errorf("end session: %w", err)
		}
		return a.note(ctx, w, s.Person, "logout", s.Person, s.Address)
	})
}

// Revoke ends one of a person's sessions by its ID, or all of them for "".
func (a *Accounts) Revoke(ctx context.Context, person, id, by string) error {
	list, err := a.Sessions(ctx, person)
	if err != nil {
		return err
	}
	return a.db.Transact(ctx, func(w *database.Writer) error {
		for _, s := range list {
			if id != "" && s.ID != id {
				continue
			}
			if _, err := w.Exec(ctx, "DELETE FROM session WHERE hash = $1", s.hash); err != nil {
				return fmt.Errorf("end session: %w", err)
			}
		}
		return a.note(ctx, w, person, "sessions-closed", by, "")
	})
}

func closeSessions(ctx context.Context, w *database.Writer, person string) error {
	if _, err := w.Exec(ctx, "DELETE FROM session WHERE person = $1", person); err != nil {
		return fmt.Errorf("end sessions: %w", err)
	}
	return nil
}
