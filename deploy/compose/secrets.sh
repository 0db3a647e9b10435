#!/usr/bin/env bash
# Make the secrets of deploy/compose.yaml where they are missing: deploy/compose/secrets.sh [FOLDER] [NAME ...]
# FOLDER: deploy/secrets. NAME: by which names customers call this server; its certificate, signed by itself, is for localhost
# and these. Put your own edge.pem and edge-key.pem there instead.
set -euo pipefail
folder=${1:-$(dirname "$0")/../secrets}
shift || true
umask 077
mkdir -p "$folder"
cd "$folder"

random() { openssl rand -hex "$1"; }
put() { # NAME, from standard input, unless it is there
  if [ ! -e "$1" ]; then cat > ".$1" && chmod 444 ".$1" && mv ".$1" "$1"; else cat > /dev/null; fi
}

printf 'kefu_internal_%s\n' "$(random 32)" | put internal_key
printf 'kefu_bootstrap_%s\n' "$(random 32)" | put bootstrap_key
if [ ! -e redis_url ]; then
  password=$(random 24)
  printf 'requirepass %s\n' "$password" | put requirepass.conf
  printf 'redis://:%s@redis:6379/0\n' "$password" | put redis_url
fi
random 16 | put grafana_password
random 32 | put visitor_secret # signs the tokens of the chat page's visitors

names=DNS:localhost,IP:127.0.0.1
for name in "$@"; do
  if [[ $name =~ ^[0-9.]+$ ]]; then names+=",IP:$name"; else names+=",DNS:$name"; fi
done
ec=(-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes)
if [ ! -e edge.pem ]; then
  openssl req -x509 "${ec[@]}" -days 825 -subj "/CN=${1:-localhost}" -addext "subjectAltName=$names" \
    -keyout edge-key.pem -out edge.pem 2> /dev/null
fi

# TLS between the services (compose.tls.yaml): an authority, whose key stays here, and one certificate with every name.
if [ ! -e inside-authority.pem ]; then
  openssl req -x509 "${ec[@]}" -days 3650 -subj "/CN=Kefu, inside" -addext "keyUsage=critical,keyCertSign,cRLSign" \
    -keyout inside-authority-key.pem -out inside-authority.pem 2> /dev/null
fi
if [ ! -e inside.pem ]; then
  openssl req "${ec[@]}" -subj "/CN=kefu" -keyout inside-key.pem -out .inside.csr 2> /dev/null
  printf 'subjectAltName=DNS:kefu-router,DNS:kefu-gateway,DNS:kefu-retrieval,DNS:kefu-generation,DNS:localhost\nextendedKeyUsage=serverAuth,clientAuth\n' > .inside.ext
  openssl x509 -req -in .inside.csr -days 825 -CA inside-authority.pem -CAkey inside-authority-key.pem -CAcreateserial \
    -extfile .inside.ext -out inside.pem 2> /dev/null
  rm -f .inside.csr .inside.ext
fi
chmod 444 edge.pem edge-key.pem inside.pem inside-key.pem inside-authority.pem
chmod 400 inside-authority-key.pem
