# One command each. CI calls the same ones (.ci/run).
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help dev test lint bench faults crashes rotations interop fuzz deps

help: ## Show this
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

dev: ## Build, then run the whole stack: make dev ARGS="--listen 127.0.0.1:4566 --data-dir .keywright"
	@scripts/deps.sh build run
	@echo "building keywright (release)"
	cargo build --release --locked -p keywright --bin keywright
	@exec target/release/keywright dev $(ARGS)

test: ## Run every test, unit to end-to-end, on a real Postgres and a real Kafka
	@scripts/deps.sh build run test
	@scripts/test.sh

lint: ## Formatting, clippy with warnings denied, licences and sources of dependencies
	@scripts/deps.sh build
	@scripts/lint.sh

bench: ## Drive the running stack beside a bare actix-web handler; writes target/bench/latest.json
	@scripts/deps.sh build run
	cargo run --release --locked -p keywright-e2e --bin bench -- $(ARGS)

faults: ## Break a running stack in every way under load, and compare what was answered with what was recorded: make faults ARGS=postgres
	@scripts/deps.sh build run test
	cargo build --release --locked --workspace --bins
	cargo test --release --locked -p keywright-e2e --test faults -- --full $(ARGS)

crashes: ## Break a rotation of secrets at each of its moments, and see that nobody is locked out: make crashes ARGS="--jobs 6 single-user"
	@scripts/deps.sh build run test
	cargo build --locked --workspace --bins
	cargo test --locked -p keywright-e2e --test rotation_crashes -- --full $(ARGS)

rotations: ## Rotate each kind of secret 200 times under applications that log in all the while: make rotations ARGS=redis
	@scripts/deps.sh build run test
	cargo build --locked -p keywright --bin keywright
	cargo test --locked -p keywright-e2e --test rotations -- --full $(ARGS)

interop: ## The Encryption SDK beside every other implementation, AWS's for Rust too, up to 100 MB: make interop ARGS="-k hundred"
	@scripts/deps.sh build run test
	@scripts/interop.sh $(ARGS)

fuzz: ## Fuzz the Encryption SDK with a nightly toolchain, each target for a minute: make fuzz ARGS="600 body"
	@scripts/deps.sh build
	@scripts/fuzz.sh $(ARGS)

deps: ## Check for the system packages; as root on Debian, install what is missing
	@scripts/deps.sh build run test
	@echo "all system packages are here"
