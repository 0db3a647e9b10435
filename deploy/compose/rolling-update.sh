#!/usr/bin/env bash
# Replace the containers of a service one after the other, each new one before its old one goes, and no customer notices:
#   deploy/compose/rolling-update.sh router|gateway|retrieval|generation [compose option ...]
# A new image, a changed variable, or only a restart. Options go to `docker compose`, such as -f deploy/compose.yaml.
# nginx sees a new container within a second or two, a router a new replica of the model within five.
set -euo pipefail
service=${1:?usage: rolling-update.sh SERVICE [compose option ...]}
shift
[ $# -gt 0 ] || set -- -f "$(dirname "$0")/../compose.yaml"
compose() { docker compose "$@"; }
options=("$@")
SETTLE=${SETTLE:-6}

mapfile -t old < <(compose "${options[@]}" ps --quiet "$service")
count=${#old[@]}
[ "$count" -gt 0 ] || { echo "No container of $service runs." >&2; exit 1; }
for container in "${old[@]}"; do
  compose "${options[@]}" up --detach --no-deps --no-recreate --scale "$service=$((count + 1))" "$service"
  # Healthy, then known to whoever calls it.
  for new in $(compose "${options[@]}" ps --quiet "$service"); do
    until [ "$(docker inspect --format '{{.State.Health.Status}}' "$new")" = healthy ]; do
      [ "$(docker inspect --format '{{.State.Running}}' "$new")" = true ] || { docker logs --tail 20 "$new" >&2; exit 1; }
      sleep 1
    done
  done
  sleep "$SETTLE"
  echo "$service: $(docker inspect --format '{{.Name}}' "$container") leaves"
  docker stop "$container" > /dev/null # its stop signal and its own grace period: answers in flight end first
  docker rm "$container" > /dev/null
done
