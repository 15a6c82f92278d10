#!/usr/bin/env bash
# Installs what drives the browser, once per lock file and never into the source tree, and looks.
#
#   run.sh PACKAGE_FOLDER check.mjs URL HUBMIRROR CONFIG [SCREENSHOT_FOLDER]
#   run.sh PACKAGE_FOLDER check_fleet.mjs URL PORTALS [SCREENSHOT_FOLDER]
set -euo pipefail

source_dir=$(dirname "$(realpath "$0")")
mkdir -p "$1"
cd "$1"
shift
"$source_dir/../support/npm_install.sh" "$source_dir" .
cp "$source_dir"/*.mjs .
# Ten thousand connections want as many descriptors.
ulimit -n "$(ulimit -Hn)"
exec node "$@"
