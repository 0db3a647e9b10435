#!/usr/bin/env bash
# Backups of a server in containers: deploy/compose/kefu-backup.sh create | list | restore latest --dry-run | restore latest
# They lie in the folder KEFU_BACKUPS (/var/backups/kefu), which has to be user 10001's: install -d -o 10001 -m 700 FOLDER.
# Before a restore stop routers and retrieval. KEFU_COMPOSE: options of docker compose, where yours are not the plain file.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
export KEFU_BACKUPS=${KEFU_BACKUPS:-/var/backups/kefu}
options=(-f "$here/compose.yaml")
[ -z "${KEFU_COMPOSE:-}" ] || read -ra options <<< "$KEFU_COMPOSE"
compose() { docker compose "${options[@]}" -f "$here/compose.backup.yaml" --profile backup "$@"; }

trap 'compose rm --stop --force scratch > /dev/null 2>&1' EXIT
compose run --rm --quiet-pull -T backup "$@"
