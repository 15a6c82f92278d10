#!/bin/bash
# Lets the library of the Standard Webhooks convention, and the receivers of docs/webhooks.md, check
# what we sign.
# Usage: run.sh SIGN_WEBHOOK_BINARY BUILD_DIRECTORY
# The packages go to BUILD_DIRECTORY, never into the source tree, once per lock file.
set -euo pipefail

binary=$(realpath "$1")
source_dir=$(dirname "$(realpath "$0")")
mkdir -p "$2"
cd "$2"

if ! cmp -s "$source_dir/package-lock.json" installed-lock.json; then
  cp "$source_dir/package.json" "$source_dir/package-lock.json" .
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
  cp package-lock.json installed-lock.json
fi
cp "$source_dir"/*.mjs .
node check.mjs "$binary"
node documented.mjs "$binary" "$source_dir/../../docs/webhooks.md"
