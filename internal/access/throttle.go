package access

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"lastmile/internal/database"
	"lastmile/internal/fault"
)

// Failed log-ins in a row that are free; each further one doubles the wait, from waitFirst up to waitMax. An address has more, because
// a whole county office may stand behind one.
const (
	freeOfPerson  = 5
	freeOfAddress = 30
	waitFirst     = time.Minute
	waitMax       = 30 * time.Minute
)

// waits refuses while a subject has to wait.
func (a *Accounts) waits(ctx context.Context, subject string) error {
	var failures, at int64
	err := a.db.QueryRow(ctx, "SELECT failures, failed_at FROM login_failure WHERE subject = $1", subject).Scan(&failures, &at)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read failed log-ins: %w", err)
	}
	left := time.UnixMicro(at).Add(wait(subject, failures)).Sub(a.o.Clock())
	if left <= 0 {
		return nil
	}
	minutes := int64((left + time.Minute - 1) / time.Minute)
	return fault.New(fault.Unavailable, "login.wait", "there were too many failed attempts; the next is possible in %d minutes", minutes).For("password").
		Mend("Wait, or ask an administrator for a new password.")
}

// wait is how long a subject waits after so many failures in a row.
func wait(subject string, failures int64) time.Duration {
	free := int64(freeOfPerson)
	if strings.HasPrefix(subject, "address:") {
		free = freeOfAddress
	}
	if failures < free {
		return 0
	}
	w := waitFirst
	for range min(failures-free, 10) {
		w *= 2
	}
	return min(w, waitMax)
}

// failed counts a failed log-in against the account and the address. What was long ago is forgotten.
func (a *Accounts) failed(ctx context.Context, person, address string) error {
	now := a.now()
	return a.db.Transact(ctx, func(w *database.Writer) error {
		if _, err := w.Exec(ctx, "DELETE FROM login_failure WHERE failed_at < $1", now-(24*time.Hour).Microseconds()); err != nil {
			return fmt.Errorf("forget failed log-ins: %w", err)
		}
		for _, subject := range []string{"address:" + address, "person:" + cut(person, 50)} {
			if subject == "person:" {
				continue
			}
			if _, err := w.Exec(ctx, `INSERT INTO login_failure AS f (subject, failures, failed_at) VALUES ($1, 1, $2)
ON CONFLICT (subject) DO UPDATE SET failures = f.failures + 1, failed_at = excluded.failed_at`, subject, now); err != nil {
				return fmt.Errorf("count failed log-in: %w", err)
			}
		}
		return a.note(ctx, w, cut(person, 50), "login-failed", "", address)
	})
}

// forgive begins to count anew.
func forgive(ctx context.Context, w *database.Writer, subject string) error {
	if _, err := w.Exec(ctx, "DELETE FROM login_failure WHERE subject = $1", subject); err != nil {
		return fmt.Errorf("forget failed log-ins: %w", err)
	}
	return nil
}
