#!/usr/bin/env bash
# Make a base image from Debian's packages, where no image registry can be reached: deploy/offline/base-image.sh SUITE NAME
#   deploy/offline/base-image.sh trixie kefu-base:trixie        Python 3.13: router, retrieval; also for nginx and Redis
#   PYTHON_FROM=/usr/local deploy/offline/base-image.sh trixie kefu-base:python3.11     generation without a GPU
# The wheels of PyTorch's and vLLM's CPU builds may want one Python (3.11 where Kefu is developed) and a newer C library than
# the Debian that has it (2.38; Debian 12 has 2.36). PYTHON_FROM is a Python's prefix, which goes to /usr/local.
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
debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates,libnuma1 "$suite" "$root" ${DEBIAN_MIRROR:+"$DEBIAN_MIRROR"} > "$root.log" 2>&1 ||
  { tail -20 "$root.log" >&2; exit 1; }
rm -f "$root.log"

if [ -n "${PYTHON_FROM:-}" ]; then
  version=$("$PYTHON_FROM/bin/python3" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
  mkdir -p "$root/usr/local/lib/python$version"
  cp "$PYTHON_FROM/bin/python$version" "$root/usr/local/bin/"
  ln -s "python$version" "$root/usr/local/bin/python3"
  cp -a "$PYTHON_FROM"/lib/libpython"$version"*.so* "$root/usr/local/lib/" 2> /dev/null || true # or it is built in
  tar -C "$PYTHON_FROM/lib/python$version" --exclude site-packages --exclude test --exclude __pycache__ --exclude 'config-*' -c . |
    tar -C "$root/usr/local/lib/python$version" -x
  chroot "$root" ldconfig
  chroot "$root" /usr/local/bin/python3 -c 'import ssl, sqlite3, venv, ctypes'
fi

# What nobody reads in a container.
rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/var/log/*.log "$root"/usr/share/{man,locale,info}/*
find "$root/usr/share/doc" -mindepth 1 ! -type d ! -name copyright -delete
printf 'APT::Install-Recommends "false";\n' > "$root/etc/apt/apt.conf.d/90-small"
printf '#!/bin/sh\nexit 101\n' > "$root/usr/sbin/policy-rc.d" # nothing is started while packages are installed
chmod 755 "$root/usr/sbin/policy-rc.d" "$root"

tar -C "$root" --numeric-owner -c . | docker import --change 'CMD ["bash"]' \
  --change "LABEL org.opencontainers.image.base.name=debian:$suite" - "$name"
docker image inspect --format "$name: {{.Size}} bytes" "$name"
