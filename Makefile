# Thin: the work is done by manage.py, so that `python3 manage.py demo` is the same without make.
PYTHON ?= python3
ARGS ?=
KILLS ?= 200
SEED ?= 0

.PHONY: demo test lint chaos bench setup lock

demo: ## The whole portal with a simulated shop and warehouse; ARGS=--once checks every promise and ends
	@$(PYTHON) manage.py demo $(ARGS)

test: ## ruff, mypy, import-linter and pytest; ARGS go to pytest
	@$(PYTHON) manage.py test $(ARGS)

lint: ## the same without pytest
	@$(PYTHON) manage.py lint

chaos: ## kills processes and restarts the database while orders flow, then compares both sides' books; KILLS= SEED= ARGS=--json=FILE
	@$(PYTHON) manage.py chaos --kills $(KILLS) --seed $(SEED) $(ARGS)

bench: ## orders per second, processor time and webhooks, beside a plain script; ARGS="--orders 2000 --only J1"
	@$(PYTHON) manage.py bench $(ARGS)

setup: ## .venv, requirements and .env, nothing else
	@$(PYTHON) manage.py setup

lock: ## the pinned, hashed requirements anew, after a change of requirements*.in
	uv pip compile --universal --python-version 3.11 --no-emit-index-url --generate-hashes --no-header requirements.in -o requirements.txt
	uv pip compile --universal --python-version 3.11 --no-emit-index-url --generate-hashes --no-header requirements-dev.in -o requirements-dev.txt
