# One word for each chore; CI runs the same words. What they do is in playground/bootstrap.py.
PYTHON ?= python3
VENV := .venv/bin

.PHONY: run setup test test-slow check format bench translations generated

run: ## set up what is missing, then serve on http://127.0.0.1:8000 (PORT, HOST)
	@$(PYTHON) playground/bootstrap.py run

setup: ## everything for work on the project
	@$(PYTHON) playground/bootstrap.py setup

test: setup ## all tests but the slow ones, JavaScript's among them
	@$(VENV)/python -m pytest -m "not slow" -n 2

test-slow: setup ## the long ones: statistics, soak, many seeds
	@$(VENV)/python -m pytest -m slow -n 2

check: setup ## style and types, Python and JavaScript
	@$(VENV)/ruff check .
	@$(VENV)/ruff format --check .
	@$(VENV)/mypy
	@PATH="$(CURDIR)/$(VENV):$$PATH" node_modules/.bin/tsc -p tsconfig.json
	@$(VENV)/djlint --quiet --lint templates

format:
	@$(VENV)/ruff check --fix-only --quiet .
	@$(VENV)/ruff format .

bench: setup ## one JSON line for each figure
	@$(VENV)/python -m tests.bench

translations: setup ## extract every text into the .po files
	@$(VENV)/python manage.py texts

generated: setup ## what is made from the catalogue: schema, samples of the page's tests, "What is modelled", texts
	@$(VENV)/python -m sim_engine schema > .cache/schema.json && mv .cache/schema.json sim_engine/design/schema.json
	@$(VENV)/python -m tests.samples
	@$(VENV)/python -m sim_engine modelled > .cache/modelled.md && mv .cache/modelled.md docs/what-is-modelled.md
	@$(VENV)/python manage.py texts
