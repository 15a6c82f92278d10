#!/usr/bin/env bash
# From a clone to a mirror you can query, in one command:
#
#   ./quickstart.sh                  mirrors a simulated HubSpot portal with 46,000 records
#   HUBSPOT_TOKEN=... ./quickstart.sh    mirrors your portal: private app token or service key
#   DATABASE_URL=... ./quickstart.sh     into your database instead of a private one
#
# Installs what is missing, builds, starts a private PostgreSQL (reachable by its own socket only)
# and the simulated portal, and runs hubmirrord until Ctrl-C, which stops everything it started.
# Nothing else on the machine is touched; other servers on the usual ports do not matter.
#
# Further settings: HUBMIRROR_QUICKSTART_DIR (where data is kept), HUBMIRROR_QUICKSTART_RECORDS
# (size of the simulated portal), HUBMIRROR_QUICKSTART_BIN (programs to use; then nothing is
# installed or built), HUBSPOT_BASE_URL (another place of HubSpot's API).
set -euo pipefail
cd "$(dirname "$0")"

# The comment at the top is the help.
case "${1:-}" in
  '') ;;
  -h | --help)
    sed -n '2,/^set /s/^# \{0,1\}//p' "./${0##*/}"
    exit 0
    ;;
  *)
    printf 'quickstart.sh: it takes no arguments, settings come by the environment\n' >&2
    printf 'Next: ./quickstart.sh --help\n' >&2
    exit 64
    ;;
esac

bin=${HUBMIRROR_QUICKSTART_BIN:-$PWD/build/quickstart/bin}
key=demo
records=${HUBMIRROR_QUICKSTART_RECORDS:-46000}
base_url=${HUBSPOT_BASE_URL:-https://api.hubapi.com}

say() { printf '\n== %s\n' "$*"; }
fail() {
  printf 'quickstart.sh: %s\nNext: %s\n' "$1" "$2" >&2
  exit "${3:-1}"
}

# --- What was started, and how it ends -------------------------------------------------------

started=()   # process ids, in the order of their start
end_by=()    # the signal that ends each of them
run=         # sockets, logs and secrets of this run

# start SIGNAL LOG COMMAND...: in a session of its own, so that Ctrl-C reaches this script alone and
# the parts end in the right order. The process id stays that of the command.
start() {
  local signal=$1 log=$2 interrupted=
  shift 2
  # In the midst of this a signal would leave a process that nobody stops.
  trap 'interrupted=INT' INT
  trap 'interrupted=TERM' TERM
  setsid "$@" >"$log" 2>&1 </dev/null &
  started+=($!)
  end_by+=("$signal")
  printf '%s\n' "${started[@]}" >"$state/running"
  obey_signals
  if [[ -n $interrupted ]]; then kill "-$interrupted" $$; fi
}

alive() { kill -0 "$1" 2>/dev/null; }

stop_all() {
  trap '' INT TERM
  local index pid waited
  for ((index = ${#started[@]} - 1; index >= 0; --index)); do
    pid=${started[index]}
    alive "$pid" || continue
    kill "-${end_by[index]}" "$pid" 2>/dev/null || true
    for ((waited = 0; waited < 450; ++waited)); do
      alive "$pid" || break
      sleep 0.1
    done
    if alive "$pid"; then kill -KILL "$pid" 2>/dev/null || true; fi
    wait "$pid" 2>/dev/null || true
  done
  if ((${#started[@]} > 0)); then rm -f "$state/running"; fi
  if [[ -n $run ]]; then rm -rf "$run"; fi
}
trap stop_all EXIT
obey_signals() {
  trap 'printf "\nstopping ...\n"; exit 130' INT
  trap 'exit 143' TERM
}
obey_signals

# await WHAT SECONDS PID LOG COMMAND...: until COMMAND succeeds; fails when PID ends before.
await() {
  local what=$1 limit=$((SECONDS + $2)) pid=$3 log=$4
  shift 4
  until "$@" >/dev/null 2>&1; do
    if ! alive "$pid" || ((SECONDS > limit)); then
      cat "$log" >&2
      fail "$what did not start" 'read the lines above'
    fi
    sleep 0.1
  done
}

# --- Build ------------------------------------------------------------------------------------

if [[ -z ${HUBMIRROR_QUICKSTART_BIN:-} ]]; then
  say 'packages'
  packaging/install-build-deps.sh --quickstart
  say 'build'
  packaging/configure.sh quickstart
  targets=(hubmirrord hubmirror)
  if [[ -z ${HUBSPOT_TOKEN:-} ]]; then targets+=(simulated-portal); fi
  cmake --build --preset quickstart -j "$(nproc)" --target "${targets[@]}"
fi

# PostgreSQL refuses to run as root: there it becomes the user that its package made.
as_server=(env -u HUBSPOT_TOKEN)
state_home=${XDG_STATE_HOME:-${HOME:-/tmp}/.local/state}
state=${HUBMIRROR_QUICKSTART_DIR:-$state_home/hubmirror-quickstart}
if ((EUID == 0)); then
  as_server+=(HOME=/var/lib/postgresql
    setpriv --reuid=postgres --regid=postgres --init-groups)
  # Root's home is closed to that user.
  state=${HUBMIRROR_QUICKSTART_DIR:-/var/lib/hubmirror-quickstart}
fi
run=$(mktemp -d "${TMPDIR:-/tmp}/hubmirror.XXXXXX")
chmod 0711 "$run"
mkdir -p "$state"
# What is started below holds the lock too, so that nothing is wiped under a server that was left.
exec 9>"$state/lock"
flock -n 9 || fail "another quickstart uses $state" \
  "stop it (or what is left of it: kill \$(cat $state/running)), or set HUBMIRROR_QUICKSTART_DIR" 75

# --- The portal -------------------------------------------------------------------------------

simulated=true
token_reference=env:HUBSPOT_TOKEN
if [[ -n ${HUBSPOT_TOKEN:-} ]]; then
  simulated=false
  key=hubspot
  say 'asking HubSpot whose token this is'
  portal_id=$("$bin/hubmirror" portal test --token env:HUBSPOT_TOKEN --base-url "$base_url" --json |
    sed -n 's/.*"portal_id": *\([0-9][0-9]*\).*/\1/p')
  [[ -n $portal_id ]] || fail 'the token was not accepted' 'read the lines above' 77
  home=$state/portal-$portal_id
else
  say "simulated portal with $records records"
  portal_id=1234567
  home=$state/simulated
  # Its records get new times at every start, so the mirror of last time says nothing any more.
  if [[ -d $home ]]; then rm -rf "$home"; fi
  start TERM "$run/portal.log" env -u DATABASE_URL "$bin/simulated-portal" --listen 127.0.0.1:0 \
    --addr-file "$run/portal.addr" --seed 7 --records "$records" --portal-id "$portal_id" \
    --token pat-na1-quickstart --latency 100ms --index-delay 5s --switch values=tidy
  await 'the simulated portal' 60 "${started[-1]}" "$run/portal.log" test -s "$run/portal.addr"
  base_url=http://$(<"$run/portal.addr")
  (umask 077 && printf 'pat-na1-quickstart\n' >"$run/token")
  token_reference=file:$run/token
fi
mkdir -p "$home"

# --- The database -----------------------------------------------------------------------------

password_line=
if [[ -n ${DATABASE_URL:-} ]]; then
  dsn=$DATABASE_URL
  psql_command="psql \"\$DATABASE_URL\""
  # The configuration takes no passwords: one in the address goes to a file only we can read.
  if [[ $dsn =~ ^(postgres(ql)?://[^:@/]+):([^@/]*)@(.*)$ ]]; then
    dsn=${BASH_REMATCH[1]}@${BASH_REMATCH[4]}
    encoded=${BASH_REMATCH[3]}
    encoded=${encoded//\\/\\\\}
    (umask 077 && printf '%b\n' "${encoded//%/\\x}" >"$run/db.password")
    password_line="password: file:$run/db.password"
  fi
  psql_connect=("$DATABASE_URL")
else
  say 'private PostgreSQL'
  shopt -s nullglob
  servers=(/usr/lib/postgresql/*/bin/postgres)
  ((${#servers[@]} > 0)) ||
    fail 'no PostgreSQL server is installed' 'packaging/install-build-deps.sh --quickstart' 69
  server_bin=$(printf '%s\n' "${servers[@]%/postgres}" | sort -V | tail -n 1)
  data=$home/postgresql-$(basename "${server_bin%/bin}")
  mkdir -p "$data" "$run/pg"
  if ((EUID == 0)); then
    chmod 0711 "$state" "$home"
    chown postgres: "$data" "$run/pg"
  fi
  chmod 0700 "$data" "$run/pg"
  if [[ ! -e $data/PG_VERSION ]]; then
    "${as_server[@]}" "$server_bin/initdb" --pgdata "$data" --username postgres --auth trust \
      --encoding UTF8 --locale C.UTF-8 >"$run/initdb.log" 2>&1 ||
      { cat "$run/initdb.log" >&2 && fail 'initdb failed' 'read the lines above'; }
  fi
  # No TCP at all: the port only names the socket, whose folder is closed to others.
  # SIGINT is its fast shutdown, which does not wait for clients to leave.
  start INT "$run/postgres.log" "${as_server[@]}" "$server_bin/postgres" -D "$data" \
    -c listen_addresses= -c unix_socket_directories="$run/pg" -c port=5432
  await 'PostgreSQL' 60 "${started[-1]}" "$run/postgres.log" \
    "$server_bin/pg_isready" -q -h "$run/pg" -p 5432
  admin=("$server_bin/psql" -X -q -v ON_ERROR_STOP=1 -h "$run/pg" -U postgres)
  have_role=$("${admin[@]}" -d postgres -At \
    -c "select count(*) from pg_roles where rolname = 'hubmirror'")
  if [[ $have_role == 0 ]]; then
    # The daemon needs no more than a database in which it may make schemas.
    "${admin[@]}" -d postgres -c 'create role hubmirror login' \
      -c 'create database crm owner hubmirror'
  fi
  dsn="host=$run/pg port=5432 user=hubmirror dbname=crm"
  psql_command="psql '$dsn'"
  psql_connect=("$dsn")
fi

# --- The daemon -------------------------------------------------------------------------------

# As setup and the package make them.
install -d -m 0700 "$home/state"
config=$home/hubmirror.yaml
install -m 0640 /dev/null "$config"
cat >"$config" <<YAML
# Written by quickstart.sh.
version: 1
database:
  dsn: '${dsn//\'/\'\'}'
  $password_line
api: {base_url: "$base_url"}
web: {listen: "127.0.0.1:0"}
state_dir: $home/state
control: {socket: $run/control.sock}
defaults:
  interval: 10s
  freshness_target: 1m
portals:
  $key:
    portal_id: $portal_id
    token: $token_reference
YAML
hubmirror() { "$bin/hubmirror" --config "$config" "$@"; }
hubmirror config check || fail 'the configuration was refused' 'read the lines above' 78

say 'daemon'
start TERM "$run/hubmirrord.log" env RUNTIME_DIRECTORY="$run" "$bin/hubmirrord" --config "$config"
daemon=${started[-1]}
await 'the daemon' 60 "$daemon" "$run/hubmirrord.log" hubmirror status
await 'the status page' 10 "$daemon" "$run/hubmirrord.log" test -s "$run/http.addr"

cat <<LINES

Query the mirror:   $psql_command
Status page:        http://$(<"$run/http.addr")/
Metrics:            http://$(<"$run/http.addr")/metrics
Command line:       $bin/hubmirror --config $config status
Log of the daemon:  $run/hubmirrord.log

Three queries to begin with:
  select email, firstname, lastname, updated_at from $key.contacts_live
    order by updated_at desc limit 5;
  select dealstage, count(*), sum(amount_in_home_currency) from $key.deals_readable group by 1 order by 2 desc;
  select portal, object, state, rows, verified_until from hubmirror.status order by object;

First load (Ctrl-C stops everything that was started here):
LINES

# Shows the status until it ends by itself or the daemon does. In the background and waited for,
# because only then a signal is served at once.
follow() {
  "$bin/hubmirror" --config "$config" status --watch "$@" &
  started+=($!)
  end_by+=(TERM)
  wait -n "${started[-1]}" "$daemon" || true
  if ! alive "$daemon"; then
    tail -n 20 "$run/hubmirrord.log" >&2
    fail 'the daemon ended' 'read the lines above'
  fi
  unset 'started[-1]' 'end_by[-1]'
}
follow --until-loaded

say 'loaded'
if command -v psql >/dev/null; then
  psql -X "${psql_connect[@]}" -P pager=off \
    -c 'select portal, object, state, rows, verified_until from hubmirror.status order by object' || true
fi
if $simulated; then
  printf 'From now on the simulated portal changes about once a second; the mirror follows.\n\n'
  curl -sS -o /dev/null -X POST "$base_url/_control/script" \
    -d '{"events": 36000, "seconds": 36000, "seed": 7}'
fi
follow
