# Every verb sets up what it needs: Python 3.11 to 3.14 and PyPI for all of them, Go 1.26 for `tools`.
PYTHON ?= python3
BIN := .venv/bin
CT ?= ct
ENGINE ?= in-process
STRENGTH ?= all
BASE ?= main

.DEFAULT_GOAL := help
.PHONY: help render test check coverage diff mutants bench bench-growth bench-peers lint docs verify tools cluster-tools cluster demo mount-rights e2e e2e-all ct clean

help: ## Show what there is to do
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.venv/ready: requirements.lock pyproject.toml $(wildcard distributions/*/pyproject.toml) scripts/set_up.sh
	@scripts/set_up.sh "$(PYTHON)"

.venv/cluster: .venv/ready requirements-cluster.lock
	@scripts/set_up_cluster.sh

render: .venv/ready ## Write both stages of every scenario to build/render, and a page to look at them
	@$(BIN)/helm-nested render --engine "$(ENGINE)" --out build/render

# Go collects garbage seldom where much is rendered: helm-nested sees to that itself (src/helm_nested/go_runtime.py).
test: export GOGC ?= 400

test: .venv/ready ## Run all tests, properties over every combination: make test STRENGTH=2 for a first look
	@$(BIN)/python -m pytest --numprocesses auto --dist worksteal --quiet --helm-nested-strength $(STRENGTH) $(TESTS)

check: .venv/ready ## Every combination of the matrix through both stages, checked and explained (EXHAUSTIVE=1 renders them all)
	@mkdir -p build
	@$(BIN)/helm-nested check --strength $(STRENGTH) $(if $(EXHAUSTIVE),--exhaustive) --json build/check.json

coverage: .venv/ready ## Which branches of the templates the matrix reaches, and why not the others
	@mkdir -p build
	@$(BIN)/helm-nested coverage --json build/coverage.json

diff: .venv/ready ## What changed in the chart since BASE, in every combination: make diff BASE=main
	@mkdir -p build
	@$(BIN)/helm-nested diff --base "$(BASE)" --strength $(STRENGTH) --markdown build/diff.md --html build/diff.html

mutants: .venv/ready ## Change the chart in one place at a time: does a check or a property notice? (SAMPLE=200 for some of them)
	@$(BIN)/helm-nested mutants --at-least 98 $(if $(SAMPLE),--sample $(SAMPLE)) --json build/mutants/mutants.json

bench: tools ## Measure the checks against the bare engine, as ratios in one run
	@$(BIN)/python -m scripts.bench --strength $(STRENGTH)

bench-growth: .venv/ready ## Measure what ten times the combinations cost, and the memory of 10,000 and 200,000
	@$(BIN)/python -m scripts.bench_growth combinations
	@$(BIN)/python -m scripts.bench_growth memory

bench-peers: tools ## Measure the tools people have today beside helm-nested, on this chart (docs/peers.md; some 35 minutes)
	@-$(BIN)/python -m scripts.build_tools helm-unittest
	@$(BIN)/python -m scripts.bench_peers --write

lint: .venv/ready ## Check style and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

docs: tools ## Write what is generated: the chart's defaults, its README, the contract's page
	@$(BIN)/python -m scripts.generate

verify: tools ## Compare what is generated with what is committed, and the engine with both helms: documents and refusals
	@$(BIN)/python -m scripts.generate --check
	@$(BIN)/python -m scripts.keda_schemas --check
	@$(BIN)/python -m scripts.resource_definitions --check
	@$(BIN)/python -m scripts.parity

tools: .venv/ready ## Build helm 3 and 4, kubeconform, Kubernetes' own validation and helm-docs once into a cache (Go 1.26; some 10 minutes cold)
	@$(BIN)/python -m scripts.build_tools

cluster-tools: .venv/cluster ## Build etcd, Kubernetes' control plane and KEDA once into the same cache (Go 1.26; some 10 minutes cold)
	@$(BIN)/python -m scripts.build_tools --cluster

cluster: tools cluster-tools ## Start Kubernetes, KEDA and Temporal on this machine, to be used until Ctrl-C
	@$(BIN)/python -m local_cluster

demo: tools cluster-tools ## See it all run on this machine: the chart, an endpoint, workflows, workers that come and go
	@$(BIN)/python -m local_cluster.demo

# Whoever asks for everything learns before anything is built whether it can be tried; named tests say so themselves.
mount-rights: .venv/ready
	@$(if $(TESTS),,$(BIN)/python -m local_cluster.kubelet.mount_rights)

# pytest-xdist would begin with the modules that have the most tests; tests/cluster/conftest.py knows which take long.
e2e e2e-all: DISTRIBUTE := --numprocesses 5 --dist loadfile --no-loadscope-reorder

e2e: mount-rights tools cluster-tools ## Try the chart's promises on a real cluster: make e2e TESTS=tests/cluster/test_installation.py
	@CT="$(CT)" $(BIN)/python -m pytest $(DISTRIBUTE) --quiet -rs --helm-nested-strength 3 $(or $(TESTS),tests/cluster)

e2e-all: mount-rights tools cluster-tools ## The same, and every long proof of the control plane as a whole instead of a sample (some hours)
	@CT="$(CT)" $(BIN)/python -m pytest $(DISTRIBUTE) --quiet -rs --whole --helm-nested-strength 3 \
		$(or $(TESTS),tests/cluster tests/endpoints)

ct: .venv/ready ## Run chart-testing on every ci values file: make ct CT=path/to/ct
	@scripts/ct.sh "$(CT)"

clean: ## Remove what was built here
	rm -rf build .venv
