#!/usr/bin/env bash
# Put what backup.sh copied in the place of all that Redis holds now: deploy/compose/restore.sh FILE.tar [compose option ...]
# Routers and retrieval are stopped meanwhile: new messages are refused. Keys that were revoked after the backup are valid again.
set -euo pipefail
file=${1:?usage: restore.sh FILE.tar [compose option ...]}
shift
[ $# -gt 0 ] || set -- -f "$(dirname "$0")/../compose.yaml"
options=("$@")
compose() { docker compose "${options[@]}" "$@"; }

tar -tf "$file" | grep -q '^appendonlydir/.*\.manifest$' || { echo "$file holds no append-only file of Redis." >&2; exit 1; }
compose stop router retrieval redis
compose run --rm --no-deps -T --entrypoint sh redis -c 'rm -rf /data/appendonlydir && tar -C /data -x' < "$file"
compose start redis
compose start retrieval router
echo "restored; kefu search shows when retrieval has built its index"
