.DEFAULT_GOAL := help
SHELL := bash
.SHELLFLAGS := -euo pipefail -c

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PROTOS := $(shell find protos -name '*.proto')

protos: $(VENV)/.kefu-dev ## Generate code from protos/
	$(BIN)/python -m grpc_tools.protoc -I protos --python_out=services --grpc_python_out=services \
	  --plugin=protoc-gen-mypy=$(BIN)/protoc-gen-mypy --plugin=protoc-gen-mypy_grpc=$(BIN)/protoc-gen-mypy_grpc \
	  --mypy_out=quiet:services --mypy_grpc_out=quiet:services $(PROTOS)
