#!/bin/sh
# Write the configuration of this pod's Redis and Sentinel. The primary is whom the newest configuration names, of the Sentinels that
# answer and of what this pod's own Sentinel kept on its volume; when there is none, as at the very first start, the first pod.
set -eu
root="${KEFU_ROOT:-}" # tests run this elsewhere than in a pod
redis_port="${KEFU_REDIS_PORT:-6379}"
sentinel_port="${KEFU_SENTINEL_PORT:-26379}"
name() { echo "${KEFU_NAME:-kefu-redis-}$1"; } # each pod has a Service of its name
me="${KEFU_ME:-$(hostname)}"
kept="$root/data/sentinel/sentinel.conf" # Sentinel writes there what it learns, and it outlives the pod
password="$(sed -n 's/^requirepass //p' "$root/etc/redis-secret/requirepass.conf")"
export REDISCLI_AUTH="$password"

kept_line() { sed -n "s/^sentinel $1 kefu //p" "$kept" | head -n 1; }
field() { echo "$told" | sed -n "/^$1\$/{n;p;q;}"; }
primary="$(name 0)"
epoch=-1
if [ -s "$kept" ]; then
  primary="$(kept_line monitor | cut -d ' ' -f 1)"
  epoch="$(kept_line config-epoch)"
  epoch="${epoch:-0}"
fi
own="$primary"
for number in 0 1 2; do
  told="$(timeout 2 redis-cli -h "$(name "$number")" -p "$sentinel_port" SENTINEL MASTER kefu 2> /dev/null)" || continue
  case "$(field ip)" in "$(name '')"*) ;; *) continue ;; esac
  if [ "$(field config-epoch)" -gt "$epoch" ]; then
    primary="$(field ip)"
    epoch="$(field config-epoch)"
  fi
done

{
  echo "include $root/etc/redis/redis.conf"
  echo "masterauth $password"
  echo "replica-announce-ip $me"
  # A primary that is cut off from both others stops taking writes after ten seconds, and so does one that starts alone.
  echo "min-replicas-to-write 1"
  echo "min-replicas-max-lag 10"
  if [ "$primary" != "$me" ]; then echo "replicaof $primary $redis_port"; fi
} > "$root/config/redis.conf"

mkdir -p "$root/data/sentinel"
{
  echo "port $sentinel_port"
  echo "dir $root/data/sentinel"
  echo "requirepass $password"
  echo "sentinel sentinel-pass $password"
  echo "sentinel resolve-hostnames yes"
  echo "sentinel announce-hostnames yes"
  echo "sentinel announce-ip $me"
  if [ -s "$kept" ]; then sed -n '/^sentinel \(myid\|current-epoch\) /p' "$kept"; fi
  echo "sentinel monitor kefu $primary $redis_port 2"
  echo "sentinel auth-pass kefu $password"
  echo "sentinel down-after-milliseconds kefu 5000"
  echo "sentinel failover-timeout kefu 30000"
  if [ "$epoch" -gt 0 ]; then echo "sentinel config-epoch kefu $epoch"; fi
  # Without them a Sentinel could name no other one, should the primary never come back.
  if [ -s "$kept" ] && [ "$primary" = "$own" ]; then sed -n '/^sentinel \(leader-epoch\|known-[a-z]*\) kefu /p' "$kept"; fi
} > "$kept.new"
mv "$kept.new" "$kept"
echo "this is $me, the primary is $primary (configuration $epoch)"
