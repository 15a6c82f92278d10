#!/usr/bin/env bash
# Rules that comments and tests cite stand in docs/rules.md, and the tests that it names exist.
set -euo pipefail
cd "${1:?usage: check_rules.sh PROJECT_FOLDER}"
failed=0

mapfile -t known < <(grep -oE '^\*\*[RFHW][0-9]+' docs/rules.md | tr -d '*')
while IFS=: read -r file line rule; do
  [[ " ${known[*]} " == *" $rule "* ]] || {
    echo "$file:$line: docs/rules.md has no $rule"
    failed=1
  }
done < <(grep -rnoE '\b[RFHW][0-9]+\b' lib daemon tests --include='*.h' --include='*.cc' |
  grep -E ':[RFHW][0-9]{1,2}$')

while read -r test; do
  compgen -G "tests/rules/$test" >/dev/null || compgen -G "tests/postgres/$test" >/dev/null ||
    compgen -G "tests/delivery/$test" >/dev/null || compgen -G "tests/http/$test" >/dev/null ||
    compgen -G "tests/jobs/$test" >/dev/null || compgen -G "tests/jobs/write/$test" >/dev/null ||
    compgen -G "tests/hubspot/$test" >/dev/null || compgen -G "tests/sync/$test" >/dev/null || {
    echo "docs/rules.md names $test, which is in none of the folders of tests that have rules"
    failed=1
  }
done < <(grep -oE '[a-z0-9_*]+_test\.cc' docs/rules.md)
exit $failed
