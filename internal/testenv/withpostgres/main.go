// Command withpostgres runs another command with a throw-away PostgreSQL
// server to test against, so that the packages of one test run share it:
//
//	go run ./internal/testenv/withpostgres go test ./...
//
// The command finds the server's address in LASTMILE_TEST_POSTGRES. When that
// is set already, the command runs with the server it names. withpostgres
// exits as the command does.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"

	"lastmile/internal/testenv"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: withpostgres COMMAND [ARGUMENT...]")
		os.Exit(2)
	}
	// An interrupt at the terminal reaches the command as well, and is for it
	// to answer; this process waits for that. It is caught rather than ignored,
	// because a command inherits what is ignored.
	signal.Notify(make(chan os.Signal, 1), os.Interrupt)
	code, err := run(os.Args[1], os.Args[2:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "withpostgres:", err)
		os.Exit(1)
	}
	os.Exit(code)
}

// run gives the command's exit status; an error means it did not get so far.
func run(name string, args []string) (code int, err error) {
	cmd := exec.Command(name, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if os.Getenv(testenv.ServerVariable) == "" {
		cluster, startErr := testenv.StartCluster()
		if startErr != nil {
			return 0, startErr
		}
		defer func() { err = errors.Join(err, cluster.Stop()) }()
		cmd.Env = append(os.Environ(), testenv.ServerVariable+"="+cluster.URL)
	}
	err = cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.Exited() {
		return exit.ExitCode(), nil
	}
	return 0, err
}
