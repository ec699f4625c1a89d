.DEFAULT_GOAL := help

GOTOOL := go tool -modfile=tools/go.mod

# The race detector watches our code. It leaves alone the SQLite engine, which
# is C turned into Go and forty times slower when watched.
RACE := -race -short -gcflags=modernc.org/...=-race=false

# The packages in which goroutines meet.
WATCHED := ./internal/access ./internal/database ./internal/fact ./internal/intake ./internal/web/session

# More flags for go test, such as TESTFLAGS='-run TestLoan -v'.
TESTFLAGS ?=

# Where the random histories of property tests begin. The tests that decide
# whether a change may land see the same histories every time, so what fails
# was broken by the change; make explore looks at new ones.
export RAPID_SEED ?= 1

.PHONY: help
help: ## print this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

.PHONY: build
build: ## build bin/lastmile, one static program
	CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o bin/lastmile ./cmd/lastmile

.PHONY: demo
demo: build ## make the model programme, check its claims, serve it
	bin/lastmile demo

.PHONY: test
test: install check ## install what the tests need, then run every check and test
	go run ./internal/testenv/withpostgres go test -timeout 20m $(TESTFLAGS) ./...

.PHONY: explore
explore: install ## run the property tests over random histories nobody has seen
	RAPID_SEED=0 go run ./internal/testenv/withpostgres go test -timeout 20m -count=1 $(TESTFLAGS) $$(grep -rl --include=*_test.go 'rapid"$$' internal | xargs -n 1 dirname | sort -u | sed 's,^,./,')

.PHONY: race
race: install ## run the packages in which goroutines meet under the race detector
	go run ./internal/testenv/withpostgres go test -timeout 20m $(RACE) $(TESTFLAGS) $(WATCHED)

.PHONY: check
check: ## run the checks that start nothing (VULNDB=URL names another vulnerability database)
	@unformatted=$$(gofmt -l .) && [ -z "$$unformatted" ] || { echo "not formatted (run make fmt):" $$unformatted; exit 1; }
	go mod tidy -diff
	go vet ./...
	$(GOTOOL) staticcheck ./...
	tools/vulnerabilities

.PHONY: install
install: ## install PostgreSQL, Chromium and fonts where they are missing (Debian)
	@tools/install

.PHONY: bench
bench: ## run the programs in bench/
	@go list -f '{{if eq .Name "main"}}{{.ImportPath}}{{end}}' ./bench/... | xargs -r -n 1 go run

.PHONY: fmt
fmt: ## format the code
	gofmt -w .
