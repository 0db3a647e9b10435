#!/usr/bin/env bash
# Write the lists that images are made from: every version, and the hashes of its files. deploy/requirements/lock.sh UV [check]
# UV is the program (`make lock`). A version stays until pyproject.toml or deploy/constraints.txt wants another one; to take
# new ones throughout, delete the list first.
# check: write nothing, and fail when a list is not current, or when it cannot be installed beside vLLM (`make lock-check`).
set -euo pipefail
cd "$(dirname "$0")/../.."
uv=$1 mode=${2:-write}
lists=deploy/requirements
vllm=$(sed -nE 's/^ *"(vllm==[^"]*)".*/\1/p' pyproject.toml)
# The last day on which vLLM's image of this version can have been made: so the base's packages are guessed. With a new version
# of vLLM comes its own day (the upload times of its files on the index).
vllm_day=2026-10-19
linux=x86_64-manylinux_2_36 # Debian 12; the images are Debian 13
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

resolve() { # FILE PYTHON INPUT OPTION...: resolve INPUT into FILE; what FILE holds already is kept where it can be
  local file=$1 python=$2 input=$3
  shift 3
  "$uv" pip compile "$input" --quiet --no-header --no-annotate --python-version "$python" --output-file "$file" "$@" > "$scratch/said"
}

publish() { # FILE HEADING: put it beside the others, or compare
  { echo "# $2"; cat "$scratch/$1"; } > "$scratch/$1.whole"
  if [ "$mode" = check ]; then
    diff -u "$lists/$1" "$scratch/$1.whole" || { echo "deploy/requirements/$1 is not current: run make lock, and commit its outcome." >&2; failed=1; }
  else
    mv "$scratch/$1.whole" "$lists/$1"
  fi
}
failed=

seed() { if [ -f "$lists/$1" ]; then cp "$lists/$1" "$scratch/$1"; fi; }

lock() { # NAME PYTHON OPTION...
  local name=$1 python=$2
  shift 2
  echo "deploy/requirements/$name.txt" >&2
  seed "$name.txt"
  resolve "$scratch/$name.txt" "$python" pyproject.toml --generate-hashes --python-platform "$linux" --constraint deploy/constraints.txt "$@"
  publish "$name.txt" "Made by \`make lock\` from pyproject.toml and deploy/constraints.txt, for Python $python."
}

tools() { # NAME PACKAGE...
  local name=$1
  shift
  echo "deploy/requirements/$name.txt" >&2
  seed "$name.txt"
  printf '%s\n' "$@" > "$scratch/$name.in"
  resolve "$scratch/$name.txt" 3.11.2 "$scratch/$name.in" --generate-hashes
  publish "$name.txt" "Made by \`make lock\`."
}

pins() { sed -nE 's/^([a-zA-Z0-9._-]+==[^ ;\\]+).*/\1/p' "$@"; }

lock router 3.13
lock gateway 3.13 --extra gateway
lock retrieval 3.13 --extra retrieval --extra faiss-cpu --extra milvus
# Of PyTorch the version that the tests run with. Its CUDA comes as wheels, and FAISS's too.
echo torch==2.13.0 > "$scratch/torch.constraints"
lock retrieval-gpu 3.13 --extra retrieval --extra faiss-gpu --extra milvus --extra sentence-transformers --constraint "$scratch/torch.constraints"
lock generation-cpu 3.13 --extra llamacpp
tools build hatchling==1.33.0 # makes the wheel of our own code
tools sbom cyclonedx-bom==7.5.0 pip-licenses==5.5.5

# vLLM's image brings what vLLM asks for. We add what is not there, and nothing that is: two versions side by side, of which
# ours comes first, would break what vLLM was tested with. Where its version is too old for us, both are resolved together.
# Its system is Ubuntu 22.04. Left to itself uv takes a cuda-python of CUDA 12, which asks for no newest cuda-bindings.
echo "deploy/requirements/generation-gpu.txt" >&2
export UV_FIND_LINKS=
echo "$vllm" > "$scratch/vllm.in"
echo "cuda-python>=13" > "$scratch/cuda.constraints"
cuda=(--python-platform x86_64-manylinux_2_35 --constraint "$scratch/cuda.constraints")
seed vllm-image.txt
resolve "$scratch/vllm-image.txt" 3.12 "$scratch/vllm.in" "${cuda[@]}" --exclude-newer "$vllm_day"
publish vllm-image.txt "What vLLM's image is taken to hold: $vllm as it resolved on $vllm_day (\`make lock\`). Nothing is installed from it."
pins "$scratch/vllm-image.txt" | sort > "$scratch/image.pins"
# Names are written in more than one way: MarkupSafe, huggingface_hub.
awk -F== 'NR==FNR {held[$1]; next} {name = tolower($1); gsub(/[_.]/, "-", name)} !(name in held)' \
  "$scratch/image.pins" <(pins deploy/constraints.txt) > "$scratch/ours.constraints"
together() { # FILE OPTION...: ours and vLLM, with the image's versions where they can stay
  local file=$1
  shift
  { cat "$scratch/image.pins"; [ ! -f "$lists/generation-gpu.txt" ] || pins "$lists/generation-gpu.txt"; } |
    awk -F== '!seen[$1]++' > "$file"
  resolve "$file" 3.12 pyproject.toml "$scratch/vllm.in" --extra generation "${cuda[@]}" --constraint "$scratch/ours.constraints" "$@"
}
together "$scratch/together.txt"
held=$(comm -12 <(pins "$scratch/together.txt" | sort) "$scratch/image.pins" | sed -E 's/^(.*)==.*/--no-emit-package \1/')
# shellcheck disable=SC2086
together "$scratch/generation-gpu.txt" --generate-hashes $held
publish generation-gpu.txt "Made by \`make lock\` for Python 3.12: what vLLM's image (vllm-image.txt) does not hold, or has too old."

# For `make setup-gpu`: deploy/constraints.txt is made with vLLM's CPU build, and CUDA's wants others here and there.
echo "deploy/constraints-gpu.txt" >&2
cp deploy/constraints-gpu.txt "$scratch/constraints-gpu.txt" 2> /dev/null || pins deploy/constraints.txt > "$scratch/constraints-gpu.txt"
resolve "$scratch/constraints-gpu.txt" 3.12 pyproject.toml --extra gpu "${cuda[@]}"
lists=deploy publish constraints-gpu.txt "What \`make setup-gpu\` installs: made by \`make lock\`, for Python 3.12 on Linux x86-64, and not run on a GPU yet."

[ "$mode" = check ] || exit 0

can() { # WHAT PYTHON INPUT OPTION...: fail unless INPUT resolves
  local what=$1 python=$2 input=$3
  shift 3
  if ! "$uv" pip compile "$input" --quiet --no-header --python-version "$python" "${cuda[@]}" "$@" \
    > /dev/null 2> "$scratch/why"; then
    { echo "$what:"; cat "$scratch/why"; } >&2
    failed=1
  fi
}
pins "$lists/generation-gpu.txt" | cut -d= -f1 > "$scratch/added.names"
awk -F== 'NR==FNR {ours[$1]; next} !($1 in ours)' "$scratch/added.names" "$scratch/image.pins" > "$scratch/image.rest"
can "$vllm as it resolves today does not go with generation-gpu.txt" 3.12 "$scratch/vllm.in" --constraint "$lists/generation-gpu.txt"
can "$vllm as it resolved on $vllm_day does not go with generation-gpu.txt" 3.12 "$scratch/vllm.in" \
  --constraint "$lists/generation-gpu.txt" --constraint "$scratch/image.rest"
for python in 3.11.5 3.13; do
  can "make setup-gpu would fail on Python $python" "$python" pyproject.toml --extra gpu --constraint deploy/constraints-gpu.txt
done
for one in transformers huggingface-hub tokenizers setuptools torch; do
  if grep -qx "$one" "$scratch/added.names"; then
    echo "generation-gpu.txt holds $one, of which vLLM's image has its own." >&2
    failed=1
  fi
done
[ -z "$failed" ]
