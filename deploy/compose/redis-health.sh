#!/bin/sh
# Health check of Redis: redis-health.sh [FILE [PROGRAM]]
# Docker marks a container that is not healthy, and leaves it so. After twelve checks in a row without an answer (a minute)
# the server is killed; the restart policy starts it again, and it reads its append-only file. What still loads its data
# has not answered yet, and is left alone. FILE keeps the count; it is gone with the container's run.
set -u
failed=${1:-/dev/shm/redis-failed-health-checks}
program=${2:-redis-server}

if timeout 2 redis-cli ping | grep -qE 'PONG|NOAUTH'; then
  echo 0 > "$failed"
  exit 0
fi
[ -f "$failed" ] || exit 1
count=$(($(cat "$failed") + 1))
echo "$count" > "$failed"
if [ "$count" -ge 12 ]; then
  rm "$failed"
  for process in /proc/[0-9]*; do
    if [ "$(cat "$process/comm" 2> /dev/null)" = "$program" ]; then kill -KILL "${process#/proc/}"; fi
  done
fi
exit 1
