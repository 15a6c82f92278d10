#!/usr/bin/env bash
# Counts the instructions and allocations of a record on its way from the answer to the COPY, and
# fails where either is more than 3 % above the count in record_path.txt.
#   count_instructions.sh VALGRIND RECORD_PATH_BENCH [--write]     (--write: puts the counts on record)
set -euo pipefail

valgrind=$1 bench=$2
on_record=$(dirname "$(realpath "$0")")/record_path.txt
percent=3
few=10 many=60
output=$(mktemp)
trap 'rm -f "$output"' EXIT

# counted PAGES: all instructions of the program.
counted() {
  "$valgrind" --tool=callgrind --callgrind-out-file=/dev/null "$bench" "$1" >"$output" 2>&1 ||
    { cat "$output" >&2; exit 2; }
  sed -n 's/^.*Collected : \([0-9]*\)$/\1/p' "$output"
}

# What the program does before its first page is in both.
before=$(counted "$few")
after=$(counted "$many")
instructions=$(((after - before) / ((many - few) * 100)))
allocations=$("$bench" "$many" | sed 's/^.* \([0-9.]*\) allocations.*$/\1/')

if [[ ${3-} == --write ]]; then
  printf 'instructions %s\nallocations %s\n' "$instructions" "$allocations" >"$on_record"
  exit
fi
awk -v percent="$percent" -v instructions="$instructions" -v allocations="$allocations" '
  { now = $1 == "instructions" ? instructions : allocations
    more = (now / $2 - 1) * 100
    printf "%s a record: %s, on record %s (%+.1f %%)\n", $1, now, $2, more
    if (more > percent) { failed = 1 } }
  END {
    if (failed) {
      print "more than " percent " % above what is on record in tests/bench/record_path.txt"
      print "Next: make the record cheaper, or say in the commit why it has to cost more, and write the new"
      print "counts: tests/bench/count_instructions.sh valgrind build/release/bin/record_path_bench --write"
    }
    exit failed
  }' "$on_record"
