#!/usr/bin/env bash
# Fill the volume of models from a folder, so that nothing is fetched: deploy/offline/weights.sh FOLDER [VOLUME] [IMAGE]
# FOLDER as `python -m kefu.generation.weights MODEL` with KEFU_CACHE_DIR=FOLDER fills it on a machine that has internet.
set -euo pipefail
folder=$(realpath "${1:?usage: weights.sh FOLDER [VOLUME] [IMAGE]}")
volume=${2:-kefu_models}
image=${3:-localhost/kefu/generation:$(sed -nE 's/^version = "(.*)"/\1/p' "$(dirname "$0")/../../pyproject.toml")-cpu}
docker run --rm --network none --user 0 --volume "$folder:/from:ro" --volume "$volume:/models" --entrypoint sh "$image" -c '
  set -e
  for part in models converted hub hashes; do
    if [ -d "/from/$part" ]; then cp -r --no-clobber "/from/$part" /models/; fi
  done
  chown -R 10001:10001 /models
  du -sh /models'
