#!/usr/bin/env bash
# Replace the containers of a service one after the other, each new one before its old one goes, and no customer notices:
#   deploy/compose/rolling-update.sh router|gateway|retrieval|generation|nginx|redis [compose option ...]
# A new image, a changed variable, or only a restart. Options go to `docker compose`, such as -f deploy/compose.yaml.
# nginx sees a new container within a second or two, a router a new replica of the model within five.
# nginx holds the port and Redis its files, so there is only one of each: who calls in the seconds between the old one and the
# new one is refused, and has to call again. Answers under way have GRACE seconds (10) to end before nginx leaves; Redis has 60.
set -euo pipefail
service=${1:?usage: rolling-update.sh SERVICE [compose option ...]}
shift
[ $# -gt 0 ] || set -- -f "$(dirname "$0")/../compose.yaml"
compose() { docker compose "$@"; }
options=("$@")
SETTLE=${SETTLE:-6}

healthy() { # CONTAINER
  until [ "$(docker inspect --format '{{.State.Health.Status}}' "$1")" = healthy ]; do
    [ "$(docker inspect --format '{{.State.Running}}' "$1")" = true ] || { docker logs --tail 20 "$1" >&2; exit 1; }
    sleep 1
  done
}

if [ "$service" = nginx ] || [ "$service" = redis ]; then
  if [ "$service" = nginx ]; then grace=10; else grace=60; fi
  # By itself compose leaves a container alone whose mounted configuration has changed.
  compose "${options[@]}" up --detach --no-deps --force-recreate --timeout "${GRACE:-$grace}" "$service"
  healthy "$(compose "${options[@]}" ps --quiet "$service")"
  exit
fi

mapfile -t old < <(compose "${options[@]}" ps --quiet "$service")
count=${#old[@]}
[ "$count" -gt 0 ] || { echo "No container of $service runs." >&2; exit 1; }
# Not with --no-deps: before 2.29.3 compose took what that made for something else (docker/compose#12069), and the next `up`
# replaced all of it at once. What the service depends on stays as it is; `weights` looks once more, and ends.
for container in "${old[@]}"; do
  compose "${options[@]}" up --detach --no-recreate --scale "$service=$((count + 1))" "$service"
  # Healthy, then known to whoever calls it.
  for new in $(compose "${options[@]}" ps --quiet "$service"); do healthy "$new"; done
  sleep "$SETTLE"
  echo "$service: $(docker inspect --format '{{.Name}}' "$container") leaves"
  docker stop "$container" > /dev/null # its stop signal and its own grace period: answers in flight end first
  docker rm "$container" > /dev/null
done
