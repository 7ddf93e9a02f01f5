# Two commands do everything on a fresh machine with Python 3.11 or newer: `make serve` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
# One thread per computation: two processes that each take every core only wait for each other.
export OMP_NUM_THREADS ?= 1

.PHONY: install serve test test-ui test-crash gate evaluate faults clean

install: $(INSTALLED)

$(INSTALLED): pyproject.toml constraints.txt
	@echo "Installing into $(VENV): a few minutes, once."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt torch
	@$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

serve: install
	@$(BIN)/rag ingest
	@$(BIN)/rag serve

test: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest

test-ui: install
	$(BIN)/pytest -m browser tests/browser

# Kills, replayed power loss, damage and full disks in full; -s shows the counts. About ten minutes.
test-crash: install
	CRASH=full $(BIN)/pytest -s tests/crash

gate: install
	$(BIN)/rag ingest
	$(BIN)/python -m eval gate

evaluate: install
	$(BIN)/rag ingest
	$(BIN)/python -m eval run
	$(BIN)/python -m eval report

faults: install
	$(BIN)/python -m tests.faults

clean:
	rm -rf $(VENV) *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
