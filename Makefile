# Each target does all of its own set-up. Needs Python 3.11 or later and make; nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PEERS := $(VENV)/.peers
UV := uv==0.13.8
WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help setup client dashboard demo test test-slow test-faults soak images check site bench bench-peers \
	bench-plots docs lock clean

help: ## Show the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

setup: $(READY) ## Make the Python environment in .venv

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) tools/make_environment.py $(VENV) $(UV)
	@touch $@

client: $(READY) ## Build the TypeScript client into dashboard/client/dist
	@$(BIN)/python tools/build_dashboard.py --client

dashboard: $(READY) ## Build the dashboard into dashboard/dist
	@$(BIN)/python tools/build_dashboard.py

demo: $(READY) dashboard ## Run everything here, with simulated providers, and open the dashboard
	@$(BIN)/python -m demo $(if $(EXIT_AFTER),--exit-after $(EXIT_AFTER)) $(DEMO_ARGS)

test: $(READY) dashboard ## Run the tests (under 8 minutes on 2 cores)
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile -m "not slow and not faults" $(PYTEST_ARGS)
	@$(BIN)/python tools/build_dashboard.py --test

test-slow: $(READY) dashboard ## Run the slow tests
	@$(BIN)/python -m pytest -m "slow and not faults" $(PYTEST_ARGS)

test-faults: $(READY) ## Random faults against the whole service; SEED=7 SCHEDULES=20 replays
	@FAULTS_SEED=$(or $(SEED),1) FAULTS_SCHEDULES=$(or $(SCHEDULES),20) \
		$(BIN)/python -m pytest -m faults tests/faults $(PYTEST_ARGS)

soak: $(READY) ## An hour at moderate load, or MINUTES=20; memory, descriptors and latency must stay flat
	@$(BIN)/python -m benchmarks.soak $(if $(MINUTES),--minutes $(MINUTES)) $(SOAK_ARGS)

images: $(READY) dashboard ## Renew docs/images from a demo that is looked at for minutes
	@NAVSTREAM_IMAGES=240 $(BIN)/python -m pytest --timeout 900 tests/e2e/test_browser.py \
		-k "every_view_fits_and or every_dialog"

check: $(READY) site ## Lint, types, import rules, and the documentation's links
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

site: $(READY) ## Build the documentation into site/; a page left out, or a link or anchor to nowhere, fails it
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

bench: $(READY) $(PEERS) ## Measure, ours and others; prints tables and writes benchmarks/*.json
	@$(BIN)/python -m benchmarks
	@$(BIN)/python -m benchmarks.peers

bench-peers: $(PEERS) ## The same work beside FastAPI, ws, DuckDB, Polars, Perspective and a naive design
	@$(BIN)/python -m benchmarks.peers

bench-plots: $(PEERS) ## How the cost grows: measures and draws docs/images/growth-*.svg (15 minutes)
	@$(BIN)/python -m benchmarks.growth
	@$(BIN)/python -m benchmarks.plots

$(PEERS): $(READY) benchmarks/peers.lock benchmarks/peers/node/package-lock.json
	@$(BIN)/python -m benchmarks.peers.install
	@touch $@

docs: $(READY) ## Write the pages that come from the code
	@$(BIN)/python -m tools.write_settings
	@$(BIN)/python -m tools.write_metrics
	@$(BIN)/python -m tools.write_api

lock: $(READY) ## Renew the locks from pyproject.toml
	@$(BIN)/uv pip compile pyproject.toml --extra demo --extra dev --universal --python-version 3.11 \
		--generate-hashes --no-header --upgrade -q -o requirements.lock
	@$(BIN)/uv pip compile pyproject.toml --extra bench --constraints requirements.lock --universal \
		--python-version 3.11 --generate-hashes --no-header --upgrade -q -o benchmarks/peers.lock

clean: ## Remove the environment, the demo's data and everything built
	@rm -rf $(VENV) .navstream dashboard/dist dashboard/node_modules benchmarks/peers/node/node_modules site *.egg-info
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
