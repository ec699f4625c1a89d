package testenv

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// A Cluster is a throw-away PostgreSQL server on a free port of the loopback
// address. It sorts bytewise (collation C), as lastmile's databases do. It
// does not wait for the disk (fsync is off): what a test commits survives a
// killed server, but not a power cut.
//
// A cluster never outlives the process that started it, however that process
// ends: a keeper process holds the other end of a pipe, and when the pipe
// closes it stops the server and removes its files.
type Cluster struct {
	// URL connects as the superuser to the database postgres. It holds a
	// random password, since every user of the machine can reach the port.
	URL string

	folder string
	keeper *exec.Cmd
	alive  io.Closer
}

// portAttempts bounds how often a start is tried again because another
// process took the chosen port first.
const portAttempts = 3

// StartCluster starts a cluster from the newest PostgreSQL in
// /usr/lib/postgresql (where Debian keeps the server) or in PATH. Run by
// root, the server runs as the user postgres: PostgreSQL refuses to be root.
func StartCluster() (*Cluster, error) {
	binaries, err := findPostgres("/usr/lib/postgresql/*/bin")
	if err != nil {
		return nil, err
	}
	identity, err := serverIdentity()
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "lastmile-postgres-")
	if err != nil {
		return nil, err
	}
	c := &Cluster{folder: folder}
	if err := c.start(binaries, identity); err != nil {
		return nil, errors.Join(fmt.Errorf("start a throw-away postgresql: %w", err), c.Stop())
	}
	return c, nil
}

func (c *Cluster) start(binaries string, identity *syscall.Credential) error {
	if identity != nil {
		if err := os.Chown(c.folder, int(identity.Uid), int(identity.Gid)); err != nil {
			return err
		}
	}
	data := filepath.Join(c.folder, "data")
	log := filepath.Join(c.folder, "log")
	run := func(program string, args ...string) error {
		cmd := exec.Command(filepath.Join(binaries, program), args...)
		cmd.Dir = c.folder
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: identity}
		out, err := cmd.CombinedOutput()
		if err != nil {
			return fmt.Errorf("%s: %w\n%s", program, err, bytes.TrimSpace(out))
		}
		return nil
	}

	password := rand.Text()
	passwordFile := filepath.Join(c.folder, "password")
	if err := os.WriteFile(passwordFile, []byte(password), 0o600); err != nil {
		return err
	}
	if identity != nil {
		if err := os.Chown(passwordFile, int(identity.Uid), int(identity.Gid)); err != nil {
			return err
		}
	}
	if err := run("initdb", "--pgdata="+data, "--username=postgres", "--pwfile="+passwordFile,
		"--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync"); err != nil {
		return err
	}
	if err := c.startKeeper(filepath.Join(binaries, "pg_ctl"), identity); err != nil {
		return err
	}

	for attempt := 1; ; attempt++ {
		port, err := freePort()
		if err != nil {
			return err
		}
		if err := appendSettings(filepath.Join(data, "postgresql.conf"), port); err != nil {
			return err
		}
		// pg_ctl puts the server in a session of its own, so an interrupt at
		// the terminal reaches the tests and not the server under them.
		err = run("pg_ctl", "--pgdata="+data, "--log="+log, "--wait", "start")
		if err == nil {
			c.URL = (&url.URL{
				Scheme: "postgres",
				User:   url.UserPassword("postgres", password),
				Host:   net.JoinHostPort("127.0.0.1", strconv.Itoa(port)),
				Path:   "/postgres",
			}).String()
			return nil
		}
		if attempt == portAttempts {
			said, _ := os.ReadFile(log) // only to explain err better
			return fmt.Errorf("%w\n%s", err, bytes.TrimSpace(said))
		}
	}
}

// startKeeper starts the process that outlives this one just long enough to
// stop the server and remove its files.
func (c *Cluster) startKeeper(pgctl string, identity *syscall.Credential) error {
	const script = `read -r _; "$1" --pgdata="$2/data" --mode=immediate --wait stop; rm -rf "$2"`
	c.keeper = exec.Command("/bin/sh", "-c", script, "keeper", pgctl, c.folder)
	c.keeper.Dir = "/"
	c.keeper.SysProcAttr = &syscall.SysProcAttr{Credential: identity, Setsid: true}
	alive, err := c.keeper.StdinPipe()
	if err != nil {
		return err
	}
	c.alive = alive
	return c.keeper.Start()
}

// Stop stops the server, waits for it to be gone and removes its files.
func (c *Cluster) Stop() error {
	if c.keeper != nil && c.keeper.Process != nil {
		c.alive.Close()
		c.keeper.Wait() // its status says whether there was a server to stop
	}
	return os.RemoveAll(c.folder)
}

// appendSettings writes the server's settings behind the defaults; the last
// line for a setting wins, so a second call moves the port.
func appendSettings(file string, port int) error {
	f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(f, `
listen_addresses = '127.0.0.1'
port = %d
unix_socket_directories = ''
max_connections = 200
fsync = off
full_page_writes = off
`, port)
	return errors.Join(err, f.Close())
}

// freePort asks the system for a port that is free now.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// findPostgres gives the folder with the newest server programs among those
// matching the pattern VERSION/bin, else the folder that PATH leads to.
func findPostgres(pattern string) (string, error) {
	folders, err := filepath.Glob(pattern)
	if err != nil {
		return "", err
	}
	newest, newestVersion := "", 0
	for _, folder := range folders {
		version, err := strconv.Atoi(filepath.Base(filepath.Dir(folder)))
		if err != nil || version <= newestVersion {
			continue
		}
		if _, err := os.Stat(filepath.Join(folder, "initdb")); err == nil {
			newest, newestVersion = folder, version
		}
	}
	if newest != "" {
		return newest, nil
	}
	initdb, err := exec.LookPath("initdb")
	if err != nil {
		return "", fmt.Errorf("no PostgreSQL server in %s or PATH: install one (Debian: apt-get install postgresql), or name a server in %s", pattern, ServerVariable)
	}
	initdb, err = filepath.EvalSymlinks(initdb)
	return filepath.Dir(initdb), err
}

// serverIdentity is whom the server runs as: nil for the caller itself.
func serverIdentity() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("PostgreSQL does not run as root, and there is no user postgres to run it as (Debian's package postgresql makes one): %w", err)
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("user postgres: %w", err)
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("user postgres: %w", err)
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}
