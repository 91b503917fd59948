# What a person or CI does with this repository, one target each. `make` alone prints the menu, made
# from the comments behind `##`.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := menu
.NOTPARALLEL:

# One profile and one target directory for the demo, the tests, the benchmarks and CI, so that
# everything is compiled once and what is measured is what runs. CARGO_TARGET_DIR is respected.
CARGO := cargo
RELEASE := --release --locked
# Always the whole workspace with its examples, since those use what tests depend on: other choices would turn on
# other features of a few small crates that RocksDB's build needs, and compile RocksDB again (11 minutes).
BUILD := $(CARGO) build $(RELEASE) --workspace --bins --examples
BIN := $(or $(CARGO_TARGET_DIR),target)/release

# Documents and vectors that others published; tests read them, nothing is built from them. Absolute,
# since tests run in their crate's folder.
export SUYUAN_CORPUS := $(abspath $(or $(SUYUAN_CORPUS),../shared/corpus))

# Things made for one machine: environments, profiles, fuzzing work. Never checked in.
WORK := $(abspath $(or $(CARGO_TARGET_DIR),target))/work

.PHONY: menu
menu:
	@echo 'make TARGET, where TARGET is'
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: setup
setup: ## check the tools needed; on Debian, as root, install what is missing
	@.ci/setup

.PHONY: demo
demo: setup ## build suyuan and show it at work; on a terminal the network runs on until Enter (DEMO_ONCE=1: no)
	$(BUILD)
	@docs/demo.sh

# Documentation tests come first: the last summary printed is that of the many.
.PHONY: test
test: setup ## run all tests
	$(CARGO) test $(RELEASE) --workspace --doc
	@if $(CARGO) nextest --version >/dev/null 2>&1; then \
		set -x; $(CARGO) nextest run $(RELEASE) --workspace --no-fail-fast; \
	else \
		set -x; $(CARGO) test $(RELEASE) --workspace --lib --bins --tests --no-fail-fast; \
	fi
	@if [ ! -d '$(SUYUAN_CORPUS)' ]; then \
		echo 'SKIPPED: tests against published documents, since there is no $(SUYUAN_CORPUS); set SUYUAN_CORPUS' >&2; \
	fi

.PHONY: check
check: test format lint dependencies docs ## exactly what CI runs: all of the checks below, after the tests

.PHONY: format
format: ## fail unless rustfmt would change nothing
	$(CARGO) fmt --all --check
	$(CARGO) fmt --manifest-path fuzz/Cargo.toml --check

# In a test a panic is how it fails. Helpers of integration tests are no tests to clippy, so this is said here.
TESTS_MAY := --allow clippy::unwrap_used --allow clippy::expect_used --allow clippy::panic

.PHONY: lint
lint: ## fail on any warning of the compiler or clippy
	$(CARGO) clippy $(RELEASE) --workspace --lib --bins --examples -- --deny warnings
	$(CARGO) clippy $(RELEASE) --workspace --all-targets -- --deny warnings $(TESTS_MAY)

# Advisories are left out: their database comes from the network.
.PHONY: dependencies
dependencies: licences ## fail on a dependency with an unlisted licence or source, or a banned one
	@if $(CARGO) deny --version >/dev/null 2>&1; then \
		set -x; $(CARGO) deny --offline --locked check --hide-inclusion-graph licenses bans sources; \
	else \
		echo 'NOT RUN: cargo-deny is not installed (cargo install --locked cargo-deny);' >&2; \
		echo 'licences were checked by .ci/licences, bans and sources were not' >&2; \
	fi

.PHONY: licences
licences: ## fail on a dependency whose licence deny.toml does not allow; needs no other tool
	@.ci/licences

.PHONY: docs
docs: ## fail unless docs/CODES.md is what `make codes` would write
	@$(BUILD)
	@$(BIN)/suyuan codes | diff --unified docs/CODES.md - \
		|| { echo 'docs/CODES.md is out of date: run make codes' >&2; exit 1; }

.PHONY: codes
codes: ## write docs/CODES.md from the registry of codes
	@mkdir -p $(WORK)
	$(BUILD)
	$(BIN)/suyuan codes >$(WORK)/CODES.md
	mv $(WORK)/CODES.md docs/CODES.md

.PHONY: generate
generate: ## make the checked-in GS1 tables again from the published ones
	@.ci/setup python
	@[ -d '$(SUYUAN_CORPUS)/identifiers' ] || { echo 'no $(SUYUAN_CORPUS)/identifiers; set SUYUAN_CORPUS' >&2; exit 3; }
	python3 ledger/epcis/generate/ai_table.py '$(SUYUAN_CORPUS)/identifiers/gs1-syntax-dictionary.txt'
	$(CARGO) run --quiet $(RELEASE) --package suyuan-epcis --example generate-gcp-lengths -- \
		'$(SUYUAN_CORPUS)/identifiers/gcp_lengths.tsv' ledger/epcis/src/epc/gcp_lengths.bin
	git status --short ledger/epcis

.PHONY: bench-epcis
bench-epcis: ## measure reading and hashing of documents, alone and beside the Python reference (5 minutes)
	@.ci/setup python
	$(CARGO) bench --locked --workspace --bench epcis -- --warm-up-time 1 --measurement-time 4
	@benches/peer/prepare $(WORK)/peer
	$(BUILD)
	$(BIN)/compare \
		$(WORK)/peer/bin/python benches/peer/measure.py

# The peer's scripts: a generator of the workload and a fair schema in PostgreSQL.
export SUYUAN_PEERS := $(abspath $(or $(SUYUAN_PEERS),../shared/peers))

.PHONY: bench-ledger
bench-ledger: ## capture 10^5 events beside PostgreSQL in one run; every closure compared and proved (10 minutes)
	@.ci/setup python
	$(BUILD)
	@benches/peers/run $(WORK)/peers

# EVENTS=1000000 make bench-peers: the same with 10^6 events (an hour).
.PHONY: bench-peers
bench-peers: ## the ledger beside PostgreSQL: one table of ratios, in process and over HTTP (20 minutes)
	@.ci/setup python
	$(BUILD)
	@benches/peers/compare $(WORK)/peers

# ONLY=batches,faults make bench-network: those parts alone. ROUNDS and EVENTS as above.
.PHONY: bench-network
bench-network: ## four validators on this machine against their bars, PostgreSQL beside them in the same run (10 minutes)
	@.ci/setup python
	$(BUILD)
	@benches/peers/network $(WORK)/peers

.PHONY: bench-credit
bench-credit: ## capture with and without credit derived beside it, and how far behind that is (2 minutes)
	@.ci/setup python
	$(BUILD)
	@benches/peers/derived $(WORK)/peers

.PHONY: bench-pieces
bench-pieces: ## measure what captures and proofs are made of, each piece alone (3 minutes)
	$(CARGO) bench --locked --workspace --bench ledger -- --warm-up-time 1 --measurement-time 4

.PHONY: bench-http
bench-http: ## post single events from 16 clients to a node over HTTP, in both ways (3 minutes)
	$(BUILD)
	$(BIN)/http_load records 16 32000
	$(BIN)/http_load events 16 32000

.PHONY: fuzz-api
fuzz-api: ## ask a node everything its OpenAPI allows, and much it does not; no undeclared answer, no 5xx (10 minutes)
	@.ci/setup python
	$(BUILD)
	@.ci/fuzz-api $(abspath $(BIN))/suyuan $(WORK)

.PHONY: chaos-capture
chaos-capture: ## kill a capture 200 times (SIGKILL); nothing acknowledged may be lost (10 minutes)
	SUYUAN_KILLS=200 $(CARGO) test $(RELEASE) --workspace --test kill -- --nocapture

# What the faults need beside the program: tools that make disks fail and clocks wrong (Debian's names).
CHAOS_TOOLS := fiu-run:fiu-utils faketime:faketime strace:strace

.PHONY: chaos-tools
chaos-tools:
	@for tool in $(CHAOS_TOOLS); do \
		command -v $${tool%%:*} >/dev/null || DEBIAN_FRONTEND=noninteractive \
			apt-get install --yes --no-install-recommends $${tool##*:} >&2 \
			|| echo "missing: $${tool%%:*} (Debian: apt-get install $${tool##*:}); its tests are skipped" >&2; \
	done

# A line for each test says what it did and saw. SUYUAN_CHAOS_SEED repeats a run.
.PHONY: chaos-one
chaos-one: chaos-tools ## faults of one machine, long: kills, disks, rot, clocks, clients, back-ups (40 minutes)
	$(BUILD)
	SUYUAN_CHAOS=long $(CARGO) test $(RELEASE) --workspace --test chaos -- --nocapture --test-threads 1

# What it needs beside the program: namespaces, packet filters, disks that fail (Debian's names). Packets are held by
# Python's NetfilterQueue if it is there (SUYUAN_CHAOS_PYTHON names the interpreter), else they are only lost.
NETWORK_TOOLS := ip:iproute2 iptables:iptables fiu-run:fiu-utils

.PHONY: chaos-network
chaos-network: ## faults of a network, as root: five nodes on hosts of their own, cut, lossy, killed, rotten (30 minutes)
	@$(MAKE) --no-print-directory chaos-tools CHAOS_TOOLS='$(NETWORK_TOOLS)'
	$(BUILD)
	SUYUAN_CHAOS=long SUYUAN_CHAOS_NETWORK=1 \
		$(CARGO) test $(RELEASE) --workspace --test chaos_network -- --nocapture --test-threads 1

# OLD is the file of another build of suyuan, such as the last release: both must keep one network together.
.PHONY: chaos-upgrade
chaos-upgrade: ## change a network under load to this build, node by node, from another, and back (OLD=FILE; 2 minutes)
	@[ -x '$(OLD)' ] || { echo 'OLD=FILE: another build of suyuan' >&2; exit 2; }
	$(BUILD)
	SUYUAN_CHAOS_OLD='$(abspath $(OLD))' \
		$(CARGO) test $(RELEASE) --workspace --test chaos_network upgraded -- --nocapture

.PHONY: chaos
chaos: chaos-network chaos-one ## both, the network first (70 minutes)

.PHONY: platforms
platforms: ## the core's vectors and scenarios on s390x, aarch64 and i686, emulated (root on Debian; an hour the first time)
	@.ci/platforms

# REFERENCE is credit_v1.py, the reference implementation of the credit model.
.PHONY: credit-reference
credit-reference: ## compare 10,000 random credit evaluations with the reference (REFERENCE=FILE; 5 minutes)
	@[ -f '$(REFERENCE)' ] || { echo 'REFERENCE=FILE: the reference implementation, credit_v1.py' >&2; exit 2; }
	$(BUILD)
	python3 sims/credit/compare.py '$(abspath $(REFERENCE))' $(BIN)/suyuan

# All kinds of trouble in turn. Whatever seed shows a violation is told, and `suyuan-sims --timeline SEED` tells its story.
SIMS_SEEDS := 0..10000

.PHONY: sims
sims: ## simulate networks with faults and a Byzantine member, 10,000 seeds of 50 heights (SIMS_SEEDS)
	$(BUILD)
	@$(BIN)/suyuan-sims --profile all --seeds $(SIMS_SEEDS)

# Each run weakens something, and must show it.
.PHONY: sims-controls
sims-controls: ## what the simulator must catch: four weaknesses, over a hundred seeds each
	$(BUILD)
	@for control in log-dropped:hard flush-skipped:hard quorum-weakened:twins quorum-weakened:liar \
			signatures-unchecked:twins signatures-unchecked:liar; do \
		echo "$$control"; \
		$(BIN)/suyuan-sims --control "$${control%%:*}" --profile "$${control##*:}" --seeds 0..100 | grep -v ^seed || true; \
	done

.PHONY: hostile-document
hostile-document: ## capture documents of 1 GiB: all recorded, or refused, below 300 MiB of memory (2 minutes)
	SUYUAN_DOCUMENT_MIB=1024 $(CARGO) test $(RELEASE) --workspace --test faults -- --nocapture --test-threads 1 \
		a_document_of_a_gibibyte a_text_without_end

.PHONY: profile-epcis
profile-epcis: ## print the functions that reading and hashing spend their time in (perf or valgrind)
	$(BUILD)
	@benches/profile $(WORK)/profile

# FUZZ_SECONDS is for each target. What is found new goes into the work folder; `make fuzz-corpus`
# brings what adds coverage into the checked-in corpora.
FUZZ_SECONDS ?= 600
FUZZ_TARGETS ?= json xml element_string digital_link urn wire trace_proof

.PHONY: fuzz
fuzz: ## fuzz each target for FUZZ_SECONDS (default 600), FUZZ_TARGETS (default all); needs nightly
	@for target in $(FUZZ_TARGETS); do fuzz/run $(WORK)/fuzz $$target $(FUZZ_SECONDS); done

.PHONY: fuzz-corpus
fuzz-corpus: ## minimise the fuzzing corpora, with what fuzzing found, into fuzz/corpus
	@for target in $(FUZZ_TARGETS); do fuzz/minimise $(WORK)/fuzz $$target; done
