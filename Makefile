PYTHON ?= python3
BIN := .venv/bin
STUDY ?= build/study

.PHONY: study test check lint clean bench load simulate audit-dependencies niivue
study: .venv/installed ## both tasks on the published cohort; the report is at $(STUDY)/report.html
	$(BIN)/her2mri study -o $(STUDY)

test: .venv/installed ## all but the thorough tests: under five minutes on two cores
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not thorough"

check: lint ## everything, as CI does it
	$(BIN)/python -m pytest -n 2 --dist loadfile

lint: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@

bench: .venv/installed ## us beside R in one run; rows in build/bench.json (BENCH=--full: the recommended study too)
	$(BIN)/python -m benchmarks $(BENCH)

load: .venv/installed ## fifty clients at the reading room, beside an empty route: about 20 minutes (LOAD=--seconds 10)
	$(BIN)/python -m benchmarks.load $(LOAD)

simulate: .venv/installed ## the large simulation studies, one after the other: an hour and a half of one processor
	$(BIN)/python -m benchmarks.simulate

niivue: .venv/installed ## the viewer of the reading room, fetched again from npm and checked; the file is committed
	$(BIN)/python scripts/vendor_niivue.py

audit-dependencies: .venv/installed ## known weaknesses of the pinned versions; asks the network, so no part of check
	$(BIN)/python -m pip install --quiet pip-audit
	$(BIN)/pip-audit --requirement constraints.txt --no-deps

clean:
	rm -rf build .venv
