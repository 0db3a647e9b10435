#!/bin/sh
# Write the configuration of this pod's Redis and Sentinel: whoever the Sentinels that are there call the primary is it; when
# none answers, as at the very first start, the first pod.
set -eu
name() { echo "kefu-redis-$1"; }  # each pod has a Service of its name
me="$(hostname)"
primary="$(name 0)"
for number in 0 1 2; do
  told="$(timeout 2 redis-cli -h "$(name "$number")" -p 26379 SENTINEL GET-MASTER-ADDR-BY-NAME kefu 2> /dev/null | head -n 1)" || told=
  case "$told" in
    kefu-redis-*) primary="$told"; break ;;
  esac
done
password="$(sed -n 's/^requirepass //p' /etc/redis-secret/requirepass.conf)"

{
  echo "include /etc/redis/redis.conf"
  echo "masterauth $password"
  echo "replica-announce-ip $me"
  if [ "$primary" != "$me" ]; then echo "replicaof $primary 6379"; fi
} > /config/redis.conf

{
  echo "port 26379"
  echo "dir /config"
  echo "sentinel resolve-hostnames yes"
  echo "sentinel announce-hostnames yes"
  echo "sentinel announce-ip $me"
  echo "sentinel monitor kefu $primary 6379 2"
  echo "sentinel auth-pass kefu $password"
  echo "sentinel down-after-milliseconds kefu 5000"
  echo "sentinel failover-timeout kefu 30000"
} > /config/sentinel.conf
echo "this is $me, the primary is $primary"
