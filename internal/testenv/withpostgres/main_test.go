package main

import (
	"testing"

	"lastmile/internal/testenv"
)

func TestRunStartsAServerAndPassesTheStatusOn(t *testing.T) {
	t.Setenv(testenv.ServerVariable, "")
	code, err := run("sh", []string{"-c", `case "$` + testenv.ServerVariable + `" in postgres://*@127.0.0.1:*) exit 7;; esac`})
	if err != nil || code != 7 {
		t.Errorf("got status %d, error %v; want 7, the command's own", code, err)
	}
}

func TestRunKeepsTheServerThatIsNamed(t *testing.T) {
	t.Setenv(testenv.ServerVariable, "postgres://elsewhere/")
	code, err := run("sh", []string{"-c", `test "$` + testenv.ServerVariable + `" = postgres://elsewhere/`})
	if err != nil || code != 0 {
		t.Errorf("got status %d, error %v; want 0", code, err)
	}
}

func TestRunSaysWhyNothingRan(t *testing.T) {
	t.Setenv(testenv.ServerVariable, "postgres://elsewhere/")
	for name, args := range map[string][]string{
		"no such command":  {"lastmile-has-no-such-command"},
		"killed by signal": {"sh", "-c", "kill -KILL $$"},
	} {
		if code, err := run(args[0], args[1:]); err == nil {
			t.Errorf("%s: got status %d and no error", name, code)
		}
	}
}
