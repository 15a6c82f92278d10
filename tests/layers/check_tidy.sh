#!/usr/bin/env bash
# What keeps the house easy to look through, one check after the other:
#   sizes    no file over 600 lines, but what programs write (.gitattributes)
#   classes  no class in more than two sources
#   doors    no header with more than fifteen public functions, unless it says why
#   places   what lib/README.md and CONTRIBUTING.md name is there
#   cmake    no line of the build description over 100 columns
#   sql      none in the programs: lib/postgres has a function for what they ask
#   written  what tests hold to a program's output is marked in .gitattributes
#   threads  every one begins in base/named_thread and is on the page of threads
#   words    none that was retired (retired_words.txt) comes back
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "${1:?usage: check_tidy.sh PROJECT_FOLDER}"
most_lines=600
most_sources=2
most_functions=15
widest_line=100
failed=0

complain() {
  echo "$*"
  failed=1
}

# files FOLDER...: what stands in the project itself
files() {
  find "$@" \( -name build -o -name 'build-*' -o -name node_modules -o -name '.*' \) -prune -o -type f -print |
    sort
}

mapfile -t written_by_programs < <(sed -nE 's/^([^#[:space:]]+)[[:space:]].*linguist-generated.*/\1/p' .gitattributes)
written_by_program() {
  local pattern
  for pattern in "${written_by_programs[@]}"; do
    # shellcheck disable=SC2053 # the right side is a pattern
    [[ $1 == $pattern ]] && return 0
  done
  return 1
}

while read -r lines file; do
  ((lines > most_lines)) || continue
  written_by_program "$file" || complain "$file: $lines lines, more than $most_lines: give its parts files"
done < <(files lib daemon tests cmake docs packaging | grep -vE '\.(png|json)$' | tr '\n' '\0' |
  xargs -0 wc -l | grep -v ' total$')

# Class::Function( at the beginning of a definition; of a nested class its own name counts.
while read -r times class; do
  ((times > most_sources)) && complain "class ${class%::} is in $times sources, more than $most_sources: it is several"
done < <(grep -roE '^[A-Za-z][^(]*\(' lib daemon --include='*.cc' |
  sed -nE 's/^([^:]*):(.*[^A-Za-z0-9_:])?(([A-Z][A-Za-z0-9]*::)+)~?[A-Za-z_]+\($/\1 \3/p' |
  sort -u | awk '{print $2}' | sort | uniq -c)

# As clang-format lays a header out: declarations at the margin, or two columns in where a class is
# public. Constructors, operators and what is defaulted do not count.
while read -r functions header; do
  tr '\n/' '  ' <"$header" | grep -E '\(More +than +fifteen +functions' >/dev/null ||
    complain "$header: $functions public functions, more than $most_functions: split it, or say why in its comment:" \
      "(More than fifteen functions: ...)"
done < <(find lib daemon -name '*.h' -exec awk -v most="$most_functions" '
  function tell() { if (functions > most) print functions, header }
  FNR == 1 { tell(); header = FILENAME; functions = 0; open = 1 }
  /^class / { open = 0 }
  /^struct |^};|^ public:/ { open = 1 }
  /^ (private|protected):/ { open = 0 }
  {
    line = $0
    sub(/ *\/\/.*/, "", line)
    if (!open || line !~ /^(  )?[A-Za-z_[].*[A-Za-z_]\(|^(  )?[A-Za-z_]+\(/) next
    if (line ~ /^ *(using|typedef|friend|static_assert|explicit|template|struct|class|enum)[ (]/) next
    if (line ~ /operator|= (default|delete);|^ *[A-Z][A-Za-z]*\(|std::function<|= \[/) next
    ++functions
  }
  END { tell() }' {} +)

# A place is a file, a folder, or a file without its ending; in lib/README.md it begins below lib/.
roots='lib|daemon|tests|docs|packaging|cmake|config|systemd|base|http|model|mirror|hubspot|postgres|budget|jobs|sync|control|settings|telemetry'
while IFS=: read -r page place; do
  for found in "$place" "$place".* "lib/$place" "lib/$place".*; do
    [[ -e $found ]] && continue 2
  done
  complain "$page: names $place, which is not there"
done < <(grep -HoE "\`($roots)/[a-z0-9_/.]*[a-z0-9_/]\`" lib/README.md CONTRIBUTING.md | tr -d '`' | sort -u)

while IFS= read -r line; do
  complain "$line: wider than $widest_line columns"
done < <(files CMakeLists.txt cmake lib daemon tests | grep -E '(CMakeLists\.txt|\.cmake)$' |
  xargs awk -v widest="$widest_line" 'length > widest {print FILENAME ":" FNR}')

while IFS= read -r line; do
  complain "$line: SQL belongs to lib/postgres (schema/inspection.h for what is only read)"
done < <(grep -rnE '(connection|transaction)(\.|->)Run\(|"(SELECT|INSERT INTO|UPDATE|DELETE FROM|CREATE (SCHEMA|TABLE)) ' daemon |
  cut -d: -f1,2)

while IFS= read -r file; do
  written_by_program "$file" || complain "$file: a program writes it: mark it in .gitattributes"
done < <(grep -rhoE 'MatchesGoldenFile\("[^"]+' tests --include='*.cc' | cut -d'"' -f2 | sort -u)

page=lib/README.md
while IFS= read -r line; do
  complain "$line: a thread without a name; StartThread of base/named_thread.h gives it one"
done < <(grep -rnE 'std::(j?thread)( [a-z_]+)?[({]' lib daemon --include='*.cc' --include='*.h' |
  grep -vE '^lib/base/named_thread|StartThread\(')
while IFS= read -r name; do
  grep -qE "^\| \`$name(-N)?\`" "$page" || complain "$page: the page of threads lacks \`$name\`"
done < <(grep -rhoE 'StartThread\("[a-z]+' lib daemon --include='*.cc' | cut -d'"' -f2)

while read -r word instead; do
  while IFS= read -r line; do
    complain "$line: \`$word\` is retired: $instead"
  done < <(files README.md CONTRIBUTING.md lib daemon tests docs packaging | grep -vF retired_words.txt |
    tr '\n' '\0' | xargs -0 grep -nIoE -- "(^|[^A-Za-z0-9_])$word([^A-Za-z0-9_]|$)" | cut -d: -f1,2)
done < <(grep -vE '^(#|$)' "$here/retired_words.txt")
exit $failed
