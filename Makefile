# Kontor. `make help` lists what there is. Everything is set up on first use, inside .venv; nothing else is touched.

SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DISTRIBUTIONS := protos chassis $(wildcard services/*) gateway suite
EDITABLE := $(foreach distribution,$(DISTRIBUTIONS),-e ./$(distribution))

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/base: requirements/base.txt $(foreach distribution,$(DISTRIBUTIONS),$(distribution)/pyproject.toml)
	@tools/check_machine.sh $(PYTHON)
	@test -x $(BIN)/python || { echo "→ making $(VENV)"; $(PYTHON) -m venv $(VENV); }
	@echo "→ installing what Kontor needs (once, about a minute)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/base.txt
	@echo "→ installing Kontor's own packages"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation $(EDITABLE)
	@touch $@

$(VENV)/dev: requirements/dev.txt $(VENV)/base
	@echo "→ installing what developing needs"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

.PHONY: setup
setup: $(VENV)/base ## Install what `make run` needs (it does so itself)

.PHONY: run
run: $(VENV)/base ## Run the whole suite in one process; settings are KONTOR_* variables
	@exec $(BIN)/kontor up

.PHONY: demo
demo: $(VENV)/base ## Fill the running suite with a sample company
	@$(BIN)/kontor demo

.PHONY: test
test: $(VENV)/dev ## Run all tests, on as many processors as there are (at most 4); those whose backend is missing say so
	@$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist worksteal $(PYTEST_ARGS)

.PHONY: check
check: $(VENV)/dev ## Lint, types, import contracts, protos
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python tools/generate_protos.py --check
	@$(BIN)/python tools/lint_protos.py
	@$(BIN)/python tools/check_breaking.py
	@$(BIN)/python tools/events_table.py --check
	@$(BIN)/python tools/settings_table.py --check

.PHONY: format
format: $(VENV)/dev ## Format the code and mend what the linter can
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format .

.PHONY: protos
protos: $(VENV)/dev ## Write protos/gen from protos/kontor
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python tools/generate_protos.py

.PHONY: docs
docs: $(VENV)/base ## Write the generated parts of docs/
	@$(BIN)/python tools/events_table.py
	@$(BIN)/python tools/settings_table.py

.PHONY: migration
migration: $(VENV)/dev ## Draft a service's next migration: SERVICE=contacts NAME=add_photo
	@$(BIN)/python tools/make_migration.py $(SERVICE) $(NAME)

.PHONY: bench
bench: $(VENV)/dev ## Measure; docs/performance.md says how to read it
	@$(BIN)/python -m tests.bench $(BENCH_ARGS)

.PHONY: requirements
requirements: $(VENV)/dev ## Pin and hash requirements/*.in anew
	@for name in base dev; do \
	  $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header \
	    --no-annotate requirements/$$name.in --output-file requirements/$$name.txt; \
	done

.PHONY: clean
clean: ## Remove the installed packages and caches; data in var/ stays
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find . -name __pycache__ -prune -exec rm -rf {} +
