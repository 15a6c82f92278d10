#!/usr/bin/env bash
# What run.sh does on the bare machine, as root of it.
#
#   inside.sh from_nothing   quickstart.sh by an ordinary user with sudo, twice; what test.sh installs,
#                            configures and runs with Node
#   inside.sh once_more      quickstart.sh by root, without a network, beside other servers
set -euo pipefail
set -E
trap 'printf "FAIL: line %d\n" "$LINENO"' ERR
cd "$(dirname "$0")/../.."

bare=(env -i TERM=dumb)
# As Debian gives it to an ordinary user: no sbin, no language.
dev=("${bare[@]}" PATH=/usr/local/bin:/usr/bin:/bin HOME=/home/dev USER=dev LOGNAME=dev
  setpriv --reuid=dev --regid=dev --init-groups)
root=("${bare[@]}" PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root USER=root)
out=$(mktemp)
beside=()  # other servers of this machine

fail() {
  printf 'FAIL: %s\n' "$1"
  tail -n 40 "$out"
  exit 1
}

# expect CODE COMMAND...: its output goes to $out.
expect() {
  local wanted=$1 code=0
  shift
  "$@" >"$out" 2>&1 </dev/null || code=$?
  [[ $code == "$wanted" ]] || fail "exit code $code, not $wanted: $*"
}

# nothing_left: no process but init, this one and other servers, and none of our folders.
nothing_left() {
  local turn folder pid left words
  for ((turn = 0; turn < 50; ++turn)); do
    left=()
    for folder in /proc/[0-9]*; do
      pid=${folder#/proc/}
      [[ " 1 $$ ${beside[*]} " == *" $pid "* ]] && continue
      mapfile -d '' -t words 2>/dev/null <"$folder/cmdline" || continue
      left+=("$pid ${words[*]}")
    done
    if ((${#left[@]} == 0)); then break; fi
    sleep 0.1
  done
  ((${#left[@]} == 0)) || fail "left running: ${left[*]}"
  left=(/tmp/hubmirror.*)
  [[ ! -e ${left[0]} ]] || fail "left behind: ${left[*]}"
}

# quickstart SECONDS VARIABLE=VALUE... -- WHO...: until rows can be queried, within that time, then
# until everything is loaded, then Ctrl-C as a terminal gives it: to the whole group.
quickstart() {
  local limit=$1 began=$SECONDS settings=() pid query rows=0 code=0
  shift
  while [[ $1 != -- ]]; do settings+=("$1") && shift; done
  shift
  # A shell's background jobs ignore SIGINT; `env` gives it back its meaning.
  setsid "$@" env --default-signal=INT "${settings[@]}" ./quickstart.sh >"$out" 2>&1 </dev/null &
  pid=$!
  while ((rows == 0)); do
    kill -0 "$pid" 2>/dev/null || fail 'quickstart.sh ended'
    ((SECONDS - began < limit)) || fail "no rows after $limit s"
    sleep 1
    query=$(sed -n 's/^Query the mirror: *//p' "$out")
    [[ -n $query ]] || continue
    rows=$("$@" bash -c "$query -XAtc 'select count(*) from demo.contacts_live'" 2>/dev/null) || rows=0
  done
  printf 'ok: rows can be queried after %d s\n' $((SECONDS - began))
  until grep -q 'the mirror follows' "$out"; do
    kill -0 "$pid" 2>/dev/null || fail 'quickstart.sh ended while it loaded'
    ((SECONDS - began < limit + 300)) || fail 'it never loaded'
    sleep 1
  done
  kill -INT -- "-$pid"
  wait "$pid" || code=$?
  [[ $code == 130 ]] || fail "Ctrl-C made exit code $code"
  nothing_left
  printf 'ok: loaded after %d s, and nothing is left of it\n' $((SECONDS - began))
}

# --- From nothing -----------------------------------------------------------------------------

from_nothing() {
  local tool
  # Without sudo there is one line, and the next step.
  expect 77 "${dev[@]}" ./quickstart.sh
  [[ $(grep -c '^Next: as root: packaging/install-build-deps.sh' "$out") == 1 ]] || fail 'no next step'
  "${root[@]}" apt-get -qq update >/dev/null
  "${root[@]}" DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends sudo >"$out" 2>&1 ||
    fail 'sudo cannot be installed'
  printf 'dev ALL=(ALL) NOPASSWD: ALL\n' >/etc/sudoers.d/dev

  quickstart 600 -- "${dev[@]}"
  quickstart 120 HUBMIRROR_QUICKSTART_RECORDS=600 -- "${dev[@]}"
  grep -q 'no work to do' "$out" || fail 'it was built a second time'
  # Nothing but packages was added to the machine.
  for tool in /usr/sbin/policy-rc.d /etc/postgresql-common/createcluster.d/hubmirror-build.conf \
    /etc/postgresql/*/main; do
    [[ ! -e $tool ]] || fail "$tool is there"
  done

  # What test.sh builds with, before and after its packages are there.
  expect 69 "${dev[@]}" packaging/configure.sh release
  [[ $(wc -l <"$out") == 2 ]] || fail 'more than the cause and the next step'
  for tool in promtool node mandoc chromium tmux pgbouncer patroni etcd faketime wal2json psycopg; do
    grep -q "^configure.sh: not installed: .*\<$tool\>" "$out" || fail "$tool is not missed"
  done
  grep -q '^Next: packaging/install-build-deps.sh --test$' "$out" || fail 'no next step'
  expect 0 "${dev[@]}" packaging/install-build-deps.sh --test
  expect 0 "${dev[@]}" packaging/install-build-deps.sh --test
  [[ ! -s $out ]] || fail 'its second run says something'
  expect 0 "${dev[@]}" packaging/configure.sh release
  expect 0 "${dev[@]}" packaging/configure.sh asan
  printf 'ok: what test.sh configures, after %d s\n' $SECONDS

  # With Debian's own Node.
  [[ $(dpkg -S "$(realpath /usr/bin/node)") == nodejs:* ]] || fail 'node is not of Debian'
  expect 0 "${dev[@]}" cmake --build --preset release --target node_test_programs
  expect 0 "${dev[@]}" env NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt \
    ctest --preset release -j 4 --no-tests=error -L node
  grep 'tests passed' "$out"
  nothing_left
  printf 'ok: the tests in Node, with %s of Debian, after %d s\n' "$(node --version)" $SECONDS
  "${root[@]}" apt-get -qq autoclean >/dev/null
}

# --- Once more --------------------------------------------------------------------------------

once_more() {
  local port
  for port in 5432 9437; do
    perl -MIO::Socket::INET -e \
      'my $s = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => shift, Listen => 5) or die $!; sleep' \
      "$port" &
    beside+=($!)
  done
  quickstart 120 HUBMIRROR_QUICKSTART_RECORDS=600 -- "${root[@]}"
  grep -q 'no work to do' "$out" || fail 'it was built a second time'
  if grep -q '^installing:' "$out"; then fail 'packages were missing'; fi
  kill "${beside[@]}"
  printf 'ok: by root, too, beside other servers\n'
}

"$1"
