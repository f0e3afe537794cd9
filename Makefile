.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

# pyenv's shims export it, and it beats .python-version in every child.
unexport PYENV_VERSION
export SAM_CLI_TELEMETRY := 0
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export UV_PYTHON_DOWNLOADS := never

UV := .venv/bin/uv
PY := .venv/bin/python
ENVIRONMENT := $(PY) -c 'import sys; from tools.local.environments import ensure; print(ensure(sys.argv[1]))'
LAYER_REQUIREMENTS := layers/shared/requirements.txt
SOURCES := layers functions tools tests
COMPILE := $(UV) pip compile --upgrade --quiet --universal --python-version 3.13 --python $(PY) --generate-hashes --no-header --no-emit-index-url --no-annotate

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-7s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# The environment's stamp is a copy of the requirements it was made from.
.PHONY: setup
setup: ## make .venv from the hashed requirements
	@$(PY) -c '' 2>/dev/null || $(MAKE) .venv-anew
	@cmp -s requirements/dev.txt .venv/requirements.txt || $(MAKE) .venv-filled
	@$(MAKE) .venv-openchair

.PHONY: .venv-anew
.venv-anew:
	@for python in "$${PYTHON:-python3.13}" python3.13 python3 python ''; do \
	  if [ -z "$$python" ]; then echo 'make setup: no Python 3.13 found. Install it, or name it: make setup PYTHON=/path/to/python3.13' >&2; exit 1; fi; \
	  if "$$python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))' 2>/dev/null; then break; fi; \
	done; \
	echo "setup: .venv from $$("$$python" --version)"; \
	"$$python" -m venv --clear .venv

.PHONY: .venv-filled
.venv-filled:
	@sed -n '/^uv==/,/[^\\]$$/p' requirements/dev.txt > .venv/uv.txt
	@$(PY) -m pip install --quiet --require-hashes -r .venv/uv.txt 2> .venv/pip.log || { cat .venv/pip.log >&2; exit 1; }
	@$(UV) pip sync --quiet --require-hashes --python $(PY) requirements/dev.txt
	@cp requirements/dev.txt .venv/requirements.txt

# An editable install without a build back end: the folders on the path, and the command.
.PHONY: .venv-openchair
.venv-openchair:
	@$(PY) -c 'import pathlib, site; root = pathlib.Path.cwd(); \
	  pathlib.Path(site.getsitepackages()[0], "openchair.pth").write_text(f"{root}\n{root}/layers/shared\n", "utf-8")'
	@printf '%s\n' '#!/bin/sh' 'bin=$$(CDPATH= cd -- "$$(dirname -- "$$(readlink -f -- "$$0")")" && pwd) || exit 1' \
	  'unset PYENV_VERSION' \
	  'exec "$$bin/python" -P -c "import sys; from tools.cli.main import main; sys.exit(main())" "$$@"' > .venv/bin/openchair.new
	@chmod +x .venv/bin/openchair.new && mv .venv/bin/openchair.new .venv/bin/openchair

.PHONY: test
test: setup ## set up and run all tests
	@mkdir -p .local; $(PY) -m pytest -q tests/integration > .local/integration.log 2>&1 & beside=$$!; \
	trap 'kill $$beside 2>/dev/null || true' EXIT; status=0; \
	$(PY) -m pytest -q --ignore=tests/integration $(addprefix --ignore=,$(LOSSES)) || status=1; \
	echo 'On the simulators, run beside it:'; wait $$beside || status=1; cat .local/integration.log; exit $$status

.PHONY: prove
prove: setup ## prove that no write doubles or vanishes, on both kinds of EHR: kills, faults, mutants (5 minutes)
	@$(PY) -m tests.proofs

# What the layer is built for and what the functions run on: one variable, so that they cannot differ.
ARCHITECTURE ?= arm64
STACK ?= openchair
PARAMETERS ?=

.PHONY: deploy
deploy: setup ## build and deploy to your AWS account: STACK, ARCHITECTURE (arm64, x86_64), PARAMETERS='Name=value ...'
	@sam="$$($(ENVIRONMENT) sam)/sam"; \
	"$$sam" build --parameter-overrides Architecture=$(ARCHITECTURE) $(PARAMETERS); \
	"$$sam" deploy --stack-name $(STACK) --parameter-overrides Architecture=$(ARCHITECTURE) $(PARAMETERS)

# Lost answers and real kills on the whole stack: minutes of waiting, so a target of its own.
LOSSES := tests/e2e/test_lost_answers.py tests/e2e/test_kills.py

.PHONY: losses
losses: setup ## lose answers and kill workers on the stack on this machine
	@$(PY) -m pytest -q $(LOSSES)

.PHONY: demo
demo: setup ## set up, build, deploy to this machine and book a visit
	@.venv/bin/openchair demo

.PHONY: local
local: setup ## run the stack on this machine until Ctrl-C
	@.venv/bin/openchair local

.PHONY: bench
bench: setup ## measure cold starts, and lost answers side by side (BENCH=lost-answers: that one)
	@$(PY) -m tools.bench $(BENCH)

.PHONY: lint
lint: setup ## style, types, code checks, generated pages
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy --strict $(SOURCES)
	@$(PY) -m bandit -q -r -c pyproject.toml layers functions
	@$(PY) -m tools.docs --check

.PHONY: docs
docs: setup ## write the generated pages anew
	@$(PY) -m tools.docs

.PHONY: build
build: setup ## validate, build and check the template and what it ships
	@$(PY) -m tools.checks

.PHONY: lock
lock: setup ## resolve and hash the requirements anew
	@$(COMPILE) pyproject.toml -o $(LAYER_REQUIREMENTS)
	@$(COMPILE) pyproject.toml --group dev -c $(LAYER_REQUIREMENTS) -o requirements/dev.txt
	@for group in sam aws checkov bench; do $(COMPILE) --group $$group -o requirements/$$group.txt; done

.PHONY: clean
clean: ## remove environments, builds and caches
	@rm -rf .venv .venv-* .aws-sam .local .pytest_cache .mypy_cache .ruff_cache .hypothesis .schemathesis .coverage htmlcov
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
