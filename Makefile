# netprov on a fresh machine: `make up` for a running network, `make test` for the proof.
# Each installs what is missing, and only that. Nothing else is needed than make, bash, and Debian or Ubuntu.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help up down test lint bench chaos fuzz judges engine lock clean packages test-packages

NETWORK := examples/severn.yaml
NAME := severn
BIN := .venv/bin
# So many files of tests at a time: most of them wait for servers. One file's tests share a network, and stay together.
WORKERS := 3

help:  ## show this list
	@awk -F':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' Makefile

up: packages .venv/runtime engine  ## deploy an example on this machine, after installing what that needs (NETWORK=FILE for another)
	@$(BIN)/netprov up $(NETWORK) --yes

down:  ## take it away (NAME=ID for another)
	@$(BIN)/netprov down $(NAME) --yes

test: test-packages .venv/tests .venv-judges/ready engine lint  ## everything: linters, types, and every test on real servers
	@$(BIN)/pytest -n $(WORKERS) --dist loadfile

lint: .venv/tests  ## ruff and mypy
	@$(BIN)/ruff check --no-cache .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

bench: test-packages .venv/tests engine  ## ratios, measured side by side (FULL=--full for 10 to 160 sites)
	@$(BIN)/python bench/run.py $(FULL)

chaos: test-packages .venv/tests engine  ## the kill matrix, at 200 moments
	@NETPROV_CHAOS=$${NETPROV_CHAOS:-200} $(BIN)/pytest tests/live/test_chaos.py

fuzz: .venv/tests  ## 20,000 mutated definitions: no traceback, none takes a second (NETPROV_FUZZ=N for another number)
	@NETPROV_FUZZ=$${NETPROV_FUZZ:-20000} $(BIN)/pytest tests/cli/test_fuzz.py -s

judges: .venv-judges/ready  ## checkov, an independent judge of plans for AWS, in an environment of its own

engine: .venv/runtime
	@$(BIN)/netprov engine install

COMPILE := CUSTOM_COMPILE_COMMAND='make lock' $(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras \
  --no-emit-index-url --no-emit-trusted-host --no-emit-find-links $(UPGRADE)
BUILD := --build-deps-for=editable --build-deps-for=wheel

lock: .venv/tests  ## write the lock files anew (UPGRADE=--upgrade for newer versions)
	$(COMPILE) $(BUILD) --output-file requirements.txt pyproject.toml
	$(COMPILE) $(BUILD) --extra dev --constraint requirements.txt --output-file requirements-dev.txt pyproject.toml
	$(COMPILE) --output-file requirements-judges.txt requirements-judges.in

clean:  ## remove what make made in this folder; networks stay, `make down` takes them away
	rm -rf .venv .venv-judges .mypy_cache .ruff_cache .pytest_cache .hypothesis dist build

packages:
	@.ci/install-packages.sh

test-packages:
	@.ci/install-packages.sh --with-optional

.venv/runtime: requirements.txt pyproject.toml .ci/install-python.sh | packages
	@.ci/install-python.sh requirements.txt
	@touch $@

# Holds all of requirements.txt too, at the same versions.
.venv/tests: requirements-dev.txt pyproject.toml .ci/install-python.sh | test-packages
	@.ci/install-python.sh requirements-dev.txt
	@touch $@ .venv/runtime

# Its packages are pinned too tightly to share ours.
.venv-judges/ready: requirements-judges.txt | .venv/tests
	@$(BIN)/python -m venv .venv-judges
	@.venv-judges/bin/python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes \
	  --only-binary :all: -r requirements-judges.txt
	@touch $@
