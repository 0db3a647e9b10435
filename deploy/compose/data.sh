#!/usr/bin/env bash
# `kefu data …` over compose's Redis, in a container of the image retrieval: deploy/compose/data.sh check|migrate|prepare-rollback [--dry-run]
# For migrate stop the services first: docker compose -f deploy/compose.yaml stop router retrieval
# KEFU_COMPOSE: options of docker compose, where yours are not the plain file.
set -euo pipefail
options=(-f "$(dirname "$0")/../compose.yaml")
[ -z "${KEFU_COMPOSE:-}" ] || read -ra options <<< "$KEFU_COMPOSE"
# shellcheck disable=SC2016  # the secret is read in the container
exec docker compose "${options[@]}" run --rm --no-deps -T retrieval \
  sh -c 'KEFU_REDIS_URL="$(cat /run/secrets/kefu_redis_url)" exec python -m kefu.cli data "$@"' data "$@"
