#!/usr/bin/env bash
# Who may include whom in lib/ (see lib/README.md). Linking stops most wrong edges; this reads the
# #include lines and catches the rest, third-party headers that leak out of their folder included.
set -euo pipefail
lib=${1:?usage: check_includes.sh LIB_FOLDER}
failed=0

declare -A may=(
  [base]="base"
  [model]="base model"
  [mirror]="base model mirror"
  [hubspot]="base model hubspot"
  [postgres]="base model postgres"
  [settings]="base model settings"
  [telemetry]="base model telemetry"
  [sync]="base model mirror sync"
)
declare -A home=(
  [pqxx/]="postgres" [httplib.h]="hubspot" [yaml-cpp/]="settings"
  [prometheus/]="telemetry" [systemd/]="telemetry" [xxhash.h]="base"
)

for path in "$lib"/*/; do
  folder=$(basename "$path")
  if [[ -z ${may[$folder]+known} ]]; then
    echo "lib/$folder has no layer: name it in $0 and in lib/README.md"
    failed=1
    continue
  fi
  while IFS=: read -r file line text; do
    target=$(sed -E 's/.*#include "([a-z]+)\/.*/\1/' <<<"$text")
    if [[ " ${may[$folder]} " != *" $target "* ]]; then
      echo "$file:$line: lib/$folder may not include lib/$target"
      failed=1
    fi
  done < <(grep -rnE '#include "[a-z]+/' "$path" || true)
  for header in "${!home[@]}"; do
    if [[ " ${home[$header]} " != *" $folder "* ]]; then
      if grep -rn "#include <$header" "$path"; then
        echo "lib/$folder may not include <$header...>"
        failed=1
      fi
    elif grep -rn --include='*.h' "#include <$header" "$path"; then
      echo "<$header...> belongs into sources, not into headers"
      failed=1
    fi
  done
done
# Two types of one name in one program are one to the linker, which keeps the functions of either.
twice=$(grep -hoE '^(struct|class|enum class) [A-Z][A-Za-z]+( [^;]*)?$' "$lib"/*/*.h "$lib"/../daemon/*.h |
  sed -E 's/^(enum class|struct|class) //; s/[^A-Za-z].*//' | sort | uniq -d)
if [[ -n $twice ]]; then
  echo "headers of lib/ and daemon/ define more than once: $twice"
  failed=1
fi
exit $failed
