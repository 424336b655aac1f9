# portable-archive: `make` says what there is.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help build release test packages reader lint format golden docs wasm bench vectors cddl fuzz clean

PYTHON  := .build/venv/bin/python
SOURCES := Package.swift Sources Tests

help: ## what there is to make
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: packages ## a debug build
	swift build

release: ## .build/release/portable-archive, as ./portable-archive builds it
	@Scripts/build-release

test: packages .build/venv/ready ## the independent readers over the vectors, then every test
	swift build --build-tests
	@$(MAKE) --no-print-directory reader
	swift test --skip-build

packages:
	@Scripts/debian-packages build
	@Scripts/debian-packages pst || true

.build/venv/ready: Spec/reader/requirements.txt Tests/requirements.txt
	@Scripts/debian-packages test
	python3 -m venv --clear .build/venv
	.build/venv/bin/pip install --quiet --disable-pip-version-check $(addprefix -r ,$^)
	@touch $@

reader: .build/venv/ready ## the independent reader and the judge over the vectors, and an archive made by the tool
	@Scripts/run-reader $(PYTHON)

lint: ## style of the Swift sources, syntax of the scripts
	@Scripts/lint $(SOURCES)

format: ## bring the Swift sources into the house style
	swift format --in-place --recursive --parallel $(SOURCES)

golden: packages ## the texts of --help in Tests/CLITests/Help, made anew
	swift build --build-tests
	PORTABLE_ARCHIVE_RENEW_HELP=1 swift test --skip-build --filter HelpTests
	git diff --stat -- Tests/CLITests/Help

docs: packages ## the library's documentation, warnings are errors
	@Scripts/build-docs

wasm: ## ArchiveFormat as Embedded Swift for wasm32
	@Scripts/build-wasm

bench: packages ## measure against restic, borg and tar; writes Tests/Benchmarks/RESULTS.md
	@Scripts/debian-packages bench
	@Scripts/build-release
	python3 Tests/Benchmarks/bench.py

vectors: .build/venv/ready ## make the vectors anew and compare them with those here
	@Scripts/compare-vectors $(PYTHON)

cddl: .build/venv/ready ## the schema and the vectors' CBOR through an independent CDDL validator
	$(PYTHON) Scripts/check-cddl.py

fuzz: packages ## each fuzz target for FUZZ_SECONDS (60)
	@Tests/Fuzz/run $${FUZZ_SECONDS:-60}

clean: ## remove everything built
	rm -rf .build .build-* Tests/Benchmarks/.build Tests/Fuzz/.build
