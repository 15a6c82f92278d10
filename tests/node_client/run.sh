#!/bin/bash
# Lets HubSpot's official Node client read and write simulated portals of several seeds.
# Usage: run.sh SIMULATED_PORTAL_BINARY [BUILD_DIRECTORY]
# The packages go to BUILD_DIRECTORY (default: node_client beside the binary's directory), never
# into the source tree, and are installed once per lock file.
set -euo pipefail

binary=$(realpath "$1")
source_dir=$(dirname "$(realpath "$0")")
build_dir=${2:-$(dirname "$binary")/../node_client}
mkdir -p "$build_dir"
cd "$build_dir"

"$source_dir/../support/npm_install.sh" "$source_dir" .
cp "$source_dir"/*.mjs .

portal_pid=
stop_portal() {
  if [ -n "$portal_pid" ]; then
    kill "$portal_pid" 2>/dev/null || true
    wait "$portal_pid" 2>/dev/null || true
    portal_pid=
  fi
}
trap stop_portal EXIT

# Under Node 20.19.2 (Debian 13) the client takes the end of every chunked answer for a premature
# close, whoever sends it. There the portal answers with bodies of a known length.
framing=()
if ! node reads_chunked.mjs; then
  echo "chunked answers are not checked: Node $(node --version) and the client's node-fetch cannot read them"
  framing=(--switch body_framing=length)
fi

for seed in 1 2 3; do
  rm -f addr.txt
  "$binary" --listen 127.0.0.1:0 --addr-file addr.txt --seed "$seed" --records 2000 --no-limits \
    "${framing[@]}" >"portal-$seed.log" 2>&1 &
  portal_pid=$!
  for _ in $(seq 200); do
    [ -s addr.txt ] && break
    kill -0 "$portal_pid" || { cat "portal-$seed.log"; exit 1; }
    sleep 0.05
  done
  echo "seed $seed"
  for script in check.mjs writes.mjs; do
    node "$script" "http://$(cat addr.txt)" || { cat "portal-$seed.log"; exit 1; }
  done
  stop_portal
done
