#!/usr/bin/env bash
# Build the images of another revision as localhost/kefu/…:previous, for the tests of two releases together:
#   tests/compose/previous.sh REVISION, then KEFU_PREVIOUS_TAG=previous make compose-test
# Variables are those of that revision's deploy/build.sh. 0.1.0 (7c7fe0f7) has vLLM's CPU build and wants Python 3.11 for it:
#   (in a checkout of it) PYTHON_FROM=/usr/local deploy/offline/base-image.sh trixie kefu-base:python3.11
#   WHEELS=FOLDER_WITH_PYTORCH TORCH_INDEX= BASE=kefu-base:trixie GENERATION_CPU_BASE=kefu-base:python3.11 tests/compose/previous.sh 7c7fe0f7
set -euo pipefail
revision=${1:?usage: previous.sh REVISION}
checkout=$(mktemp -d)
trap 'git worktree remove --force "$checkout"' EXIT
git worktree add --quiet --detach "$checkout" "$revision"
# An older build.sh puts nothing in front of the names by itself.
REGISTRY=localhost/ TAG=previous "$checkout/deploy/build.sh" router gateway retrieval generation-cpu
