#!/usr/bin/env bash
# The package on a minimal Debian with a booted systemd, as an operator would use it: five commands
# from nothing to the first rows, then reload, crash, a thread that hangs, a secret that is gone,
# upgrade, downgrade, removal, purge.
#
#   booted.sh PROJECT_FOLDER BUILD_FOLDER [TRANSCRIPT]
#
# Needs root and a Debian mirror; skipped (exit code 77) without them. TRANSCRIPT gets the five
# commands with what they printed and how long they took.
# shellcheck disable=SC2016  # what is quoted is expanded elsewhere
set -euo pipefail

project=$(realpath "$1")
build=$(realpath "$2")
transcript=${3:-}

if ((EUID != 0)); then
  printf 'skipped: booting a container needs root\n'
  exit 77
fi
for program in debootstrap systemd-nspawn nsenter; do
  command -v "$program" >/dev/null || { printf 'skipped: there is no %s\n' "$program" && exit 77; }
done

work=$(mktemp -d)
root=$work/root
container=
stop() {
  local code=$?
  if [[ -n $container ]]; then
    kill "$container" 2>/dev/null || true
    wait "$container" 2>/dev/null || true
  fi
  if ((code != 0 && code != 77)) && [[ -d $root/var/log/journal ]]; then
    journalctl --directory="$root/var/log/journal" --no-pager -n 60 -u hubmirror || true
  fi
  rm -rf "$work"
  exit "$code"
}
trap stop EXIT
set -E
trap 'printf "FAIL: line %d\n" "$LINENO"' ERR

mirror=$(apt-get indextargets --format '$(SITE)' 'Origin: Debian' 'Component: main' 2>/dev/null | head -n 1)
[[ -n $mirror ]] || { printf 'skipped: apt knows no mirror\n' && exit 77; }
# shellcheck source=/dev/null
suite=$(. /etc/os-release && printf '%s' "$VERSION_CODENAME")
debootstrap --variant=minbase --include=systemd,systemd-sysv,dbus,ca-certificates,sudo \
  "$suite" "$root" "$mirror" >"$work/debootstrap.log" 2>&1 ||
  { printf 'skipped: no Debian mirror can be reached\n' && tail -n 3 "$work/debootstrap.log" && exit 77; }
# This host's own way to its mirror.
rm -f "$root/etc/apt/sources.list"
cp -a /etc/apt/sources.list* /etc/apt/apt.conf.d "$root/etc/apt/" 2>/dev/null || true
mkdir -p "$root/var/log/journal" "$root/opt/test"
printf 'crmhost\n' >"$root/etc/hostname"
printf '127.0.0.1 localhost\n127.0.1.1 crmhost\n' >"$root/etc/hosts"

"$project/packaging/build-deb.sh" --from "$build" "$work/deb" >"$work/deb.log" 2>&1 ||
  { cat "$work/deb.log" && exit 1; }
cp "$work"/deb/hubmirror_*_*.deb "$root/opt/test/hubmirror.deb"
cp "$build/bin/simulated-portal" "$build/bin/hold_thread" "$root/opt/test/"
# The same package, one version later.
dpkg-deb -R "$root/opt/test/hubmirror.deb" "$work/later"
sed -i 's/^Version: .*/&+later/' "$work/later/DEBIAN/control"
dpkg-deb -b --root-owner-group "$work/later" "$root/opt/test/later.deb" >/dev/null

started=$SECONDS
say() {
  if [[ -n $transcript ]]; then printf '%s\n' "$@" >>"$transcript"; fi
}
if [[ -n $transcript ]]; then : >"$transcript"; fi
# step COMMAND: one of the five, as the operator types it; `how` runs it.
how=(in_container)
step() {
  local began=$SECONDS
  say "# $1"
  "${how[@]}" "$1" >"$work/out" 2>&1 || { cat "$work/out" && return 1; }
  # Of apt only that it ended well is of interest.
  if [[ $1 == apt-get* ]]; then printf '...\n' >"$work/out"; fi
  say "$(tail -n 14 "$work/out" | cut -c -150)" \
    "# took $((SECONDS - began)) s" ''
}
leader=
in_container() {
  nsenter -t "$leader" -m -u -i -n -p -C -- env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
    TERM=dumb LC_ALL=C.UTF-8 bash -c "$1"
}
in_chroot() {
  chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root DEBIAN_FRONTEND=noninteractive \
    LC_ALL=C.UTF-8 bash -c "$1"
}
# await WORDS COMMAND: in the container, within a minute.
await() {
  local turn
  for ((turn = 0; turn < 300; ++turn)); do
    if in_container "$2" >"$work/awaited" 2>&1; then return; fi
    sleep 0.2
  done
  printf 'FAIL: %s\n' "$1"
  cat "$work/awaited"
  in_container 'systemctl status hubmirror --no-pager -l; journalctl -u hubmirror --no-pager -n 30' || true
  exit 1
}
property() { in_container "systemctl show hubmirror -p $1 --value"; }

# The container has no network but its own loopback, so apt runs before it boots.
how=(in_chroot)
in_chroot 'apt-get update -qq' >/dev/null 2>&1
step 'apt-get install -y --no-install-recommends /opt/test/hubmirror.deb postgresql'
how=(in_container)

SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 systemd-nspawn -q -D "$root" --boot --register=no --keep-unit \
  --private-network --console=pipe >"$work/console" 2>&1 </dev/null &
container=$!
for ((turn = 0; turn < 150; ++turn)); do
  leader=$(pgrep -P "$container" | head -n 1 || true)
  if [[ -n $leader ]] && in_container 'systemctl is-system-running' 2>/dev/null |
    grep -qE 'running|degraded'; then
    break
  fi
  sleep 0.2
done
if [[ -z $leader ]] || ! in_container true 2>/dev/null; then
  printf 'skipped: a container cannot be booted here\n'
  tail -n 5 "$work/console"
  exit 77
fi
in_container 'ip link set lo up' 2>/dev/null || true

# Installed and not configured: nothing runs, nothing failed.
[[ $(property ActiveState) == inactive ]]
[[ $(property UnitFileState) == enabled ]]
[[ -z $(in_container 'systemctl --failed --no-legend | grep hubmirror' || true) ]]
in_container 'systemd-run --quiet --unit=portal /opt/test/simulated-portal --listen 127.0.0.1:9500 --records 3000'
in_container 'systemctl is-active --quiet postgresql'
await 'the simulated portal' "bash -c ': </dev/tcp/127.0.0.1/9500'"

step 'sudo -u postgres createuser hubmirror && sudo -u postgres createdb -O hubmirror crm'
step "echo pat-na1-simulated-token | hubmirror setup --portal acme --dsn 'host=/run/postgresql dbname=crm' --base-url http://127.0.0.1:9500"
step 'systemctl daemon-reload && systemctl restart hubmirror'
step 'hubmirror status --watch --until-loaded'
say "# from nothing to all rows: $((SECONDS - started)) s"
((SECONDS - started < 600))
rows=$(in_container "sudo -u postgres psql -XAtd crm -c 'select count(*) from acme.contacts_live'")
((rows > 1000)) || { printf 'FAIL: %s rows\n' "$rows" && exit 1; }
printf 'ok: five commands, %s contacts, %d s\n' "$rows" $((SECONDS - started))

# Who it is and what it may.
pid=$(property MainPID)
[[ $(in_container "stat -c %U /proc/$pid") == hubmirror ]]
in_container "grep -q '^CapEff:.*0000000000000000' /proc/$pid/status"
in_container "grep -q '^Seccomp:.*2' /proc/$pid/status"
[[ $(in_container 'stat -c "%a %U" /etc/hubmirror /etc/hubmirror/hubmirror.yaml /etc/hubmirror/secrets/hubspot.acme' | tr '\n' ' ') == '750 root 640 root 400 root ' ]]
in_container 'systemd-analyze security --threshold=12 --no-pager hubmirror' >"$work/security" ||
  { tail -n 1 "$work/security" && exit 1; }
printf 'ok: %s\n' "$(tail -n 1 "$work/security")"
in_container 'hubmirror doctor' >"$work/doctor" || { cat "$work/doctor" && exit 1; }
checks=$(sed -n 's/^\([0-9]*\) checks: .*/\1/p' "$work/doctor")
((checks >= 25)) || { cat "$work/doctor" && exit 1; }
printf 'ok: %s\n' "$(tail -n 1 "$work/doctor")"
in_container 'hubmirror support-bundle /tmp/bundle' >/dev/null
if in_container 'grep -q simulated-token /tmp/bundle'; then exit 1; fi

# The journal: fields, and words for each kind of event.
in_container 'journalctl -u hubmirror HUBMIRROR_EVENT=daemon.started -o json | grep -q MESSAGE_ID'
in_container 'journalctl -u hubmirror HUBMIRROR_PORTAL=acme HUBMIRROR_OBJECT=deals --no-pager | grep -q "backfill.finished acme/deals: current"'
in_container 'journalctl -u hubmirror -x --no-pager | grep -q "The daemon has started"'
if in_container 'journalctl -u hubmirror | grep -q simulated-token'; then exit 1; fi
in_container 'systemctl show hubmirror -p StatusText --value | grep -q .'

# A reload that is taken, and one that is refused.
in_container "sed -i 's/^portals:/defaults: {interval: 30s}\nportals:/' /etc/hubmirror/hubmirror.yaml && systemctl reload hubmirror"
in_container "cp -a /etc/hubmirror/hubmirror.yaml /root/good.yaml && sed -i 's/interval/intervall/' /etc/hubmirror/hubmirror.yaml"
if in_container 'systemctl reload hubmirror' 2>/dev/null; then printf 'FAIL: a wrong file was taken\n' && exit 1; fi
[[ $(property ActiveState) == active && $(property MainPID) == "$pid" ]]
in_container 'cp -a /root/good.yaml /etc/hubmirror/hubmirror.yaml && systemctl reload hubmirror'
printf 'ok: reloads\n'

# A secret that is gone stops its portal and no other; its credential is removed after the portal.
drop_ins=/etc/systemd/system/hubmirror.service.d
in_container 'printf "  other: {portal_id: 2, token: \"credential:hubspot.other\"}\n" >>/etc/hubmirror/hubmirror.yaml'
in_container 'echo pat-na1-of-other | hubmirror secret set other && rm /etc/hubmirror/secrets/hubspot.other' >/dev/null
in_container 'systemctl daemon-reload && systemctl restart hubmirror'
pid=$(property MainPID)
await 'acme beside a portal without its secret' 'hubmirror status acme | grep -q "contacts  *current"'
await 'the portal without its secret' 'hubmirror status other | grep -q "credential:hubspot.other is empty"'
if in_container 'hubmirror secret remove other' >"$work/out" 2>&1; then exit 1; fi
grep -q '^Next: ' "$work/out"
in_container 'echo pat-na1-of-other | hubmirror secret set other' >/dev/null
in_container 'cp -a /root/good.yaml /etc/hubmirror/hubmirror.yaml && systemctl reload hubmirror && hubmirror secret remove other' >/dev/null
in_container "[ ! -e /etc/hubmirror/secrets/hubspot.other ] && [ ! -e $drop_ins/hubspot.other.conf ]"
in_container "[ -e /etc/hubmirror/secrets/hubspot.acme ] && [ -e $drop_ins/hubspot.acme.conf ]"
in_container 'systemctl daemon-reload'
[[ $(property MainPID) == "$pid" ]]
printf 'ok: a secret that is gone, and one that is removed\n'

# A crash.
in_container "kill -SEGV $pid"
await 'the daemon after a crash' '[ "$(systemctl show hubmirror -p NRestarts --value)" = 1 ] && systemctl is-active --quiet hubmirror'
# A thread that hangs: the watchdog ends the process.
in_container 'mkdir -p /etc/systemd/system/hubmirror.service.d && printf "[Service]\nWatchdogSec=3\nTimeoutAbortSec=3\n" >/etc/systemd/system/hubmirror.service.d/test.conf && systemctl daemon-reload && systemctl restart hubmirror'
pid=$(property MainPID)
thread=$(in_container "grep -lx supervisor /proc/$pid/task/*/comm" | head -n 1 | cut -d / -f 5)
in_container "systemd-run --quiet --unit=holder /opt/test/hold_thread $thread"
await 'the watchdog to act' 'journalctl -u hubmirror --no-pager | grep -q "Watchdog timeout"'
in_container 'systemctl stop holder 2>/dev/null || true'
await 'the daemon after the watchdog' "systemctl is-active --quiet hubmirror && [ \"\$(systemctl show hubmirror -p MainPID --value)\" != $pid ]"
in_container 'rm /etc/systemd/system/hubmirror.service.d/test.conf && systemctl daemon-reload'
printf 'ok: restarted after a crash and after a thread that hung\n'

# The strict drop-in: everything but loopback is out of reach.
in_container 'cp /usr/share/hubmirror/systemd/strict.conf /etc/systemd/system/hubmirror.service.d/ && systemctl daemon-reload && systemctl restart hubmirror'
await 'the daemon in the strict sandbox' 'hubmirror status | grep -q "current"'
in_container 'systemd-analyze security --threshold=10 --no-pager hubmirror' >"$work/security" ||
  { tail -n 1 "$work/security" && exit 1; }
printf 'ok: strict: %s\n' "$(tail -n 1 "$work/security")"

# A stop in time; an upgrade, a downgrade, a removal and its return go on where it was; a purge.
began=$SECONDS
in_container 'systemctl stop hubmirror'
((SECONDS - began < 40))
[[ $(property Result) == success ]]
in_container 'systemctl start hubmirror && DEBIAN_FRONTEND=noninteractive dpkg -i /opt/test/later.deb' >/dev/null 2>&1
await 'the daemon after an upgrade' 'systemctl is-active --quiet hubmirror && hubmirror status | grep -q current'
identity=$(in_container 'cat /var/lib/hubmirror/instance')
in_container 'DEBIAN_FRONTEND=noninteractive dpkg -i /opt/test/hubmirror.deb' >/dev/null 2>&1
if in_container 'dpkg-query -W hubmirror | grep -q later'; then exit 1; fi
await 'the daemon after a downgrade' 'systemctl is-active --quiet hubmirror && hubmirror status | grep -q current'
in_container 'DEBIAN_FRONTEND=noninteractive dpkg --remove hubmirror' >/dev/null 2>&1
in_container '[ -e /etc/hubmirror/hubmirror.yaml ] && ! systemctl is-active --quiet hubmirror && [ ! -e /usr/bin/hubmirrord ]'
in_container 'DEBIAN_FRONTEND=noninteractive dpkg -i /opt/test/hubmirror.deb' >/dev/null 2>&1
await 'the daemon after its return' 'systemctl is-active --quiet hubmirror && hubmirror status | grep -q current'
[[ $(in_container 'cat /var/lib/hubmirror/instance') == "$identity" ]]
in_container 'DEBIAN_FRONTEND=noninteractive dpkg --purge hubmirror' >"$work/purge" 2>&1 || { cat "$work/purge" && exit 1; }
if grep -qi 'not empty\|warning' "$work/purge"; then cat "$work/purge" && exit 1; fi
in_container '[ ! -e /etc/hubmirror ] && [ ! -e /var/lib/hubmirror ] && ! systemctl is-active --quiet hubmirror'
# Our drop-in went, the one that an operator put there stayed.
in_container "[ ! -e $drop_ins/hubspot.acme.conf ] && [ -e $drop_ins/strict.conf ]"
[[ $(in_container "sudo -u postgres psql -XAtd crm -c 'select count(*) > 1000 from acme.contacts_live'") == t ]]
printf 'ok: stopped in time, upgraded, downgraded, removed, back, purged; the mirror is still there\n'
