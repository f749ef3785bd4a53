# Plenaria from a checkout: `make demo` serves the sample congress, `make test` checks everything.
# Needs Python 3.11+ with venv and pip; both targets make .venv from the hashed locks first.

PYTHON ?= python3
PORT ?= 8000
# Processes that pytest spreads the tests over; TESTS and PYTEST_ARGS narrow a run (docs/developer/setup.md).
PYTEST_WORKERS ?= 2
TESTS ?= tests
PYTEST_ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
LOCKS_UV := uv==0.13.8
LANGUAGES := es
MESSAGE_KEYWORDS := --keyword=_ --keyword=gettext --keyword=ngettext:1,2 --keyword=pgettext:1c,2 --keyword=N_
ROOMS := core $(patsubst %/plugin.py,%,$(wildcard plugins/*/plugin.py))

.DEFAULT_GOAL := help
.PHONY: help demo test lint pytest docs lock migrate messages dist clean

help:
	@echo "make demo [PORT=8000]        install, then serve the sample congress"
	@echo "make test                    install, then linters, types, contracts and all tests"
	@echo "make lint                    only ruff, mypy and the import contracts"
	@echo "make pytest [TESTS=path] [PYTEST_ARGS='-k word'] [PYTEST_WORKERS=2]"
	@echo "make docs                    the documentation as a site, into build/docs"
	@echo "make lock [UPGRADE=1]        write the three requirements*.lock again"
	@echo "make migrate APP=agenda    write the migration that the changed tables need"
	@echo "make messages                collect the translatable texts into the .po files"
	@echo "make dist                    what a release consists of, into dist/ (docs/developer/releasing.md)"

# ----------------------------------------------------------------------------------------- environment
# The stamps are newer than what they were made from; so nothing is installed twice.

INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
INSTALL_LOCK := $(INSTALL) --require-hashes --only-binary :all: -r

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Plenaria needs Python 3.11 or newer; $(PYTHON) is older or missing. Try: make PYTHON=python3.12 …" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
	  || { echo "Could not make $(VENV). On Debian: apt-get install python3-venv" >&2; exit 1; }

# The machine's pip installs one thing, the locked pip; that one reads the other locks (docs/decisions/0009).
$(VENV)/.installed: requirements-pip.lock requirements.lock pyproject.toml | $(BIN)/python
	@echo "Installing Plenaria and what it needs into $(VENV) …"
	@$(INSTALL_LOCK) requirements-pip.lock
	@$(INSTALL_LOCK) requirements.lock
	@$(INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	@echo "Installing what the tests need into $(VENV) …"
	@$(INSTALL_LOCK) requirements-dev.lock
	@touch $@

# ------------------------------------------------------------------------------------------------- run

demo: $(VENV)/.installed
	@$(BIN)/plenaria demo --port $(PORT)

test: lint pytest

lint: $(VENV)/.installed-dev
	@echo "ruff check"         && $(BIN)/ruff check . \
	  || { echo "make test stopped: ruff found faults (above). Many mend themselves: $(BIN)/ruff check --fix ." >&2; exit 1; }
	@echo "ruff format --check" && $(BIN)/ruff format --check . \
	  || { echo "make test stopped: files are not formatted. Run: $(BIN)/ruff format ." >&2; exit 1; }
	@echo "mypy"               && $(BIN)/mypy \
	  || { echo "make test stopped: mypy found type errors (above)." >&2; exit 1; }
	@echo "lint-imports"       && $(BIN)/lint-imports --no-cache \
	  || { echo "make test stopped: an import contract is broken (above; docs/architecture.md, Directions)." >&2; exit 1; }

# A prerequisite order would not hold under `make -j`: the tests wait for the linters by this rule.
pytest: $(VENV)/.installed-dev $(if $(filter test,$(MAKECMDGOALS)),lint)
	@$(BIN)/python -m pytest -n $(PYTEST_WORKERS) --dist loadfile $(PYTEST_ARGS) $(TESTS)

# Not --quiet: MkDocs then counts no warnings, and a dead link passes.
docs: $(VENV)/.installed-dev
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict
	@echo "Written: build/docs/index.html"

# ---------------------------------------------------------------------------------------------- author

# uv only resolves; it gets an environment of its own, and no index address is written into the locks.
COMPILE = UV_CUSTOM_COMPILE_COMMAND="make lock" build/lock/bin/uv pip compile --quiet --universal --python-version 3.11 \
  --generate-hashes --only-binary :all: --no-strip-extras $(if $(UPGRADE),--upgrade)
RUNS = --group build pyproject.toml --extra jury --extra timetable
LOCKS := requirements-pip.lock requirements.lock requirements-dev.lock

lock:
	@$(PYTHON) -m venv build/lock && build/lock/bin/python -m pip install --quiet --disable-pip-version-check $(LOCKS_UV)
	$(COMPILE) --group installer -o requirements-pip.lock
	$(COMPILE) $(RUNS) -o requirements.lock
	$(COMPILE) $(RUNS) --extra test --extra docs -c requirements.lock -o requirements-dev.lock
	@! grep -nE '://|^-' $(LOCKS) || { echo "The locks name a host or an option (above)." >&2; exit 1; }

migrate: $(VENV)/.installed
	@test -n "$(APP)" || { echo "Say which app: make migrate APP=agenda" >&2; exit 1; }
	@$(BIN)/python -m plenaria.core.storage.database.new_migration $(APP)

# One catalogue per room; no line numbers and no wrapping, so that a diff shows words and nothing else.
messages: $(VENV)/.installed
	@mkdir -p build/messages
	@for room in $(ROOMS); do \
	  template=build/messages/$$(basename $$room).pot; \
	  $(BIN)/pybabel --quiet extract --mapping-file=pyproject.toml --no-default-keywords $(MESSAGE_KEYWORDS) \
	    --project=Plenaria --version=1 --last-translator="The developers of Plenaria" --msgid-bugs-address="" \
	    --header-comment="# Texts of Plenaria; made by: make messages" --no-wrap --add-location=file --sort-by-file --output-file=$$template $$room || exit 1; \
	  for language in $(LANGUAGES); do \
	    $(BIN)/pybabel --quiet update --domain=messages --input-file=$$template --output-dir=$$room/locale --locale=$$language \
	      --init-missing --no-wrap --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date || exit 1; \
	  done; \
	done

# build/lib would keep modules that are gone.
dist: $(VENV)/.installed
	@rm -rf dist build/lib build/bdist.*
	@$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir dist .
	@$(BIN)/python -c 'from setuptools.build_meta import build_sdist; build_sdist("dist")' >/dev/null
	@cp requirements.lock dist && cd dist && sha256sum * >SHA256SUMS && cat SHA256SUMS

clean:
	rm -rf build dist var *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
