# nginx in a container of deploy/compose.yaml. It looks names up only when it reads its configuration: when they mean other
# addresses (a router was added, replaced, taken away) it reads it again. Answers in flight go on in the old workers.
# By name: two services that were stopped at once may come back with each other's address.
addresses() { for name in kefu-router kefu-retrieval kefu-gateway; do getent ahostsv4 "$name" | awk -v name="$name" '{print name "=" $1}'; done; }
known() { addresses | sort -u | tr '\n' ' '; }

# An empty answer is a name server that is away, not a service without containers.
follow() {
  seen=$1
  while sleep 1; do
    now=$(known)
    if [ -n "$now" ] && [ "$now" != "$seen" ]; then
      echo "{\"level\":\"info\",\"event\":\"edge.addresses_changed\",\"service\":\"nginx\",\"addresses\":\"$now\"}"
      nginx -e stderr -p /run/kefu-nginx/ -c /etc/kefu-nginx/nginx.conf -s reload && seen=$now
    fi
  done
}

follow "$(known)" &
exec nginx -e stderr -p /run/kefu-nginx/ -c /etc/kefu-nginx/nginx.conf
