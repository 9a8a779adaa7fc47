# Two commands: `make run` sets up and runs the main job; `make test` sets up and passes the tests.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null \
	&& echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -q

.PHONY: run test test-ml install check check-long mutation docs accuracy readme clean help

help:
	@echo "make run         set up and run examples/article.toml"
	@echo "make test        set up and run the tests, in at most 8 minutes on 2 cores"
	@echo "make install     set up .venv with the wattline command"
	@echo "make check       ruff and mypy"
	@echo "make check-long  the long tests: fuzzing, whole years, sweeps, the wheel"
	@echo "make mutation    errors put into the core one by one, which tests must notice: hours; ONLY=line/chip for one room"
	@echo "make test-ml     the tests that need torch"
	@echo "make docs        build the documentation into build/docs/index.html"
	@echo "make readme      make the outputs and the picture of README.md again"
	@echo "make accuracy    make the tables of docs/accuracy again, from the measurements beside the checkout"

$(VENV)/.base: pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "wattline needs Python 3.11, 3.12 or 3.13: install one, or make PYTHON=/path/to/python"; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(PIP) install -c constraints.txt -e '.[sim,nvidia,meter,proxy,web]'
	@touch $@

$(VENV)/.dev: $(VENV)/.base
	$(PIP) install -c constraints.txt -e '.[dev]'
	@touch $@

$(VENV)/.docs: $(VENV)/.base
	$(PIP) install -c constraints.txt -e '.[docs]'
	@touch $@

install: $(VENV)/.base

run: install
	$(BIN)/wattline run examples/article.toml --out out

test: $(VENV)/.dev
	$(BIN)/python -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder -m "not long and not ml"

check-long: $(VENV)/.dev
	$(BIN)/python -m pytest -q -m "long and not ml"

test-ml: $(VENV)/.dev
	@if $(BIN)/python -c "import torch, transformers" 2>/dev/null; then $(BIN)/python -m pytest -q -m ml; \
	else echo "test-ml: torch is not installed, so its tests are left out; $(BIN)/pip install -e '.[models,trainers]' brings it"; fi

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

mutation: $(VENV)/.dev
	nice -n 15 $(BIN)/python tools/mutation.py $(if $(ONLY),--only $(ONLY))

docs: $(VENV)/.docs
	$(BIN)/python tools/catalog_data.py
	$(BIN)/python tools/run_blocks.py
	PYTHONPATH=tools $(BIN)/zensical build --clean --strict
	$(BIN)/python tools/links.py build/docs
	@echo "open build/docs/index.html"

accuracy: $(VENV)/.dev
	$(BIN)/python tools/accuracy.py

readme: $(VENV)/.dev
	$(BIN)/python tools/readme.py

clean:
	rm -rf $(VENV) out build dist src/*.egg-info .pytest_cache .ruff_cache .mypy_cache
