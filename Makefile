# The commands of this repository. Each sets itself up; set-up installs only what is missing.

CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/trueup
export CARGO_TARGET_DIR ?= $(CACHE)/target
export TRUEUP_PYTHON ?= $(CACHE)/python/bin/python
HOURS ?= 1

MINUTES ?= 10

.PHONY: help setup demo test torture fuzz lint bench fmt

help:
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 10

setup: ## install what building and testing need and this machine lacks
	@scripts/setup.sh build test

demo: ## run the example program, print what it pays and serve the web app (DEMO_ONCE=1: only print)
	@scripts/setup.sh build
	@scripts/web_test.sh build
	cargo build --locked --profile demo --package trueup
	"$(CARGO_TARGET_DIR)/demo/trueup" demo $(if $(DEMO_ONCE),--once)

test: ## everything a change must pass
	@scripts/setup.sh build test
	@scripts/test.sh

torture: ## generated tests with new seeds for HOURS=n hours; adds a line to docs/reliability.md
	@scripts/setup.sh build test
	@scripts/torture.sh "$(HOURS)"

fuzz: ## hostile plans, formulas and agreements for MINUTES=n minutes each; needs a C++ compiler
	@scripts/fuzz.sh "$(MINUTES)"

lint: ## the rules of the house, formatting, clippy, links between doc comments
	@scripts/setup.sh build
	@scripts/test.sh lint

bench: ## every bench of benches/benches.toml, into docs/benchmarks
	@scripts/setup.sh build test
	cargo run --locked --release --package xtask -- bench

fmt: ## format the code and write the generated pages again
	cargo fmt --all
	cargo xtask codegen
