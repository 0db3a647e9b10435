#!/usr/bin/env bash
# Copy all of Kefu's state (Redis' append-only file) while it runs: deploy/compose/backup.sh FILE.tar [compose option ...]
# The copy is of one moment, nobody notices, and it is as secret as the conversations in it. deploy/compose/restore.sh brings it back.
set -euo pipefail
file=${1:?usage: backup.sh FILE.tar [compose option ...]}
shift
[ $# -gt 0 ] || set -- -f "$(dirname "$0")/../compose.yaml"
options=("$@")
compose() { docker compose "${options[@]}" exec -T redis "$@"; }
# shellcheck disable=SC2016 # expanded inside
cli() { compose sh -c 'REDISCLI_AUTH=$(cut -d" " -f2 /etc/redis-secret/requirepass.conf) exec redis-cli "$@"' redis-cli "$@"; }

umask 077
cli CONFIG SET auto-aof-rewrite-percentage 0 > /dev/null # no rewrite may begin meanwhile: then files are only appended to
trap 'cli CONFIG SET auto-aof-rewrite-percentage 100 > /dev/null' EXIT
until cli INFO persistence | grep -q 'aof_rewrite_in_progress:0'; do sleep 1; done
compose tar -C /data -c appendonlydir > "$file" || [ $? -eq 1 ] # 1: the file grew meanwhile
tar -tf "$file" | grep -q '\.manifest$'
echo "$file: $(stat -c %s "$file") bytes"
