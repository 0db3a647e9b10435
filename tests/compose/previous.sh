#!/usr/bin/env bash
# Build the images of another revision as localhost/kefu/…:previous, for the tests of two releases together:
#   tests/compose/previous.sh REVISION, then KEFU_PREVIOUS_TAG=previous make compose-test
# Variables are those of deploy/build.sh.
set -euo pipefail
revision=${1:?usage: previous.sh REVISION}
checkout=$(mktemp -d)
trap 'git worktree remove --force "$checkout"' EXIT
git worktree add --quiet --detach "$checkout" "$revision"
# An older build.sh puts nothing in front of the names by itself.
REGISTRY=localhost/ TAG=previous "$checkout/deploy/build.sh" router retrieval generation-cpu
