# `make demo` and `make test` set everything up by themselves; they need Python ≥ 3.11, git and make.
PYTHON ?= python3
BIN := .venv/bin
.DEFAULT_GOAL := help
.PHONY: help setup demo test test-all test-easyocr lint format docs bench audit sbom lock clean

help: ## show the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-12s %s\n", $$1, $$2}'

setup: .venv/ready ## build .venv with locked versions

.venv/ready: pyproject.toml requirements/dev.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.12 …"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# Only what the extra adds to .venv, which it is laid over: torch's four gigabytes stay out of the way of all else.
.venv-easyocr/ready: .venv/ready requirements/easyocr.lock
	$(BIN)/python -m venv --clear .venv-easyocr
	@base=$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))') \
	&& own=$$(.venv-easyocr/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))') \
	&& echo "import site; site.addsitedir('$$base')" > "$$own/base.pth"
	.venv-easyocr/bin/pip install --quiet --disable-pip-version-check --no-cache-dir --no-compile --no-deps --require-hashes -r requirements/easyocr.lock
	@touch $@

demo: setup ## a small Brussels alive with traffic: frames and reads in, hits and verdicts out
	$(BIN)/anpr demo

test: setup ## checks and fast tests
	$(MAKE) --no-print-directory lint
	$(BIN)/pytest -m "not slow and not kafka" -n 2 --dist worksteal

test-all: setup ## every test, Apache Kafka and kills included
	$(BIN)/pytest

test-easyocr: .venv-easyocr/ready ## the engine easyocr with its weights (takes four gigabytes on disk)
	.venv-easyocr/bin/python -c 'import easyocr, easyocr_en_models, torch' # else its tests would be skipped
	.venv-easyocr/bin/python -m pytest tests/pipeline/vision/test_easyocr_engine.py

lint: setup ## format, lint, types, import rules, generated documents
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m schemas.export --check
	$(BIN)/python -m anpr.documents --check
	$(BIN)/python -m anpr.dashboards --check

format: setup ## mend what can be mended by machine
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: setup ## write generated documents anew
	$(BIN)/python -m schemas.export
	$(BIN)/python -m schemas.export --docs
	$(BIN)/python -m anpr.documents
	$(BIN)/python -m pipeline.plates.table
	$(BIN)/python -m anpr.dashboards
	$(BIN)/anpr bench report

bench: setup ## measure this machine
	$(BIN)/anpr bench pipeline --seconds 30

.venv-audit/ready: requirements/audit.lock
	$(PYTHON) -m venv --clear .venv-audit
	.venv-audit/bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/audit.lock
	@touch $@

sbom: .venv-audit/ready ## list what the image is built from: build/sbom.json (CycloneDX)
	.ci/audit sbom

audit: .venv-audit/ready ## the same list, and what is known against it, where the service that knows can be reached
	.ci/audit

lock: ## resolve the versions anew (needs uv)
	uv pip compile -q pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -o requirements/base.lock
	uv pip compile -q pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -o requirements/dev.lock
	uv pip compile -q pyproject.toml --extra easyocr --extra dev --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -o requirements/easyocr.lock
	uv pip compile -q --group pyproject.toml:audit --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -o requirements/audit.lock

clean: ## remove what was built, data included
	rm -rf .venv .venv-audit .venv-easyocr .anpr build dist *.egg-info
