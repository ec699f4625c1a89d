package testenv

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

func TestPostgresIsEmptyAndSortsBytewise(t *testing.T) {
	conn := connect(t, Postgres(t))
	var tables int
	var bytewise bool
	err := conn.QueryRow(t.Context(), `
		SELECT (SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 'public'),
			'B' < 'a' AND 'z' < 'é'`).Scan(&tables, &bytewise)
	if err != nil {
		t.Fatal(err)
	}
	if tables != 0 {
		t.Errorf("a fresh database holds %d tables, want none", tables)
	}
	if !bytewise {
		t.Error("text does not sort bytewise")
	}
}

func TestPostgresGivesEachCallItsOwnDatabase(t *testing.T) {
	for _, name := range []string{"one", "other"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first, second := connect(t, Postgres(t)), connect(t, Postgres(t))
			mustExec(t, first, `CREATE TABLE entry (seq BIGINT)`)
			mustExec(t, second, `CREATE TABLE entry (seq BIGINT)`)
		})
	}
}

func TestApplicationRoleMayDoWhatWasGranted(t *testing.T) {
	owner, application := PostgresRoles(t)
	mustExec(t, connect(t, owner), `
		CREATE TABLE entry (seq BIGINT);
		GRANT SELECT, INSERT ON entry TO `+ApplicationRole)

	conn := connect(t, application)
	mustExec(t, conn, `INSERT INTO entry (seq) VALUES (1)`)
	for _, refused := range []string{
		`UPDATE entry SET seq = 2`,
		`DELETE FROM entry`,
		`TRUNCATE entry`,
		`DROP TABLE entry`,
		`ALTER TABLE entry ADD COLUMN note TEXT`,
		`CREATE TABLE another (seq BIGINT)`,
		`SET ROLE ` + OwnerRole,
	} {
		_, err := conn.Exec(t.Context(), refused)
		if sqlState(err) != "42501" {
			t.Errorf("%s: got error %v, want insufficient privilege (42501)", refused, err)
		}
	}
}

func TestDatabaseGoesWithItsTest(t *testing.T) {
	var address string
	t.Run("test", func(t *testing.T) {
		address = Postgres(t)
		// Left open on purpose, as a careless test would.
		conn, err := pgx.Connect(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		mustExec(t, conn, `SELECT 1`)
	})
	_, err := pgx.Connect(t.Context(), address)
	if sqlState(err) != "3D000" {
		t.Errorf("connecting after the test: got error %v, want no such database (3D000)", err)
	}
}

func TestPrepareServerRefusesWhatIsNoServer(t *testing.T) {
	for address, want := range map[string]string{
		"host=localhost":            ServerVariable,
		"mysql://localhost/":        ServerVariable,
		"postgres://127.0.0.1:1/db": ServerVariable,
	} {
		_, err := prepareServer(address)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got error %v, want one that names %s", address, err, want)
		}
	}
}

func TestClusterStops(t *testing.T) {
	cluster, err := StartCluster()
	if err != nil {
		t.Fatal(err)
	}
	conn := connect(t, cluster.URL)
	var fsync string
	if err := conn.QueryRow(t.Context(), `SHOW fsync`).Scan(&fsync); err != nil || fsync != "off" {
		t.Errorf("fsync is %q (error %v), want off", fsync, err)
	}
	if err := cluster.Stop(); err != nil {
		t.Fatal(err)
	}
	if reachable(cluster.URL) {
		t.Error("the server still answers after Stop")
	}
	if _, err := os.Stat(cluster.folder); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the files are still there after Stop: %v", err)
	}
}

// TestClusterDoesNotOutliveItsProcess runs this test binary again, has it
// start a cluster, and kills it in a way it cannot answer.
func TestClusterDoesNotOutliveItsProcess(t *testing.T) {
	const inChild = "LASTMILE_TEST_CLUSTER_CHILD"
	if os.Getenv(inChild) != "" {
		cluster, err := StartCluster()
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println(cluster.URL, cluster.folder)
		select {}
	}

	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
	child.Env = append(os.Environ(), inChild+"=1")
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	address, folder, ok := strings.Cut(strings.TrimSpace(line), " ")
	if err != nil || !ok {
		t.Fatalf("the child said %q (error %v), want a URL and a folder", line, err)
	}
	if !reachable(address) {
		t.Fatal("the child's server does not answer")
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	child.Wait() // reports the kill

	gone := func() bool {
		_, err := os.Stat(folder)
		return errors.Is(err, os.ErrNotExist) && !reachable(address)
	}
	for deadline := time.Now().Add(20 * time.Second); !gone(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("server or files still there 20 s after the process was killed")
		}
	}
}

func TestFindPostgresTakesTheNewest(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"9/bin/initdb", "15/bin/initdb", "17/bin/psql", "old/bin/initdb"} {
		file := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, nil, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	got, err := findPostgres(filepath.Join(root, "*/bin"))
	if want := filepath.Join(root, "15/bin"); err != nil || got != want {
		t.Errorf("got %s, %v; want %s: 17 has only the client", got, err, want)
	}
}

func TestMissingProgramsAreNamedWithTheirPackage(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if _, err := findPostgres(filepath.Join(t.TempDir(), "*/bin")); err == nil || !strings.Contains(err.Error(), "apt-get install postgresql") {
		t.Errorf("without a server: got error %v, want how to install it", err)
	}
	if _, err := findChromium(); err == nil || !strings.Contains(err.Error(), "apt-get install chromium") {
		t.Errorf("without a browser: got error %v, want how to install it", err)
	}
}

func TestChromiumOpensPages(t *testing.T) {
	page := "data:text/html;charset=utf-8," + url.PathEscape("<p id=p></p><script>p.textContent = '户' + 1200</script>")
	cmd := exec.CommandContext(t.Context(), Chromium(t), "--headless", "--no-sandbox", "--disable-gpu",
		"--disable-background-networking", "--user-data-dir="+t.TempDir(), "--dump-dom", page)
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, said.String())
	}
	if want := "户1200"; !strings.Contains(string(out), want) {
		t.Errorf("the page reads %s, want %s", out, want)
	}
}

func connect(t *testing.T, address string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

func mustExec(t *testing.T, conn *pgx.Conn, statement string) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func sqlState(err error) string {
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		return refused.Code
	}
	return ""
}

// reachable says whether something listens at the URL's port.
func reachable(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	conn, err := net.DialTimeout("tcp", u.Host, time.Second)
	if err != nil {
		return false
	}
	conn.Close()
	return true
}
