# The verbs of fondaco. Each is a door that people and CI share; `make help` lists them.
# What is made stands in .venv (the environment) and .uv (the installer); the command is then .venv/bin/fondaco.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# the first Python that is new enough; say `make PYTHON=/path/to/python …` for another one
PYTHON ?= $(shell for found in python3 python3.13 python3.12 python3.11; do \
	$$found -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$found && break; done)
WORKERS ?= 2
READY := .venv/.ready
FONDACO := .venv/bin/fondaco
SQLFLUFF := DBT_TARGET_PATH=$(CURDIR)/.fondaco/lint/target DBT_LOG_PATH=$(CURDIR)/.fondaco/lint/logs .venv/bin/sqlfluff
SQL := --disable-progress-bar warehouse/models warehouse/tests
COMPILE := .uv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header
export PIP_DISABLE_PIP_VERSION_CHECK = 1
export DO_NOT_TRACK = 1

.PHONY: help setup run dagster test test-all check format bench docs lock clean

help:  ## list the verbs
	@sed -n 's/^\([a-z-]*\):.*##  *\(.*\)/make \1|\2/p' Makefile | awk -F'|' '{ printf "%-14s %s\n", $$1, $$2 }'

setup: $(READY)  ## make .venv from the locked, hashed versions (Python >= 3.11 and PyPI are enough)

# Only what the environment is made of: a second call does nothing.
$(READY): requirements.lock requirements-uv.lock
	@if [ -z "$(PYTHON)" ]; then echo "fondaco needs Python 3.11 or later; none was found (make PYTHON=/path/to/python3 …)" >&2; exit 2; fi
	@echo "setting up .venv with $$($(PYTHON) --version)"
	@rm -rf .venv
	@if [ -x .uv/bin/uv ] && .uv/bin/uv --version 2>/dev/null | grep -qF "uv $$(sed -n 's/^uv==\([0-9.]*\).*/\1/p' requirements-uv.lock)"; then :; \
	else rm -rf .uv && $(PYTHON) -m venv .uv && .uv/bin/python -m pip install -qq --only-binary :all: --require-hashes -r requirements-uv.lock || true; fi
	@if [ -x .uv/bin/uv ]; then \
		.uv/bin/uv venv --quiet --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')" .venv; \
		.uv/bin/uv pip install --quiet --python .venv/bin/python --require-hashes --no-deps -r requirements.lock; \
		.uv/bin/uv pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --editable .; \
	else \
		echo "no uv for this machine: installing with pip, which takes some minutes"; \
		$(PYTHON) -m venv .venv; \
		.venv/bin/python -m pip install -qq --require-hashes --no-deps -r requirements.lock; \
		.venv/bin/python -m pip install -qq --no-deps --no-build-isolation --editable .; \
	fi
	@touch $@

run: $(READY)  ## the demo: a shop's year and a half, landed, built and shown; then one day more
	@$(FONDACO) run
	@$(FONDACO) demo --days 1
	@$(FONDACO) run

dagster: $(READY)  ## the demo by the clock: Dagster's pages on http://127.0.0.1:3000, with what `make run` makes
	@[ -f warehouse.duckdb ] || $(FONDACO) run
	@$(FONDACO) dagster

test: $(READY)  ## the tests that are run on every change
	@.venv/bin/python -m pytest -n $(WORKERS) --dist loadscope

test-all: $(READY)  ## what `make test` leaves out: whole years, two hundred kills, every fault of a store, more examples of those laws
	@.venv/bin/python -m pytest -n $(WORKERS) --dist loadscope --no-loadscope-reorder -m slow --hypothesis-profile=long --durations=25

check: $(READY)  ## style, types, imports and SQL: everything that needs no run
	@.venv/bin/ruff check --quiet .
	@.venv/bin/ruff format --check --quiet . || { echo "not in the house's format; put right by: make format" >&2; exit 1; }
	@.venv/bin/mypy --no-error-summary
	@said=$$(.venv/bin/lint-imports --no-logo 2>&1) || { echo "$$said" >&2; exit 1; }
	@said=$$($(SQLFLUFF) lint $(SQL) 2>&1) || { echo "$$said" >&2; exit 1; }
	@echo "check: style, types, imports and SQL are in order"

format: $(READY)  ## put Python and SQL into the house's format
	@.venv/bin/ruff check --quiet --fix-only .
	@.venv/bin/ruff format --quiet .
	@$(SQLFLUFF) fix --quiet $(SQL)

bench: $(READY) .venv-bench/.ready  ## speed and memory, as ratios in one run; other tools beside ours, in .venv-bench
	@.venv/bin/python -m bench

# What only the bench needs stays out of .venv: tools that land a table as fondaco does.
.venv-bench/.ready: requirements-bench.lock $(READY)
	@rm -rf .venv-bench
	@if [ -x .uv/bin/uv ]; then \
		.uv/bin/uv venv --quiet --python .venv/bin/python .venv-bench; \
		.uv/bin/uv pip install --quiet --python .venv-bench/bin/python --require-hashes --no-deps -r requirements-bench.lock; \
	else $(PYTHON) -m venv .venv-bench && .venv-bench/bin/python -m pip install -qq --require-hashes --no-deps -r requirements-bench.lock; fi
	@touch $@

docs: $(READY)  ## write the pages that are made (reference, glossary, models and where every column comes from, the README's screen), and all pages as a site: site/index.html
	@.venv/bin/python docs/make.py
	@NO_MKDOCS_2_WARNING=1 .venv/bin/mkdocs build --quiet --strict
	@echo "read it: site/index.html"

lock: $(READY)  ## resolve the dependencies of pyproject.toml anew
	@$(COMPILE) --upgrade --group bootstrap --no-annotate -o requirements-uv.lock
	@$(COMPILE) --upgrade pyproject.toml --group dev -o requirements.lock
	@$(COMPILE) --upgrade --group bench --no-annotate -o requirements-bench.lock

clean:  ## remove the environment, caches and the demo's data
	@rm -rf .venv .venv-bench .uv site .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache warehouse/target warehouse/logs logs
	@rm -rf .fondaco lake warehouse.duckdb warehouse.duckdb.wal
