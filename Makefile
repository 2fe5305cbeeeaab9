# Everything sets itself up: `make report` runs the main job, `make test` the tests.
# The virtual environment is made once, in .venv, from a Python of at least 3.11.

PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
JOBS ?= auto

.PHONY: report test laws check docs dist wheels wheelhouse sbom rerun mutants coverage doctor format fuzz plugin bench clean
.DEFAULT_GOAL := report

report: $(VENV)/.report
	$(BIN)/gbaspatial report --out out

test: $(VENV)/.test
	$(BIN)/python -m pytest -n $(JOBS) $(if $(CI),-rfEs)

# what holds in every file: rooms, words, docstrings, streams, packages that load late; some minutes
LAWS := rooms architecture docstrings words progress randomness project_files
laws: $(VENV)/.test
	$(BIN)/python -m pytest -n $(JOBS) $(LAWS:%=tests/test_%.py) tests/inference/test_tails.py

check: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# the pages as a site that asks the network for nothing: build/docs/index.html; a warning is an error
docs: $(VENV)/.test
	$(BIN)/python -m sphinx -W --keep-going -q -b html -d build/docs-read docs build/docs

# the wheel and the sdist, looked into; then in empty environments: make wheels TRY="3.12:newest"
dist: $(VENV)/.test
	rm -rf dist
	$(BIN)/python -m build --quiet --outdir dist .
	$(BIN)/python release/check_files.py dist

TRY ?= 3.11:lowest 3.11:newest 3.12:newest 3.13:newest
wheels: dist
	$(BIN)/python release/try_wheels.py dist $(TRY)

# everything that an installation without network needs (docs/dependencies.md)
wheelhouse: dist
	rm -rf wheelhouse
	$(BIN)/python -m pip wheel --quiet --wheel-dir wheelhouse "$$(ls dist/gbaspatial-*.whl)[parquet,excel]"
	$(BIN)/python release/pinned.py wheelhouse

# the bill of materials: what an installation holds
sbom: $(VENV)/.report
	$(BIN)/python release/bill.py dist/gbaspatial.cdx.json

# versions, extras, fonts and a self-check, in some seconds
doctor: $(VENV)/.report
	$(BIN)/gbaspatial doctor

# a longer run than the tests make: make fuzz SECONDS=3600 SEED=7
SECONDS ?= 1800
SEED ?= 2
fuzz: $(VENV)/.test
	$(BIN)/python tests/fuzz/run.py --seconds $(SECONDS) --seed $(SEED) --keep fuzz-found

# the plugin for QGIS as an archive: dist/gbaspatial_processing.zip
plugin:
	$(PYTHON) qgis_plugin/make_archive.py dist

# a report again from its run.json: the same numbers?
RECORD ?= out/run.json
rerun: $(VENV)/.report
	$(BIN)/python release/rerun.py $(RECORD)

# would a wrong line be seen? ten modules, at most MINUTES (mutmut; not a part of CI)
MINUTES ?= 120
mutants: $(VENV)/.test
	$(BIN)/python -m pip install --quiet 'mutmut>=3.8'
	$(BIN)/python release/mutants.py --minutes $(MINUTES)

# which statements the tests run, by room, into docs/trust.md; the whole suite, quickest on Python 3.12 or newer
coverage: $(VENV)/.test
	$(BIN)/python -m pip install --quiet 'pytest-cov>=7'
	COVERAGE_CORE=sysmon CI=true $(BIN)/python -m pytest -n $(JOBS) --cov=gbaspatial --cov-report=json:build/coverage.json
	$(BIN)/python docs/make_trust.py --coverage build/coverage.json

# what was promised about speed and memory, beside the peers that are installed; make bench LARGE=--large takes an hour
bench: $(VENV)/.test
	$(BIN)/python benchmarks/bench.py $(LARGE)
	$(BIN)/python docs/make_performance.py

format: $(VENV)/.test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) out build dist wheelhouse docs/gallery docs/reference .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/.made:
	@test -n "$(PYTHON)" || { echo "gbaspatial needs Python 3.11 or newer, and none was found: install it, or name one with make PYTHON=/path/to/python."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is older than Python 3.11, which gbaspatial needs: name a newer one with make PYTHON=/path/to/python."; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "The venv module of $(PYTHON) is missing: install it (on Debian and Ubuntu: apt install python3-venv)."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	@touch $@

$(VENV)/.report: $(VENV)/.made pyproject.toml
	$(BIN)/python -m pip install --quiet --editable '.[parquet,excel]'
	@touch $@

$(VENV)/.test: $(VENV)/.made pyproject.toml
	$(BIN)/python -m pip install --quiet --editable '.[test]'
	@touch $@ $(VENV)/.report
