#!/usr/bin/env bash
# Every manual page is mdoc that mandoc finds nothing wrong with, and the pages of ours that it
# refers to exist.
#
#   lint.sh MAN_FOLDER
set -euo pipefail

folder=$1
count=0
for page in "$folder"/*.[1-8]; do
  # Pages need not be installed here: ours are looked for below, systemd's are systemd's.
  if mandoc -Tlint "$page" 2>/dev/null | grep -v 'referenced manual not found'; then exit 1; fi
  while read -r _ name section _; do
    [[ $name != hubmirror* || -f $folder/$name.$section ]] ||
      { printf '%s refers to %s(%s), which does not exist\n' "$page" "$name" "$section" && exit 1; }
  done < <(grep '^\.Xr' "$page")
  if mandoc -Tascii -Owidth=80 "$page" | sed 's/.\x08//g' | grep -nE '^.{81,}'; then
    printf '%s is wider than a terminal of 80 columns\n' "$page" && exit 1
  fi
  for section in $(case $page in *.1 | *.8) printf 'EXIT_STATUS FILES' ;; *.5) printf 'FILES' ;; esac); do
    grep -qx ".Sh ${section//_/ }" "$page" ||
      { printf '%s has no section %s\n' "$page" "${section//_/ }" && exit 1; }
  done
  count=$((count + 1))
done
((count >= 5)) || { printf 'only %d pages\n' "$count" && exit 1; }
printf 'ok: %d pages\n' "$count"
