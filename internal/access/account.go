package access

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"
	"time"

	"lastmile/internal/database"
	"lastmile/internal/date"
	"lastmile/internal/entity"
	"lastmile/internal/fact"
	"lastmile/internal/fault"
)

// Accounts is what lets people in: passwords, sessions, tokens, and the record of who was let in. It is safe for concurrent use.
//
// Passwords are kept as argon2id hashes, tokens as SHA-256 of 256 random bits: who reads the database cannot log in with what they
// find there.
type Accounts struct {
	db    *database.DB
	o     AccountOptions
	slots chan struct{} // hashes worked out at the same time; each takes 19 MiB

	mu     sync.Mutex
	secret string
}

// AccountOptions of Accounts; the zero value is usable.
type AccountOptions struct {
	Clock    func() time.Time // default: the machine's
	Idle     time.Duration    // a session ends when it was not used for so long; default 12 hours
	Lifetime time.Duration    // a session ends after so long in any case; default 7 days
}

// NewAccounts keeps accounts in a database.
func NewAccounts(db *database.DB, o AccountOptions) *Accounts {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Idle == 0 {
		o.Idle = 12 * time.Hour
	}
	if o.Lifetime == 0 {
		o.Lifetime = 7 * 24 * time.Hour
	}
	return &Accounts{db: db, o: o, slots: make(chan struct{}, max(1, runtime.NumCPU()))}
}

func (a *Accounts) now() int64 { return a.o.Clock().UnixMicro() }

// hashing runs fn when one of the few places for it is free.
func (a *Accounts) hashing(ctx context.Context, fn func() error) error {
	select {
	case a.slots <- struct{}{}:
		defer func() { <-a.slots }()
		return fn()
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (a *Accounts) hash(ctx context.Context, password string) (hash string, err error) {
	err = a.hashing(ctx, func() error {
		hash, err = hashPassword(password)
		return err
	})
	return hash, err
}

// SetPassword gives a person a password. by is who does it; what was open under the old one is closed.
func (a *Accounts) SetPassword(ctx context.Context, person, password, by string) error {
	if err := checkPassword(person, password); err != nil {
		return err
	}
	return a.store(ctx, person, password, by, "password-set", false)
}

// Reset gives a person a one-time password, which it returns, and ends their sessions. It must be changed at the first log-in.
func (a *Accounts) Reset(ctx context.Context, person, by string) (password string, err error) {
	if _, ok, err := entity.Get(ctx, a.db, entity.Headquarters, "person", person); err != nil {
		return "", err
	} else if !ok {
		return "", fault.New(fault.NotFound, "person.unknown", "there is no person %q", person).For("person").Mend("Record the person first.")
	}
	if password, err = oneTime(); err != nil {
		return "", err
	}
	return password, a.store(ctx, person, password, by, "password-reset", true)
}

func (a *Accounts) store(ctx context.Context, person, password, by, event string, mustChange bool) error {
	hash, err := a.hash(ctx, password)
	if err != nil {
		return err
	}
	return a.db.Transact(ctx, func(w *database.Writer) error {
		if _, err := w.Exec(ctx, `INSERT INTO credential (person, hash, must_change, changed_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (person) DO UPDATE SET hash = excluded.hash, must_change = excluded.must_change, changed_at = excluded.changed_at`,
			person, hash, mustChange, a.now()); err != nil {
			return fmt.Errorf("keep password: %w", err)
		}
		if _, err := w.Exec(ctx, "DELETE FROM withdrawn WHERE person = $1", person); err != nil {
			return fmt.Errorf("give access again: %w", err)
		}
		if err := closeSessions(ctx, w, person); err != nil {
			return err
		}
		if err := forgive(ctx, w, "person:"+person); err != nil {
			return err
		}
		return a.note(ctx, w, person, event, by, "")
	})
}

// Withdraw takes away everything that lets a person in. What they recorded stays.
func (a *Accounts) Withdraw(ctx context.Context, person, by string) error {
	return a.db.Transact(ctx, func(w *database.Writer) error {
		for _, query := range []string{"DELETE FROM credential WHERE person = $1", "DELETE FROM session WHERE person = $1", "DELETE FROM token WHERE person = $1",
			"INSERT INTO withdrawn (person) VALUES ($1) ON CONFLICT (person) DO NOTHING"} {
			if _, err := w.Exec(ctx, query, person); err != nil {
				return fmt.Errorf("withdraw access: %w", err)
			}
		}
		return a.note(ctx, w, person, "withdrawn", by, "")
	})
}

// Do is what an administrator can do with somebody's access: "sessions" ends their sessions, "reset" gives them a one-time password, "withdraw"
// takes their access away. Nobody withdraws their own.
func (a *Accounts) Do(ctx context.Context, do, person, by string) (oneTime string, err error) {
	switch {
	case do == "reset":
		return a.Reset(ctx, person, by)
	case do == "sessions":
		return "", a.Revoke(ctx, person, "", by)
	case do == "withdraw" && person == by:
		return "", fault.New(fault.Conflict, "person.self", "%s would lose their own access", by).Mend("Ask another administrator.")
	case do == "withdraw":
		return "", a.Withdraw(ctx, person, by)
	}
	return "", fault.New(fault.Invalid, "request.form", "there is nothing named %q to do", do).For("do").Mend("Use sessions, reset or withdraw.")
}

// Change replaces a person's own password. All their sessions end: log in again with the new one.
func (a *Accounts) Change(ctx context.Context, person, old, password string) error {
	hash, _, err := a.credential(ctx, person)
	if err != nil {
		return err
	}
	var ok bool
	if hash != "" {
		if err := a.hashing(ctx, func() (err error) { ok, _, err = fits(old, hash); return err }); err != nil {
			return err
		}
	}
	switch {
	case !ok:
		return fault.New(fault.Forbidden, "password.wrong", "that is not your password").For("old").Mend("Type the one you logged in with.")
	case old == password:
		return fault.New(fault.Invalid, "password.same", "the new password is the old one").For("password").Mend("Choose another one.")
	}
	if err := checkPassword(person, password); err != nil {
		return err
	}
	return a.store(ctx, person, password, person, "password-changed", false)
}

func (a *Accounts) credential(ctx context.Context, person string) (hash string, mustChange bool, err error) {
	err = a.db.QueryRow(ctx, "SELECT hash, must_change FROM credential WHERE person = $1", person).Scan(&hash, &mustChange)
	if errors.Is(err, sql.ErrNoRows) {
		return "", false, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("read password: %w", err)
	}
	return hash, mustChange, nil
}

// Persons with a password.
func (a *Accounts) Persons(ctx context.Context) (map[string]bool, error) {
	return a.persons(ctx, "SELECT person FROM credential")
}

func (a *Accounts) persons(ctx context.Context, query string) (map[string]bool, error) {
	rows, err := a.db.Query(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("read accounts: %w", err)
	}
	defer rows.Close()
	list := map[string]bool{}
	for rows.Next() {
		var person string
		if err := rows.Scan(&person); err != nil {
			return nil, err
		}
		list[person] = true
	}
	return list, rows.Err()
}

// Withdrawn are the persons whose access was taken away and not given again.
func (a *Accounts) Withdrawn(ctx context.Context) (map[string]bool, error) {
	return a.persons(ctx, "SELECT person FROM withdrawn")
}

// secret makes a token of 256 random bits and the hash that it is kept under.
func secret(prefix string) (token, hash string, err error) {
	b := make([]byte, 32)
	if _, err := io.ReadFull(rand.Reader, b); err != nil {
		return "", "", fmt.Errorf("make token: %w", err)
	}
	token = prefix + base64.RawURLEncoding.EncodeToString(b)
	return token, hashToken(token), nil
}

func hashToken(token string) string {
	sum := sha256.Sum256([]byte("lastmile/token/1:" + token))
	return hex.EncodeToString(sum[:])
}

// SigningSecret is what addresses are signed with that a person was given and nobody else can make. All programs that serve the store share
// it; it is made when it is first asked for.
func (a *Accounts) SigningSecret(ctx context.Context) (string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.secret != "" {
		return a.secret, nil
	}
	made, _, err := secret("")
	if err != nil {
		return "", err
	}
	err = a.db.Transact(ctx, func(w *database.Writer) error {
		if _, err := w.Exec(ctx, "INSERT INTO signing_secret (one, secret) VALUES (1, $1) ON CONFLICT (one) DO NOTHING", made); err != nil {
			return fmt.Errorf("keep signing secret: %w", err)
		}
		return w.QueryRow(ctx, "SELECT secret FROM signing_secret WHERE one = 1").Scan(&a.secret)
	})
	return a.secret, err
}

// Event is something that happened to a person's access.
type Event struct {
	At      time.Time
	Person  string
	Event   string // "login", "login-provided", "login-failed", "logout", "password-set", "password-changed", "password-reset", "withdrawn", "token-made", "token-revoked", "sessions-closed", "setup"
	By      string
	Address string
}

func (a *Accounts) note(ctx context.Context, w *database.Writer, person, event, by, address string) error {
	tail := make([]byte, 4)
	if _, err := io.ReadFull(rand.Reader, tail); err != nil {
		return fmt.Errorf("note %s: %w", event, err)
	}
	now := a.now()
	_, err := w.Exec(ctx, "INSERT INTO access_event (id, at, person, event, by_whom, address) VALUES ($1, $2, $3, $4, $5, $6)",
		fmt.Sprintf("%016x-%x", now, tail), now, person, event, by, address)
	if err != nil {
		return fmt.Errorf("note %s: %w", event, err)
	}
	return nil
}

// Events are the latest of a person, or of all for "", newest first.
func (a *Accounts) Events(ctx context.Context, person string, limit int) ([]Event, error) {
	query, args := "SELECT at, person, event, by_whom, address FROM access_event", []any{}
	if person != "" {
		query += " WHERE person = $1"
		args = append(args, person)
	}
	rows, err := a.db.Query(ctx, query+fmt.Sprintf(" ORDER BY id DESC LIMIT %d", limit), args...)
	if err != nil {
		return nil, fmt.Errorf("read access events: %w", err)
	}
	defer rows.Close()
	var list []Event
	for rows.Next() {
		var e Event
		var at int64
		if err := rows.Scan(&at, &e.Person, &e.Event, &e.By, &e.Address); err != nil {
			return nil, err
		}
		e.At = time.UnixMicro(at).UTC()
		list = append(list, e)
	}
	return list, rows.Err()
}

// SetupCode gives the one-time code with which the first administrator is made, a new one each time; "" when somebody can log in already.
// The command that serves prints it.
func (a *Accounts) SetupCode(ctx context.Context) (code string, err error) {
	needed, err := a.NeedsSetup(ctx)
	if err != nil || !needed {
		return "", err
	}
	if code, err = oneTime(); err != nil {
		return "", err
	}
	return code, a.db.Transact(ctx, func(w *database.Writer) error {
		_, err := w.Exec(ctx, "INSERT INTO setup_code (one, hash) VALUES (1, $1) ON CONFLICT (one) DO UPDATE SET hash = excluded.hash", hashToken(code))
		return err
	})
}

// NeedsSetup tells whether nobody can log in yet.
func (a *Accounts) NeedsSetup(ctx context.Context) (bool, error) {
	var n int64
	if err := a.db.QueryRow(ctx, "SELECT COUNT(*) FROM credential").Scan(&n); err != nil {
		return false, fmt.Errorf("look for accounts: %w", err)
	}
	return n == 0, nil
}

// SetUp is how the first administrator is made.
type SetUp struct {
	Code     string // as SetupCode gave it
	ID       string // log-in name
	Name     string
	Unit     string
	Password string
	On       date.Date // from this day
	Address  string    // of the browser, for throttling and the record
}

// SetUp makes the first administrator, once. It records the person and their appointment as facts of the operator, who gave the code.
func (a *Accounts) SetUp(ctx context.Context, r *fact.Recorder, s SetUp) error {
	if err := a.waits(ctx, "address:"+s.Address); err != nil {
		return err
	}
	var hash string
	err := a.db.QueryRow(ctx, "SELECT hash FROM setup_code WHERE one = 1").Scan(&hash)
	if errors.Is(err, sql.ErrNoRows) {
		return fault.New(fault.Conflict, "setup.done", "the programme is set up already").Mend("Log in.")
	}
	if err != nil {
		return fmt.Errorf("read set-up code: %w", err)
	}
	if hash != hashToken(strings.ToLower(strings.TrimSpace(s.Code))) {
		if err := a.failed(ctx, "", s.Address); err != nil {
			return err
		}
		return fault.New(fault.Forbidden, "setup.code", "that is not the code").For("code").Mend("Read it from the terminal where lastmile serve was started.")
	}
	if err := checkPassword(s.ID, s.Password); err != nil {
		return err
	}
	_, err = r.Record(ctx,
		fact.Draft{Fact: &Person{ID: s.ID, Name: s.Name, Unit: s.Unit}, On: s.On, Actor: fact.Operator, Source: "setup"},
		fact.Draft{Fact: &Appointment{Person: s.ID, Role: "administrator"}, On: s.On, Actor: fact.Operator, Source: "setup"})
	if err != nil {
		return err
	}
	if err := a.store(ctx, s.ID, s.Password, fact.Operator, "setup", false); err != nil {
		return err
	}
	return a.db.Transact(ctx, func(w *database.Writer) error {
		_, err := w.Exec(ctx, "DELETE FROM setup_code")
		return err
	})
}
