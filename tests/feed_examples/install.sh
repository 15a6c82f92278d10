#!/usr/bin/env bash
# Installs what the examples of docs/feed.md need from npm, once per lock file and never into the
# source tree: install.sh PACKAGE_FOLDER
set -euo pipefail

source_dir=$(dirname "$(realpath "$0")")
mkdir -p "$1"
cd "$1"
if ! cmp -s "$source_dir/package-lock.json" installed-lock.json; then
  cp "$source_dir/package.json" "$source_dir/package-lock.json" .
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
  cp package-lock.json installed-lock.json
fi
