#!/usr/bin/env bash
# Holds systemd/ to its promises, without installing anything and without a running systemd:
#
#   unit_gate.sh SYSTEMD_FOLDER security   exposure of the unit, alone and with the strict drop-in
#   unit_gate.sh SYSTEMD_FOLDER verify     systemd accepts every line of unit and drop-in
#   unit_gate.sh SYSTEMD_FOLDER accounts   sysusers and tmpfiles make the user and the folders
set -euo pipefail

source=$1
check=$2
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

units=$root/etc/systemd/system
unit=$units/hubmirror.service
mkdir -p "$units" "$root/usr/bin"
cp "$source/hubmirror.service" "$units/"

fail() {
  printf 'FAIL: %s\n' "$1"
  exit 1
}

use_strict_drop_in() {
  mkdir -p "$unit.d"
  cp "$source/strict.conf" "$unit.d/"
}

# The threshold is in tenths; systemd-analyze fails when the exposure is above it.
exposure_at_most() {
  systemd-analyze security --offline=true --root="$root" --threshold="$1" --no-pager \
    hubmirror.service >"$root/report" || fail "exposure above $1 tenths: $(tail -1 "$root/report")"
  printf 'ok: %s\n' "$(tail -1 "$root/report")"
}

case "$check" in
  security)
    exposure_at_most 11
    use_strict_drop_in
    exposure_at_most 9
    # The gate must be able to fail.
    sed -i '/^CapabilityBoundingSet=/d; /^SystemCallFilter=/d' "$unit"
    if (exposure_at_most 9 >/dev/null); then fail 'a weakened unit passed the gate'; fi
    ;;
  verify)
    use_strict_drop_in
    # Neither program is installed here: stand-ins let everything else be checked.
    for program in hubmirrord hubmirror; do
      printf '#!/bin/sh\n' >"$root/usr/bin/$program"
      chmod +x "$root/usr/bin/$program"
    done
    for target in sysinit basic shutdown multi-user network-online; do
      printf '[Unit]\nDescription=%s\n' "$target" >"$units/$target.target"
    done
    printf '[Unit]\nDescription=slices\n' >"$units/system.slice"
    printf '[Unit]\nDescription=root slice\n' >"$units/-.slice"
    systemd-analyze verify --root="$root" --man=no hubmirror.service >"$root/report" 2>&1 ||
      fail "$(cat "$root/report")"
    [[ ! -s $root/report ]] || fail "systemd complains: $(cat "$root/report")"
    printf 'ok: accepted without a word\n'
    printf 'Bogus=yes\n' >>"$unit"
    systemd-analyze verify --root="$root" --man=no hubmirror.service >"$root/report" 2>&1 || true
    grep -q Bogus "$root/report" || fail 'an unknown directive went unnoticed'
    ;;
  accounts)
    mkdir -p "$root/etc" "$root/usr/lib/sysusers.d" "$root/usr/lib/tmpfiles.d"
    printf 'root:x:0:0:root:/root:/bin/sh\n' >"$root/etc/passwd"
    printf 'root:x:0:\n' >"$root/etc/group"
    cp "$source/hubmirror.sysusers" "$root/usr/lib/sysusers.d/hubmirror.conf"
    cp "$source/hubmirror.tmpfiles" "$root/usr/lib/tmpfiles.d/hubmirror.conf"
    systemd-sysusers --root="$root" hubmirror.conf
    grep -q '^hubmirror:.*:/usr/sbin/nologin$' "$root/etc/passwd" || fail 'no user hubmirror'
    grep -q '^hubmirror:' "$root/etc/group" || fail 'no group hubmirror'
    # Giving folders to root takes root; anybody can have the lines read.
    if ((EUID == 0)); then
      systemd-tmpfiles --create --root="$root" hubmirror.conf
      [[ "$(stat -c '%a %U' "$root/etc/hubmirror")" == '750 root' ]] || fail 'wrong /etc/hubmirror'
      [[ "$(stat -c '%a %U' "$root/etc/hubmirror/secrets")" == '700 root' ]] ||
        fail 'wrong /etc/hubmirror/secrets'
    else
      systemd-tmpfiles --cat-config --root="$root" | grep -q '^d /etc/hubmirror 0750 root hubmirror'
    fi
    printf 'ok: user, group and folders\n'
    ;;
  *) fail "unknown check $check" ;;
esac
