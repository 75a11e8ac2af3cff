# One configuration for everything, so that nothing is compiled twice (docs/decisions/0006).
SWIFT = swift
CONFIGURATION = release
PROGRAM = .build/$(CONFIGURATION)/jianwei
DATA ?= data
LISTEN ?= 127.0.0.1:8080

.PHONY: run demo build test check faults bench format features setup help
.DEFAULT_GOAL := help

help: ## what can be asked for
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

run: setup ## from a clone to a living console with demonstration data
	$(SWIFT) build -c $(CONFIGURATION) --product jianwei
	$(PROGRAM) serve --data $(DATA) --listen $(LISTEN) --demo

demo: setup ## the same on a fresh directory that is thrown away at the next demo
	$(SWIFT) build -c $(CONFIGURATION) --product jianwei
	rm -rf .build/demo
	$(PROGRAM) serve --data .build/demo --listen $(LISTEN) --demo

build: ## everything, suites too
	$(SWIFT) build -c $(CONFIGURATION) --build-tests

test: setup-test build ## every suite; fails when one fails
	scripts/suites

check: setup-test build ## arrows, sizes, forbidden words, format, the feature page
	scripts/check

faults: setup-test build ## disks that fill, databases that go away, nodes that die
	for fault in Tests/Faults/* Tests/Scripts/faults; do JIANWEI=$(PROGRAM) $$fault || exit 1; done

bench: ## the promises, measured on this machine
	$(SWIFT) build -c $(CONFIGURATION) --product jianwei
	bench/peers/install
	$(PROGRAM) bench

format: ## write all sources in the house format
	$(SWIFT) format --in-place --parallel --recursive Package.swift Sources Tests

features: ## write docs/features.md
	scripts/features

setup: ## what building and running needs
	scripts/setup

.PHONY: setup-test
setup-test:
	scripts/setup test
