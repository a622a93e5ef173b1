# Needs make and Python 3.11 to 3.13. Every target sets itself up in .venv.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/sh

VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.installed
HOME_FOLDER ?= .
WORKERS ?= auto
AS_ROOT := $(shell [ "$$(id -u)" = 0 ] && echo --allow-root)

# The newest Python on the path that runs, is of a version we support, and can make a
# virtual environment. Each candidate is tried: a shim may be there without its Python.
PYTHON ?= $(shell for name in python3.13 python3.12 python3.11 python3 python; do \
  if $$name -c 'import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' >/dev/null 2>&1; \
  then echo $$name; break; fi; done)

.PHONY: help
help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(READY) ## Make .venv and install the locked dependencies

$(READY): requirements.lock pyproject.toml
	@if [ -z "$(PYTHON)" ]; then \
	  echo "No Python 3.11, 3.12 or 3.13 with venv was found on the PATH." >&2; \
	  echo "Install one (Debian, Ubuntu: apt-get install python3 python3-venv), or name it: make $(MAKECMDGOALS) PYTHON=/path/to/python" >&2; \
	  exit 1; fi
	@echo "Setting up $(VENV) with $(PYTHON) (some minutes the first time)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --no-deps -r requirements.lock
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $(READY)

.PHONY: demo
demo: $(READY) ## Load the sample prices, make the scenario report, print its path
	@$(BIN)/foresto init $(HOME_FOLDER)
	@$(BIN)/foresto --home $(HOME_FOLDER) report scenario

.PHONY: lab
lab: $(READY) ## Open JupyterLab on the notebooks
	@$(BIN)/foresto init $(HOME_FOLDER)
	$(BIN)/jupyter lab $(AS_ROOT) --ServerApp.root_dir=$(abspath $(HOME_FOLDER)) \
	  --LabApp.default_url=/lab/tree/notebooks/explore/scenario_explorer.ipynb

.PHONY: test
test: $(READY) chromium ## Run every test
	$(BIN)/python -m pytest --ignore=tests/benchmarks -n $(WORKERS) --dist loadgroup

.PHONY: lint
lint: $(READY) ## Check style, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

.PHONY: bench
bench: $(READY) ## Measure speed beside the peers
	$(BIN)/python -m tests.benchmarks

.PHONY: lock
lock: $(READY) ## Resolve the dependencies anew into requirements.lock
	@$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --upgrade --python-version 3.11 \
	  --no-header --no-annotate --no-emit-index-url \
	  --group pyproject.toml:dev --extra connectors pyproject.toml --output-file requirements.lock

.PHONY: clean
clean: ## Delete .venv and what tools leave behind; data and reports stay
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The browser tests drive the machine's own Chromium.
.PHONY: chromium
chromium: $(READY)
	@if $(BIN)/python -m tests.chromium >/dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "Installing Chromium for the browser tests"; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null && \
	  $(BIN)/python -m tests.chromium >/dev/null; \
	else \
	  echo "The browser tests need Chromium. Install the package chromium (as root: apt-get install chromium)," >&2; \
	  echo "or let FORESTO_CHROMIUM name the program." >&2; exit 1; fi
