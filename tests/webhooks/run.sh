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

"$source_dir/../support/npm_install.sh" "$source_dir" .
cp "$source_dir"/*.mjs .
node check.mjs "$binary"
node documented.mjs "$binary" "$source_dir/../../docs/webhooks.md"
