// Package testenv gives tests the real things they need: an empty
// PostgreSQL database, and a Chromium to open pages with.
//
// Nothing here is skipped. A machine that lacks PostgreSQL or Chromium fails
// the test with the package to install, because a test that quietly did not
// run reads like one that passed. `make test` installs both on Debian.
//
// # Databases
//
//	func TestTransfer(t *testing.T) {
//		owner, application := testenv.PostgresRoles(t)
//		migrate(t, owner)         // may create tables, grants the application what it needs
//		db := open(t, application) // may do what was granted, and nothing else
//		…
//	}
//
// Two roles, because the journal is append-only by privilege: the role the
// program works with holds SELECT and INSERT on it but neither UPDATE nor
// DELETE, and a role that owns a table cannot be held to that.
//
// The databases live in the server named by LASTMILE_TEST_POSTGRES. Without
// it, each test process starts a throw-away cluster of its own at the first
// call; `make test` starts one for all (see withpostgres) and names it.
package testenv

// ServerVariable names the environment variable with the postgres:// URL of
// the server that test databases are made in. The URL's user must be a
// superuser; tests create and drop databases there, and the roles OwnerRole
// and ApplicationRole, which get the password of the URL.
const ServerVariable = "LASTMILE_TEST_POSTGRES"
