# Convoke. `make help` lists what there is. Everything that is made stands in .local/ and .build/.
PYTHON ?= python3
VENV := .local/venv
BIN := $(VENV)/bin
EMULATOR := .local/emulator
PIP := -m pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: help demo up down status test stacked faults unit check bench package deploy redrive messages clean

help: ## This list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/ready $(EMULATOR)/ready ## The symposium from invitation to feedback, on this machine (ONCE=1: then stop)
	@$(BIN)/python -m infra.local.demo $(if $(ONCE),--once)

up: $(VENV)/ready $(EMULATOR)/ready ## Build, start the local AWS, deploy
	@$(BIN)/python -m infra.local.stack up

down: ## Stop everything that up or demo started
	@if [ -x $(BIN)/python ]; then $(BIN)/python -m infra.local.stack down; else echo "Nothing was running."; fi

status: $(VENV)/ready ## Where the running stack is
	@$(BIN)/python -m infra.local.stack status

STACKED := integration or browser

test: $(EMULATOR)/ready unit ## All tests: unit, the deployed local stack, the browser where Chromium is there
	@$(MAKE) --no-print-directory --jobs=2 $(if $(filter output-sync,$(.FEATURES)),--output-sync=target) stacked faults

# The deployed stack waits for its clock most of the time: what kills the application at every call runs beside it.
stacked: export CONVOKE_MINISTACK := $(EMULATOR)/bin/ministack
stacked: $(VENV)/tested $(EMULATOR)/ready
	@$(BIN)/python -m pytest -m "$(STACKED)"

faults: $(VENV)/tested
	@$(BIN)/python -m pytest -m "faults" --basetemp=.local/pytest-faults

unit: $(VENV)/tested ## The tests that need no local stack, two at a time
	@$(BIN)/python -m infra.compile
	@$(BIN)/python -m pytest -n 2 --dist loadfile -m "not ($(STACKED) or faults)" --basetemp=.local/pytest-unit

check: $(VENV)/tested ## ruff, mypy --strict, import rules, cfn-lint on the packaged template
	@$(BIN)/python -m infra.compile
	@$(BIN)/ruff check .
	@$(BIN)/mypy chalicelib
	@PYTHONPATH=. $(BIN)/lint-imports --no-cache
	@$(BIN)/python -m infra.build
	@$(BIN)/cfn-lint --template .build/out/sam.yaml

bench: $(VENV)/tested ## The sending engine against its budgets: units, calls, time, memory, cost; some four minutes
	@$(BIN)/python -m infra.compile
	@$(BIN)/python -m tests.performance.bench

package: $(VENV)/ready ## Build what AWS is given, in .build/out
	@$(BIN)/python -m infra.build

deploy: $(VENV)/ready ## Deploy to the AWS account of your credentials (STACK=, BASE_URL=https://…, ALARM_EMAIL=, INBOUND_DOMAIN=)
	@$(BIN)/python -m infra.build
	@$(BIN)/python -m infra.deploy --stack $(or $(STACK),convoke) $(if $(BASE_URL),--base-url $(BASE_URL)) $(if $(ALARM_EMAIL),--alarm-email $(ALARM_EMAIL)) $(if $(INBOUND_DOMAIN),--inbound-domain $(INBOUND_DOMAIN))

redrive: $(VENV)/ready ## Put dead letters back to work (DRY_RUN=1: only show them; STACK=; LOCAL=1: on the stack of `make up`)
	@$(BIN)/python -m infra.redrive --stack $(or $(STACK),convoke) $(if $(DRY_RUN),--dry-run) $(if $(LOCAL),--local)

messages: $(VENV)/ready ## Collect the words in use into templates/locale
	@$(BIN)/python -m infra.compile --messages

clean: down ## Remove what was made, but not the environments
	@rm -rf .build .local/run .local/log .local/mail .local/tmp

$(VENV)/ready: requirements.txt infra/local/requirements.txt infra/layers.txt
	@echo "Installing the tools in $(VENV)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Convoke needs Python 3.11 or later: make PYTHON=python3.12")'
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python $(PIP) install -r requirements.txt -r infra/local/requirements.txt -r infra/layers.txt
	@touch $@

$(VENV)/tested: $(VENV)/ready tests/requirements.txt
	@echo "Installing what the tests need in $(VENV)"
	@$(BIN)/python $(PIP) install -r tests/requirements.txt
	@touch $@

$(EMULATOR)/ready: infra/local/emulator.txt
	@echo "Installing the local AWS in $(EMULATOR)"
	@$(PYTHON) -m venv $(EMULATOR)
	@$(EMULATOR)/bin/python $(PIP) install -r infra/local/emulator.txt
	@touch $@
