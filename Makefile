# Everyday commands. `make` alone lists them; each does its own set-up.

SCENARIO  ?= stampede
ARGS      ?=
PLATFORMS ?= linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64
SEEDS     ?= 20
RESULTS   ?= runs/performance

# A private copy of the tree (a container's mount, a tarball) may hold a .git that git refuses to read; then
# the build goes without a revision stamp instead of failing.
STAMP := $(shell git rev-parse HEAD >/dev/null 2>&1 || echo -buildvcs=false)

.DEFAULT_GOAL := help
.PHONY: help build simulate test lint bench performance matrix cross clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@printf '\n  make simulate SCENARIO=smoke ARGS="--seed 7"   another scenario, more flags\n'

build: ## build ./flashsale
	@.ci/setup go
	CGO_ENABLED=0 go build -trimpath $(STAMP) -o flashsale .

simulate: build ## storm a sale and judge it: all set-up included (SCENARIO=stampede ARGS=)
	@.ci/setup database
	./flashsale simulate $(SCENARIO) $(ARGS)

test: ## run every test under the race detector, on a real database
	@FLASHSALE_DSN= .ci/setup go database compiler redis chromium  # the tests start servers of their own, whatever the DSN
	GORACE=atexit_sleep_ms=0 CGO_ENABLED=1 go test -race -timeout 15m ./...  # or every process of every test sleeps a second at its end

lint: ## check formatting, go vet, staticcheck, go.mod and the shell scripts
	@.ci/setup go
	@.ci/lint

bench: build ## measure the server on this machine (a quick round)
	@.ci/setup database redis
	./flashsale bench server --quick

performance: build ## measure everything, in half an hour, and write docs/performance.md (ARGS=--quick MYSQL_IMAGE=)
	@.ci/setup database redis generators
	mkdir -p $(RESULTS)
	./flashsale bench server $(ARGS) --json $(RESULTS)/server.json
	./flashsale bench simulator $(ARGS) --json $(RESULTS)/simulator.json
	./flashsale bench checker $(ARGS) --json $(RESULTS)/checker.json
	./flashsale bench scale $(ARGS) --json $(RESULTS)/scale.json
	./flashsale bench overload $(ARGS) --json $(RESULTS)/overload.json
	$(if $(MYSQL_IMAGE),./flashsale bench server $(ARGS) --image $(MYSQL_IMAGE) --json $(RESULTS)/server-mysql.json)
	./flashsale bench document --from $(RESULTS) --out docs/performance.md

matrix: build ## measure which check catches the removal of which guard; writes docs/matrix.md (SEEDS=20)
	@.ci/setup database jq
	.ci/matrix $(SEEDS)

cross: ## compile for every platform: Linux, macOS, Windows
	@.ci/setup go
	@for platform in $(PLATFORMS); do \
		echo "build for $$platform"; \
		CGO_ENABLED=0 GOOS=$${platform%/*} GOARCH=$${platform#*/} go build -trimpath $(STAMP) -o /dev/null . || exit 1; \
	done

clean: ## remove the binary and every run
	rm -rf runs flashsale coverage.out
