#!/usr/bin/env bash
# Installs what is missing, builds, and runs the tests.
#
#   ./test.sh          release and address/undefined sanitizer builds, every test but the long ones;
#                      a few end-to-end tests that mostly wait run in the release build only
#   ./test.sh --all    also these, a thread sanitizer build, clang-tidy, ten minutes of fuzzing and
#                      the long tests; what they print is kept in docs/evidence/
#   ./test.sh --coverage
#                      instead of all that: how many lines of lib/ the tests run, by folder
#
# Works as root and as an ordinary user with sudo; a second run builds only what changed.
set -euo pipefail
cd "$(dirname "$0")"

all=false
coverage=false
case "${1:-}" in
  '') ;;
  --all) all=true ;;
  --coverage) coverage=true ;;
  -h | --help)
    sed -n '2,/^set /s/^# \{0,1\}//p' "./${0##*/}"
    exit 0
    ;;
  *)
    printf 'test.sh: unknown option %s\nNext: ./test.sh [--all | --coverage]\n' "$1" >&2
    exit 64
    ;;
esac

jobs=$(nproc)
# End-to-end tests mostly wait: for intervals, latency and the delay of the search index. With more
# of them at once the daemons miss the times that the tests give them.
test_jobs=$((jobs * 3))
failures=()

# section TITLE COMMAND...: runs a part with its time; a part that fails does not stop the others.
section() {
  local title=$1 start=$SECONDS
  shift
  printf '\n== %s\n' "$title"
  if "$@"; then
    printf '== %s: ok after %d s\n' "$title" $((SECONDS - start))
  else
    printf '== %s: FAILED after %d s\n' "$title" $((SECONDS - start))
    failures+=("$title")
  fi
}

build() {
  packaging/configure.sh "$1" && cmake --build --preset "$1" -j "$jobs"
}

# The build beside the tests of another: a session of its own, which ends with this script.
beside=''
stop_beside() {
  if [[ -n $beside ]] && kill -- "-$beside" 2>/dev/null; then wait "$beside" || true; fi
}
trap stop_beside EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# build_beside PRESET: begins a build that takes only what others leave of the processors. Where Linux
# shares them out by sessions (autogroup in sched(7)), this one comes last, too.
build_beside() {
  export -f build
  export jobs
  # shellcheck disable=SC2016  # expanded by the shell that builds
  setsid bash -c '
    { echo 19 >/proc/self/autogroup; } 2>/dev/null || true
    chrt --idle --pid 0 $$
    build "$1"' build "$1" >"build/$1-build.log" 2>&1 </dev/null &
  beside=$!
}

# built_beside PRESET: waits for its end.
built_beside() {
  local code=0
  wait "$beside" || code=$?
  beside=''
  cat "build/$1-build.log"
  return "$code"
}

# run_tests PRESET JOBS CTEST_ARGUMENTS...
run_tests() {
  local preset=$1 parallel=$2
  shift 2
  ctest --preset "$preset" -j "$parallel" --no-tests=error "$@"
}

# kept NAME COMMAND...: the output goes to the screen and to docs/evidence/NAME.txt.
kept() {
  local name=$1
  shift
  mkdir -p docs/evidence
  "$@" 2>&1 | tee "docs/evidence/$name.txt"
}

# Programs that are killed, as some tests do, say nothing of what they ran. What tests packages builds
# its own programs.
show_coverage() {
  find build/coverage -name '*.gcda' -delete
  run_tests coverage "$test_jobs" -LE long -E '^(bare|quickstart|systemd)' || true
  gcovr --root . --filter lib/ --exclude-throw-branches -j "$jobs" --json-summary build/coverage/lines.json \
    --txt build/coverage/lines.txt build/coverage
  node tests/support/coverage_by_folder.mjs build/coverage/lines.json
}

mkdir -p build
install_options=(--test)
if $coverage; then
  section 'packages' packaging/install-build-deps.sh --test --coverage
  section 'coverage build' build coverage
  section 'coverage' kept coverage show_coverage
  exit $((${#failures[@]} > 0))
fi
beside_sanitizers='long|release-only|waiting'
if $all; then
  install_options+=(--tidy)
  beside_sanitizers='long|release-only'
fi
section 'packages' packaging/install-build-deps.sh "${install_options[@]}"

section 'release build' build release
build_beside asan
section 'release tests' run_tests release "$test_jobs" -LE long
section 'asan build' built_beside asan
section 'asan tests' run_tests asan "$test_jobs" -LE "$beside_sanitizers"

if $all; then
  section 'tsan build' build tsan
  # With many bits of address space randomisation the thread sanitizer of GCC 12 cannot place its
  # shadow memory.
  section 'tsan tests' kept tests-tsan setarch --addr-no-randomize \
    ctest --preset tsan -j "$jobs" --no-tests=error -LE "$beside_sanitizers"
  section 'tidy' kept tidy build tidy
  section 'fuzzing' kept fuzzing tests/fuzz/run --seconds 75
  section 'long tests' kept tests-long run_tests release 1 -L long --verbose
fi

printf '\n'
if ((${#failures[@]} > 0)); then
  printf 'test.sh: failed after %d s: %s\n' "$SECONDS" "$(IFS=, && printf '%s' "${failures[*]}")" >&2
  exit 1
fi
printf 'test.sh: everything passed after %d s\n' "$SECONDS"
