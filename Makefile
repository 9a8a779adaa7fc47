# Two commands: `make run` sets up and runs the main job; `make test` sets up and passes the tests.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null \
	&& echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -q

.PHONY: run test install check readme clean help

help:
	@echo "make run      set up and run examples/article.toml"
	@echo "make test     set up and run all tests"
	@echo "make install  set up .venv with the wattline command"
	@echo "make check    ruff and mypy"
	@echo "make readme   make the figures and outputs in README.md again"

$(VENV)/.base: pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "wattline needs Python 3.11, 3.12 or 3.13: install one, or make PYTHON=/path/to/python"; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(PIP) install -c constraints.txt -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.base
	$(PIP) install -c constraints.txt -e '.[dev]'
	@touch $@

install: $(VENV)/.base

run: install
	$(BIN)/wattline run examples/article.toml --out out

test: $(VENV)/.dev
	$(BIN)/python -m pytest -q

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

readme: $(VENV)/.dev
	$(BIN)/python docs/make_readme.py

clean:
	rm -rf $(VENV) out build dist src/*.egg-info .pytest_cache .ruff_cache .mypy_cache
