#!/usr/bin/env bash
# Make a base image from Debian's packages, where no image registry can be reached: deploy/offline/base-image.sh SUITE NAME
#   deploy/offline/base-image.sh trixie kefu-base:trixie        Python 3.13: all images without a GPU; also for nginx and Redis
# Wants root, debootstrap and Docker. DEBIAN_MIRROR names a mirror other than debootstrap's own.
set -euo pipefail
suite=${1:?usage: base-image.sh SUITE NAME} name=${2:?usage: base-image.sh SUITE NAME}

for program in debootstrap docker; do
  command -v "$program" > /dev/null || { echo "There is no $program here: apt-get install debootstrap docker.io" >&2; exit 1; }
done
root=$(mktemp -d)
# debootstrap mounts both while it works: one that is broken off must not have this machine's removed.
clean() {
  umount "$root/proc" "$root/sys" 2> /dev/null || true
  rm -rf --one-file-system "$root" "$root.log"
}
trap clean EXIT
debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates,libgomp1 "$suite" "$root" ${DEBIAN_MIRROR:+"$DEBIAN_MIRROR"} > "$root.log" 2>&1 ||
  { tail -20 "$root.log" >&2; exit 1; }
rm -f "$root.log"

# What nobody reads in a container.
rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/var/log/*.log "$root"/usr/share/{man,locale,info}/*
find "$root/usr/share/doc" -mindepth 1 ! -type d ! -name copyright -delete
printf 'APT::Install-Recommends "false";\n' > "$root/etc/apt/apt.conf.d/90-small"
printf '#!/bin/sh\nexit 101\n' > "$root/usr/sbin/policy-rc.d" # nothing is started while packages are installed
chmod 755 "$root/usr/sbin/policy-rc.d" "$root"

tar -C "$root" --numeric-owner -c . | docker import --change 'CMD ["bash"]' \
  --change "LABEL org.opencontainers.image.base.name=debian:$suite" - "$name"
docker image inspect --format "$name: {{.Size}} bytes" "$name"
