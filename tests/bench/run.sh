#!/usr/bin/env bash
# Measures what mirroring costs: builds a release, and runs the cases that are named, or all of them.
# usage: tests/bench/run.sh [--runs N] [--records N] [CASE...]      (--list: the cases)
set -euo pipefail
cd "$(dirname "$0")/../.."

for tool in cmake ninja psql; do
  command -v "$tool" >/dev/null && continue
  echo "tests/bench/run.sh: $tool is not installed" >&2
  echo "Next: packaging/install-build-deps.sh --test" >&2
  exit 2
done

log=build/bench-build.log
mkdir -p build
if ! { cmake --preset release && cmake --build --preset release --target mirror_bench; } >"$log" 2>&1
then
  tail -n 30 "$log" >&2
  echo "tests/bench/run.sh: the build failed; all of it is in $log" >&2
  exit 2
fi
bench=build/release/bin/mirror_bench

options=()
cases=()
while (($#)); do
  case $1 in
    --list) exec "$bench" --list ;;
    --runs | --records)
      options+=("$1" "${2-}")
      shift
      ;;
    *) cases+=("$1") ;;
  esac
  shift || true
done
((${#cases[@]})) || mapfile -t cases < <("$bench" --list | cut -d' ' -f1)
exec "$bench" "${options[@]}" "${cases[@]}"
