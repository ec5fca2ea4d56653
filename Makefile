# Two commands do all set-up on a fresh machine with Python 3.11 or newer:
#   make atlas   builds the demo metropolis and publishes its atlas
#   make test    runs the tests (make long: those that take minutes)
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
STAMP_DEV := $(VENV)/.installed-dev
STAMP_DOCS := $(VENV)/.installed-docs
KERNELS := $(VENV)/.kernels
OUT ?= public
# where the documentation site is built, and the atlas that its gallery shows
DOCS ?= build/docs
ATLAS ?= $(OUT)
# options of pytest; one worker per core, whole files to a worker
PYTEST ?= -n auto --dist loadfile

# inputs that `make fuzz` mutates, and the seed that names them
COUNT ?= 10000
SEED ?= 1

.PHONY: atlas test long check lint types architecture browser docs notebooks bench mutants bounds fuzz clean help

help:
	@sed -n 's/^# \{0,1\}//p' Makefile | head -4

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "metrogis needs Python 3.11 or newer: make PYTHON=python3.12 ..."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

$(STAMP): $(BIN)/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable .
	@touch $@

$(STAMP_DEV): $(BIN)/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@ $(STAMP)

$(STAMP_DOCS): $(STAMP)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[docs]'
	@touch $@

$(KERNELS): $(STAMP)
	@echo "compiling the kernels, fetching the scripts of the maps (once, about a minute)"
	$(BIN)/python -m metrogis.warmup
	@touch $@

atlas: $(KERNELS)
	$(BIN)/metrogis atlas demo --output $(OUT)
	@echo "Open $(abspath $(OUT))/index.html"

$(ATLAS)/atlas.json:
	@$(MAKE) --no-print-directory atlas OUT=$(ATLAS)

# the documentation site: strict about links and docstrings, then checked as it was built
docs: $(STAMP_DOCS) $(ATLAS)/atlas.json
	NO_MKDOCS_2_WARNING=1 METROGIS_ATLAS=$(ATLAS) $(BIN)/mkdocs build --quiet --site-dir $(DOCS)
	$(BIN)/python scripts/check_site.py $(DOCS)

test: $(STAMP_DEV)
	$(BIN)/python -m pytest -m "not browser and not long" $(PYTEST)

long: $(STAMP_DEV)
	$(BIN)/python -m pytest -m long $(PYTEST)

# kernels check every index, compiled apart from those that do not
BOUNDS := tests/transit/test_classes_hand.py tests/landscape/test_connectivity.py \
  tests/landscape/test_edges.py tests/landscape/test_patches.py tests/streets/test_gap_graph.py
bounds: $(STAMP_DEV)
	NUMBA_BOUNDSCHECK=1 NUMBA_CACHE_DIR=$(abspath build/bounds) \
	  $(BIN)/python -m pytest $(PYTEST) $(BOUNDS)

browser: $(STAMP_DEV)
	$(BIN)/python -m pytest -m browser

lint: $(STAMP_DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP_DEV)
	$(BIN)/mypy

architecture: $(STAMP_DEV)
	$(BIN)/lint-imports

check: lint types architecture test browser

bench: $(BIN)/python
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev,bench]'
	$(BIN)/python -m pytest tests/benchmarks --run-benchmarks -s

# changes core rules one token at a time; lists the changes that no test notices
mutants: $(STAMP_DEV)
	$(BIN)/python -m tests.benchmarks.mutants $(TARGETS)

# mutates every kind of input and reads it; prints what raised anything but an error of metrogis
fuzz: $(STAMP_DEV)
	$(BIN)/python -m tests.fuzz --count $(COUNT) --seed $(SEED)

clean:
	rm -rf $(VENV) $(OUT) .pytest_cache .ruff_cache .mypy_cache .hypothesis .import_linter_cache
