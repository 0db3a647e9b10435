#!/usr/bin/env bash
# Build nginx, Redis and Prometheus from Debian's packages: BASE=kefu-base:trixie deploy/offline/build.sh [nginx|redis|prometheus ...]
# BUILD_NETWORK=host where the build has to use this machine's network.
set -euo pipefail
cd "$(dirname "$0")"
for one in "${@:-nginx redis prometheus}"; do
  for target in $one; do
    name=kefu/debian-$target:trixie
    docker buildx build ${BASE:+--build-arg "BASE=$BASE"} ${BUILD_NETWORK:+--network "$BUILD_NETWORK"} \
      ${PROGRESS:+--progress "$PROGRESS"} --target "$target" --tag "$name" --load .
    docker image inspect --format "$name: {{.Size}} bytes" "$name"
  done
done
