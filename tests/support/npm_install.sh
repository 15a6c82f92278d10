#!/usr/bin/env bash
# Installs what a package-lock.json names, once per lock file and never into the source tree:
#   npm_install.sh SOURCE_FOLDER PACKAGE_FOLDER
set -euo pipefail

source_dir=$(realpath "$1")
mkdir -p "$2"
cd "$2"
if ! cmp -s "$source_dir/package-lock.json" installed-lock.json; then
  cp "$source_dir/package.json" "$source_dir/package-lock.json" .
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
  cp package-lock.json installed-lock.json
fi
