# Everything the project does, in commands that set up what they need.
# Without make (Windows): the plain commands stand in CONTRIBUTING.md.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# The same sources give the same bytes: times in the output are those of the last commit.
export SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || echo 1764547200)
# The theme prints a notice about its end of life on every build; README and CONTRIBUTING say what follows from it.
export NO_MKDOCS_2_WARNING := 1

.DEFAULT_GOAL := help
.PHONY: help book serve check test zensical lock clean

help: ## show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

book: $(VENV)/book ## build the site in site/ and the offline edition in dist/
	@$(BIN)/python -m macros stage
	@mkdir -p .cache; $(BIN)/python -m mkdocs build --strict --site-dir .cache/site >.cache/build.log 2>&1 & build=$$!; \
		$(BIN)/python -m macros check || { kill $$build; exit 1; }; \
		wait $$build || { cat .cache/build.log; exit 1; }
	@rm -rf site && mv .cache/site site
	@$(BIN)/python -m macros zip

serve: $(VENV)/book ## read the book at http://127.0.0.1:8000 while you edit it
	@$(BIN)/python -m macros stage
	$(BIN)/python -m mkdocs serve --dirty --config-file mkdocs.serve.yml

check: $(VENV)/test ## check texts and data, without a browser
	@$(BIN)/python -m macros stage
	@$(BIN)/python -m macros check
	@$(BIN)/python -m pytest -m "not browser and not slow"

test: $(VENV)/test ## all tests, with a browser
	@$(BIN)/python -m tests.site.browser
	@$(BIN)/python -m macros stage
	@$(BIN)/python -m macros check
	@$(BIN)/python -m pytest -n 2 --dist worksteal

zensical: $(VENV)/book ## build the same sources with the theme's successor, into site/
	@$(PYTHON) -m venv .venv-zensical
	@.venv-zensical/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-zensical.txt
	@.venv-zensical/bin/python -m macros stage
	.venv-zensical/bin/python -m zensical build --strict --clean

lock: ## resolve the pinned requirements again after a change in pyproject.toml (needs uv)
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -q -o requirements.txt
	uv pip compile --group test -c requirements.txt --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -q -o requirements-test.txt
	uv pip compile --group zensical -c requirements.txt --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -q -o requirements-zensical.txt

clean: ## remove everything that was made
	rm -rf $(VENV) .venv-zensical site dist .cache .pytest_cache docs/reference/models docs/reference/devices

# Virtual environment: remade when a requirements file changes. Debian ships Python without venv's pip: see the hint.
$(VENV)/book: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; $(PYTHON) is older. Say which one to use: make PYTHON=python3.12 book"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "This Python cannot make virtual environments; on Debian and Ubuntu: apt install python3-venv"; rm -rf $(VENV); exit 1; }
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

$(VENV)/test: $(VENV)/book requirements-test.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-test.txt
	@touch $@
