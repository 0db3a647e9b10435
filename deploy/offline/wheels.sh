#!/usr/bin/env bash
# Fetch every package that the images are made from into a folder, checked by its hash: deploy/offline/wheels.sh FOLDER [LIST ...]
# LIST: router, gateway, retrieval, generation-cpu, generation-gpu, build, sbom; by default all that the CPU images need. Run it where
# there is internet, with Python 3.11 or later; carry the folder; build with WHEELS=FOLDER NO_INDEX=1 deploy/build.sh.
set -euo pipefail
folder=$(realpath -m "${1:?usage: wheels.sh FOLDER [LIST ...]}")
shift
cd "$(dirname "$0")/../requirements"
[ $# -gt 0 ] || set -- router gateway retrieval generation-cpu build

platforms=(--platform linux_x86_64 --platform manylinux1_x86_64 --platform manylinux2010_x86_64 --platform manylinux2014_x86_64)
for glibc in 17 24 26 27 28 31 34 35 36; do platforms+=(--platform "manylinux_2_${glibc}_x86_64"); done # Debian 12 has 2.36

fetch() { # PYTHON OPTION...
  local python=$1
  shift
  python3 -m pip download --quiet --no-deps --dest "$folder" --python-version "$python" --implementation cp \
    "${platforms[@]}" "$@"
}

for list; do
  case $list in generation-gpu) python=3.12 ;; *) python=3.13 ;; esac
  fetch "$python" --only-binary :all: --no-binary jieba --require-hashes --requirement "$list.txt"
done
# With these, pip makes a wheel of the one package that is published as source.
fetch 3.13 setuptools==80.9.0 wheel==0.45.1
(cd "$folder" && find . \( -name '*.whl' -o -name '*.tar.gz' \) -printf '%P\n' | sort | xargs sha256sum -- > SHA256SUMS && du -sh .)
