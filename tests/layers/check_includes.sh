#!/usr/bin/env bash
# Who may include whom (see lib/README.md). Linking stops most wrong edges between libraries; this
# reads the #include lines of every room, rooms within a library too, and third-party headers that
# leak out of their room. It also keeps rooms small enough to look through.
set -euo pipefail
root=${1:?usage: check_includes.sh PROJECT_FOLDER}
most_files=32
failed=0

complain() {
  echo "$*"
  failed=1
}

# Every room may include itself and these; `x/*` means x and its rooms.
declare -A may=(
  [base]=""
  [model/source]="base"
  [model/store]="base model/source"
  [model/portal]="base model/source model/store"
  [mirror]="base model/source model/store"
  [http]="base"
  [delivery]="base model/portal model/store http"
  [hubspot/read]="base model/source http"
  [hubspot/auth]="base model/source http hubspot/read"
  [hubspot]="base model/source http hubspot/*"
  [postgres/session]="base model/*"
  [postgres/schema]="base model/* postgres/session"
  [postgres/feed]="base model/* postgres/session postgres/schema"
  [postgres/outbox]="base model/* postgres/session postgres/schema"
  [postgres/writing]="base model/* postgres/session postgres/schema postgres/feed postgres/outbox"
  [postgres]="base model/* postgres/*"
  [settings/text]="base model/store"
  [settings/yaml]="base settings/text"
  [settings]="base model/* settings/text"
  [settings/keys]="base model/* settings settings/text settings/yaml"
  [settings/reading]="base model/* settings settings/text settings/yaml settings/keys"
  [telemetry/http]="base"
  [telemetry/page]="base model/*"
  [telemetry/log]="base model/* telemetry/page"
  [telemetry/series]="base model/* telemetry/page"
  [telemetry]="base model/* telemetry/*"
  [budget]="base model/*"
  [jobs]="base model/* mirror budget"
  [jobs/changes]="base model/* mirror budget jobs"
  [jobs/walk]="base model/* mirror budget jobs jobs/changes"
  [jobs/links]="base model/* mirror budget jobs"
  [jobs/reference]="base model/* mirror budget jobs"
  [jobs/write]="base model/* mirror budget jobs jobs/links"
  [sync]="base model/* mirror budget jobs jobs/*"
  [control]="base model/portal"
  [daemon]="base model/* http delivery hubspot/* postgres/* settings/* telemetry/* budget jobs/* sync control"
  [daemon/cli/text]="base"
  [daemon/cli/grammar]="base model/*"
  [daemon/cli]="base model/* mirror http delivery hubspot/* postgres/* settings/* jobs/* sync control daemon daemon/cli/text daemon/cli/grammar"
)
# Rooms of verbs see what their parent sees, and each other's by name.
declare -A beside=(
  [daemon/cli/doctor]="daemon/cli/portal"
  [daemon/cli/feed]="" [daemon/cli/portal]="" [daemon/cli/schema]="" [daemon/cli/setup]="" [daemon/cli/status]="" [daemon/cli/write]=""
)
for room in "${!beside[@]}"; do
  may[$room]="${may[daemon/cli]} daemon/cli ${beside[$room]}"
done
# main.cc of the verbs joins all of them.
verbs="daemon/cli/main.cc"

# Third-party headers, and the libraries whose sources may include them.
declare -A home=(
  [pqxx/]="postgres" [httplib.h]="http" [yaml-cpp/]="settings"
  [prometheus/]="telemetry" [systemd/]="telemetry" [xxhash.h]="base"
)

allowed() {  # ROOM TARGET
  local room=$1 target=$2 word
  [[ $room == "$target" ]] && return 0
  for word in ${may[$room]}; do
    [[ $word == "$target" ]] && return 0
    if [[ $word == */\* && ($target == "${word%/\*}" || $target == "${word%\*}"*) ]]; then
      return 0
    fi
  done
  return 1
}

set -f  # the words of `may` are no file patterns
cd "$root"
declare -A count=()
while read -r file; do
  folder=${file%/*}
  room=${folder#lib/}
  count[$room]=$((${count[$room]:-0} + 1))
done < <(find lib daemon -name '*.h' -o -name '*.cc')
for room in "${!count[@]}"; do
  [[ -n ${may[$room]+known} ]] ||
    complain "$room has no place among the layers: name it here and in lib/README.md"
  ((count[$room] <= most_files)) ||
    complain "$room has ${count[$room]} files, more than $most_files: give it rooms"
done

while IFS=: read -r file line text; do
  folder=${file%/*}
  room=${folder#lib/}
  [[ -n ${may[$room]+known} ]] || continue
  if [[ $text == *\"*/*\"* ]]; then
    header=${text#*\"}
    target=${header%/*}
    allowed "$room" "$target" || [[ $file == "$verbs" && $target == daemon/cli/* ]] ||
      complain "$file:$line: $room may not include $target"
    continue
  fi
  for header in "${!home[@]}"; do
    [[ $text == *"<$header"* ]] || continue
    [[ " ${home[$header]} " == *" ${room%%/*} "* ]] ||
      complain "$file:$line: <$header...> stays in ${home[$header]}"
    [[ $file == *.cc ]] || complain "$file:$line: <$header...> belongs into sources, not into headers"
  done
done < <(grep -rnE --include='*.h' --include='*.cc' '^#include ' lib daemon)

# Two types of one name in one program are one to the linker, which keeps the functions of either.
twice=$(find lib daemon -name '*.h' -exec grep -hoE '^(struct|class|enum class) [A-Z][A-Za-z]+( [^;]*)?$' {} + |
  sed -E 's/^(enum class|struct|class) //; s/[^A-Za-z].*//' | sort | uniq -d)
[[ -z $twice ]] || complain "headers of lib/ and daemon/ define more than once: $twice"
exit $failed
