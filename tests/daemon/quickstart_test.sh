#!/usr/bin/env bash
# quickstart.sh as a user meets it, and that nothing is left of it after Ctrl-C:
#
#   quickstart_test.sh PROJECT_FOLDER PROGRAM_FOLDER
#
# First the simulated portal into a private PostgreSQL. Then, while that runs, a second one beside
# it: the simulated portal as if it were HubSpot (HUBSPOT_TOKEN), into the first one's PostgreSQL
# (DATABASE_URL).
set -euo pipefail

project=$1
programs=$2
folder=$(mktemp -d)
# PostgreSQL runs as another user when this runs as root.
chmod 0711 "$folder"
running=()
stop() {
  local pid
  for pid in "${running[@]}"; do kill -TERM "$pid" 2>/dev/null || true; done
  for pid in "${running[@]}"; do wait "$pid" 2>/dev/null || true; done
  rm -rf "$folder"
}
trap stop EXIT
trap 'printf "FAIL: line %d\n" "$LINENO"; tail -n 30 "$folder"/*.out' ERR

# start NAME VARIABLE=VALUE...: a quickstart in the background, its output in NAME.out. A shell's
# background jobs ignore SIGINT; `env` gives it back its meaning.
start() {
  local name=$1
  shift
  env --default-signal=INT HUBMIRROR_QUICKSTART_BIN="$programs" \
    HUBMIRROR_QUICKSTART_DIR="$folder/$name" HUBMIRROR_QUICKSTART_RECORDS=600 "$@" \
    "$project/quickstart.sh" >"$folder/$name.out" 2>&1 </dev/null &
  running+=($!)
}

# await_text NAME TEXT SECONDS
await_text() {
  local limit=$((SECONDS + $3))
  until grep -qF -- "$2" "$folder/$1.out"; do
    ((SECONDS < limit)) || { printf 'FAIL: %s never said "%s"\n' "$1" "$2" && return 1; }
    kill -0 "${running[-1]}" 2>/dev/null || { printf 'FAIL: %s ended\n' "$1" && return 1; }
    sleep 0.2
  done
}

# value NAME LABEL: what the output has behind a label.
value() { sed -n "s/^$2: *//p" "$folder/$1.out"; }

# rows PSQL SCHEMA: live contacts.
rows() { eval "$1 -XAtc 'select count(*) from $2.contacts_live'"; }

# Who asks what it does gets that, and nothing is started.
grep -qF 'HUBSPOT_TOKEN=... ./quickstart.sh' <<<"$("$project/quickstart.sh" --help)"
code=0
"$project/quickstart.sh" --records 5 >"$folder/wrong.out" 2>&1 || code=$?
((code == 64))
grep -q '^Next: ' "$folder/wrong.out"

start first
await_text first '== loaded' 120
await_text first 'the mirror follows' 20
psql_first=$(value first 'Query the mirror')
(($(rows "$psql_first" demo) > 300))
grep -q '^hubmirror_ready' <<<"$(curl -sSf "$(value first Metrics)")"
grep -qi '<!doctype html' <<<"$(curl -sSf "$(value first 'Status page')")"
grep -q 'contacts  *current' <<<"$(eval "$(value first 'Command line')")"

# The queries that are printed run as they are.
sed -n '/^  select/,/;$/p' "$folder/first.out" >"$folder/queries.sql"
[[ $(grep -c ';$' "$folder/queries.sql") == 3 ]]
eval "$psql_first -XAt -v ON_ERROR_STOP=1 -f '$folder/queries.sql'" >"$folder/queries.txt"
grep -q '@' "$folder/queries.txt"

# Amounts, stages and names are such as people have, and nothing of its own needs mending.
eval "$psql_first -XAt -c 'select distinct dealstage from demo.deals_readable'" >"$folder/stages.txt"
grep -qx 'Closed Won' "$folder/stages.txt"
if grep -q '“' "$folder/stages.txt"; then cat "$folder/stages.txt" && exit 1; fi
command_line=$(value first 'Command line')
eval "${command_line% status} doctor" >"$folder/doctor.out" || true
grep -q ' to check, 0 to fix' "$folder/doctor.out" || { cat "$folder/doctor.out" && exit 1; }

# A second one in the same place is refused; in another place it runs beside the first.
if HUBMIRROR_QUICKSTART_BIN=$programs HUBMIRROR_QUICKSTART_DIR=$folder/first \
  "$project/quickstart.sh" >"$folder/refused.out" 2>&1; then
  exit 1
fi
grep -q 'another quickstart uses' "$folder/refused.out"
socket=$(sed -n "s/.*host=\([^ ]*\) .*/\1/p" <<<"$psql_first")
psql -XAtq -h "$socket" -U postgres -d postgres \
  -c "create role analyst login password 'p@ss%word'" -c 'create database mine owner analyst'
api=$(sed -n 's/^api: {base_url: "\(.*\)"}/\1/p' "$folder/first/simulated/hubmirror.yaml")
start second HUBSPOT_TOKEN=pat-na1-quickstart HUBSPOT_BASE_URL="$api" \
  DATABASE_URL="postgresql://analyst:p%40ss%25word@/mine?host=$socket"
await_text second '== loaded' 120
DATABASE_URL="postgresql://analyst:p%40ss%25word@/mine?host=$socket"
export DATABASE_URL
(($(rows "$(value second 'Query the mirror')" hubspot) > 300))
if grep -rqF -e pat-na1-quickstart -e p%40ss "$folder/second"; then exit 1; fi

# Ctrl-C ends each with all it started.
for name in second first; do
  mapfile -t children <"$folder/$name/running"
  ((${#children[@]} >= 1))
  kill -INT "${running[-1]}"
  code=0
  wait "${running[-1]}" || code=$?
  [[ $code == 130 ]]
  unset 'running[-1]'
  for pid in "${children[@]}"; do
    if kill -0 "$pid" 2>/dev/null; then exit 1; fi
  done
  log=$(value "$name" 'Log of the daemon')
  [[ -n $log && ! -e ${log%/*} ]]
done
printf 'ok: two quickstarts came and went\n'
