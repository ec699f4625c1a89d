package testenv

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// The two roles a test database knows.
const (
	// OwnerRole owns every test database and so may create tables in it. It
	// may also create roles, as whoever installs lastmile does.
	OwnerRole = "lastmile_test_owner"
	// ApplicationRole may connect to every test database, and has no
	// privilege in it until the owner grants one.
	ApplicationRole = "lastmile_test_application"
)

// oldestServer is the first PostgreSQL, in the form of server_version_num,
// in which not everybody may create tables in the schema public.
const oldestServer = 150000

// databaseTimeout bounds the creation and the removal of one test database.
const databaseTimeout = time.Minute

// Postgres returns the URL of an empty database, connecting as its owner.
// The database sorts bytewise and is dropped when t ends.
func Postgres(t testing.TB) string {
	t.Helper()
	owner, _ := PostgresRoles(t)
	return owner
}

// PostgresRoles is Postgres for tests of privileges: it returns the URL of
// one empty database twice, connecting as OwnerRole and as ApplicationRole.
func PostgresRoles(t testing.TB) (owner, application string) {
	t.Helper()
	server, err := testServer()
	if err != nil {
		t.Fatal(err)
	}
	name := "lastmile_test_" + strings.ToLower(rand.Text())
	if err := createDatabase(server, name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := dropDatabase(server, name); err != nil {
			t.Error(err)
		}
	})
	return databaseURL(server, name, OwnerRole), databaseURL(server, name, ApplicationRole)
}

// ownCluster is the cluster that this process started for itself. It must stay
// reachable: were it collected, its pipe would close and the server stop.
var ownCluster *Cluster

// testServer gives the server for this process, ready for databases.
var testServer = sync.OnceValues(func() (*url.URL, error) {
	address := os.Getenv(ServerVariable)
	if address == "" {
		var err error
		if ownCluster, err = StartCluster(); err != nil {
			return nil, err
		}
		address = ownCluster.URL
	}
	return prepareServer(address)
})

// prepareServer checks the server and makes the two roles if it lacks them.
func prepareServer(address string) (*url.URL, error) {
	server, err := url.Parse(address)
	if err != nil || (server.Scheme != "postgres" && server.Scheme != "postgresql") {
		return nil, fmt.Errorf("%s: not an address like postgres://USER:PASSWORD@HOST:PORT/DATABASE", ServerVariable)
	}
	password, _ := server.User.Password()
	return server, onServer(server, func(ctx context.Context, conn *pgx.Conn) error {
		return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			var version int
			if err := tx.QueryRow(ctx, `SELECT CAST(current_setting('server_version_num') AS INTEGER)`).Scan(&version); err != nil {
				return err
			}
			if version < oldestServer {
				return fmt.Errorf("the test server is PostgreSQL %d, and lastmile needs %d or newer", version/10000, oldestServer/10000)
			}
			// Test processes start together; one makes the roles, the others wait.
			if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('lastmile test roles'))`); err != nil {
				return err
			}
			for _, role := range []struct{ name, right string }{{OwnerRole, "CREATEROLE"}, {ApplicationRole, "NOCREATEROLE"}} {
				var statement string
				err := tx.QueryRow(ctx, `
					SELECT format(
						CASE WHEN EXISTS (SELECT 1 FROM pg_roles WHERE rolname = $1)
							THEN 'ALTER ROLE %I %s PASSWORD %L'
							ELSE 'CREATE ROLE %I LOGIN %s PASSWORD %L'
						END, CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS TEXT))`, role.name, role.right, password).Scan(&statement)
				if err != nil {
					return err
				}
				if _, err := tx.Exec(ctx, statement); err != nil {
					return fmt.Errorf("make role %s: %w", role.name, err)
				}
			}
			return nil
		})
	})
}

func createDatabase(server *url.URL, name string) error {
	return onServer(server, func(ctx context.Context, conn *pgx.Conn) error {
		for _, statement := range []string{
			`CREATE DATABASE ` + name + ` OWNER ` + OwnerRole + ` TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'`,
			`REVOKE ALL ON DATABASE ` + name + ` FROM PUBLIC`,
			`GRANT CONNECT ON DATABASE ` + name + ` TO ` + ApplicationRole,
		} {
			if _, err := conn.Exec(ctx, statement); err != nil {
				return fmt.Errorf("make test database: %w", err)
			}
		}
		return nil
	})
}

func dropDatabase(server *url.URL, name string) error {
	return onServer(server, func(ctx context.Context, conn *pgx.Conn) error {
		// By force: a test that leaks a connection must not leave a database.
		if _, err := conn.Exec(ctx, `DROP DATABASE `+name+` WITH (FORCE)`); err != nil {
			return fmt.Errorf("drop test database: %w", err)
		}
		return nil
	})
}

// onServer runs work over one connection as the superuser.
func onServer(server *url.URL, work func(context.Context, *pgx.Conn) error) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), databaseTimeout)
	defer cancel()
	conn, err := pgx.Connect(ctx, server.String())
	if err != nil {
		return fmt.Errorf("reach the test server (%s, or a throw-away one): %w", ServerVariable, err)
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	return work(ctx, conn)
}

func databaseURL(server *url.URL, name, role string) string {
	u := *server
	password, _ := server.User.Password()
	u.User = url.UserPassword(role, password)
	u.Path = "/" + name
	return u.String()
}
