#!/usr/bin/env bash
# Builds the Debian package and lets lintian look at it.
#
#   packaging/build-deb.sh [--from BUILD_FOLDER] OUTPUT_FOLDER
#
#   --from  packs what BUILD_FOLDER has built already; else the package is built from scratch, with
#           Debian's hardening flags
set -euo pipefail
project=$(cd "$(dirname "$0")/.." && pwd)

from=
if [[ ${1:-} == --from ]]; then
  from=$(realpath "$2")
  shift 2
fi
if (($# != 1)); then
  printf 'build-deb.sh: no output folder is named\nNext: packaging/build-deb.sh OUTPUT_FOLDER\n' >&2
  exit 64
fi
mkdir -p "$1"
output=$(realpath "$1")

"$project/packaging/install-build-deps.sh" --deb
# A copy: dpkg-buildpackage leaves its traces beside the sources, and wants debian/ at the top.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/hubmirror"
(cd "$project" && tar -c --exclude=./build --exclude=./.git --exclude=node_modules .) |
  tar -x -C "$work/hubmirror"
mv "$work/hubmirror/packaging/debian" "$work/hubmirror/debian"
(cd "$work/hubmirror" && HUBMIRROR_BUILD=$from dpkg-buildpackage -us -uc -b -d)
lintian --allow-root --fail-on error,warning --info "$work"/hubmirror_*.changes
cp "$work"/hubmirror_*.deb "$output/"
printf '%s\n' "$output"/hubmirror_*.deb
