#!/usr/bin/env bash
# Shows where the processor time of a case of mirror_bench goes: a flame graph of daemon, PostgreSQL
# and simulated portal, by thread, as one page for a browser.
# usage: tests/bench/profile.sh CASE [--records N]      (tests/bench/run.sh --list: the cases)
set -euo pipefail
cd "$(dirname "$0")/../.."

script=/usr/lib/perf-core/scripts/python/flamegraph.py
if ! command -v perf >/dev/null || [[ ! -e $script ]]; then
  echo "tests/bench/profile.sh: perf is not installed" >&2
  echo "Next: apt-get install linux-perf" >&2
  exit 2
fi
if (($# == 0)) || [[ $1 == -* ]]; then
  sed -n '2,/^set /s/^# \{0,1\}//p' "tests/bench/${0##*/}" | sed '$d' >&2
  exit 2
fi

folder=build/profile
mkdir -p "$folder"
{ packaging/configure.sh release && cmake --build --preset release --target mirror_bench; } >"$folder/build.log" 2>&1 ||
  { tail -n 30 "$folder/build.log" >&2; exit 2; }
tests/support/npm_install.sh tests/bench/flame_graph "$folder"

# Virtual machines often have no hardware counters. Stacks by DWARF, since release builds keep no
# frame pointers.
perf record --freq 199 --event cpu-clock --call-graph dwarf,8192 --output "$folder/perf.data" -- \
  build/release/bin/mirror_bench --runs 1 "$@" || (($? == 1))
# From its folder, where the script looks for the header.
(cd "$folder" && perf script --no-inline --script "$script" -- \
  --template node_modules/d3-flame-graph/dist/templates/d3-flamegraph-base.html \
  --output "$1.html" >/dev/null)
echo "build/profile/$1.html"
