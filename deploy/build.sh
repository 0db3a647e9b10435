#!/usr/bin/env bash
# Build Kefu's images: deploy/build.sh [router|gateway|retrieval|generation-cpu|generation-gpu|retrieval-gpu ...]; by default the first four.
#
# From the environment, all optional:
#   BASE, GENERATION_GPU_BASE                        base images, best NAME@sha256:...; else those of deploy/Dockerfile
#   WHEELS           a folder of wheels that pip looks into as well
#   NO_INDEX=1       nothing but that folder: a build without a network
#   PIP_CERT, PIP_INDEX_URL, PIP_EXTRA_INDEX_URL     pip's own, as it is set up here; they do not stay in the image
#   BUILD_NETWORK    `host` where the build has to use this machine's network
#   REGISTRY         goes before the names, such as registry.example.com/; by default localhost/, which is nobody's registry
#   TAG              default: the version in pyproject.toml
#   PUSH=FOLDER      push to REGISTRY instead of loading into Docker, with BuildKit's SBOM and provenance; FOLDER/IMAGE.json says the digest
#   PLATFORMS        with PUSH: such as linux/amd64,linux/arm64; default: this machine's
#   SBOM=FOLDER      write what the images hold there, and build none: CycloneDX, licences, Debian's packages
set -euo pipefail
cd "$(dirname "$0")/.."

version=$(sed -nE 's/^version = "(.*)"/\1/p' pyproject.toml)
tag=${TAG:-$version}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
options=(--file deploy/Dockerfile --build-arg "VERSION=$version")
revision=$(git rev-parse HEAD 2> /dev/null || echo unknown)
[ -z "$(git status --porcelain 2> /dev/null)" ] || revision+=-changed
options+=(--build-arg "REVISION=$revision")
for argument in BASE GENERATION_GPU_BASE; do
  if [ -n "${!argument+set}" ]; then options+=(--build-arg "$argument=${!argument}"); fi
done
[ -z "${WHEELS:-}" ] || options+=(--build-context "wheels=$WHEELS")
[ -z "${BUILD_NETWORK:-}" ] || options+=(--network "$BUILD_NETWORK")
if [ -n "${NO_INDEX:-}" ]; then
  options+=(--build-arg PIP_NO_INDEX=1)
else
  # pip's configuration and certificates travel as secrets of the build.
  {
    echo "[global]"
    [ -z "${PIP_CERT:-}" ] || echo "cert = /run/secrets/ca"
    [ -z "${PIP_INDEX_URL:-}" ] || echo "index-url = $PIP_INDEX_URL"
    [ -z "${PIP_EXTRA_INDEX_URL:-}" ] || echo "extra-index-url = $PIP_EXTRA_INDEX_URL"
  } > "$scratch/pip.conf"
  options+=(--secret "id=pip,src=$scratch/pip.conf")
  [ -z "${PIP_CERT:-}" ] || options+=(--secret "id=ca,src=$PIP_CERT")
fi

name_of() {
  case $1 in
    router | gateway | retrieval) echo "${REGISTRY:-localhost/}kefu/$1:$tag" ;;
    retrieval-gpu) echo "${REGISTRY:-localhost/}kefu/retrieval:$tag-gpu" ;;
    generation-cpu | generation-gpu) echo "${REGISTRY:-localhost/}kefu/generation:$tag-${1#generation-}" ;;
    *) echo "There is no image $1: router, gateway, retrieval, generation-cpu, generation-gpu, retrieval-gpu." >&2; return 1 ;;
  esac
}

if [ -n "${SBOM:-}" ]; then
  for one in "${@:-router gateway retrieval generation-cpu}"; do
    for target in $one; do
      docker buildx build "${options[@]}" --target "$target-sbom" --output "type=local,dest=$SBOM" ${PROGRESS:+--progress "$PROGRESS"} .
    done
  done
  ls -l "$SBOM"
  exit
fi

for target in "${@:-router gateway retrieval generation-cpu}"; do
  for one in $target; do
    name=$(name_of "$one")
    began=$(date +%s)
    if [ -n "${PUSH:-}" ]; then
      docker buildx build "${options[@]}" ${PLATFORMS:+--platform "$PLATFORMS"} --target "$one" --tag "$name" --push --sbom=true \
        --provenance=mode=max --metadata-file "$PUSH/$one.json" ${PROGRESS:+--progress "$PROGRESS"} .
      continue
    fi
    docker buildx build "${options[@]}" --target "$one" --tag "$name" --load ${PROGRESS:+--progress "$PROGRESS"} .
    docker image inspect --format "$name: {{.Size}} bytes, made in $(($(date +%s) - began)) s" "$name"
  done
done
