#!/usr/bin/env bash
# The README's two commands on a machine that has never seen them: a minimal Debian (debootstrap's
# minbase, nothing else), into which the tracked files are copied. What a developer's machine happens
# to have cannot hide here what our scripts do not install.
#
#   run.sh PROJECT_FOLDER CACHE_FOLDER SUITE
#
# CACHE_FOLDER keeps the minimal system and Debian's packages for the next run. On a machine of the same
# suite, what ccache has of these sources is copied, too: it counts there for the same compiler and the
# same content of every header alone, so it hides none that is missing. Wants root (or sudo without a
# password), a mirror of Debian and npm's registry; skipped (exit code 77) without the first.
set -euo pipefail

compiled=$(ccache --get-config cache_dir 2>/dev/null) || compiled=
if ((EUID != 0)); then
  if sudo -n true 2>/dev/null; then exec sudo -n CCACHE_DIR="$compiled" "$0" "$@"; fi
  printf 'skipped: a bare machine wants root, or sudo without a password\n'
  exit 77
fi
project=$(realpath "$1")
suite=$3
mkdir -p "$2/$suite/archives"
cache=$(realpath "$2")/$suite

# Beside the cache: /tmp may be small, or refuse set-user-id programs, which sudo is.
root=$(mktemp -d "$cache/root.XXXXXX")
container=
finish() {
  local code=$?
  if [[ -n $container ]] && kill "$container" 2>/dev/null; then wait "$container" || true; fi
  rm -rf --one-file-system "$root"
  # The folder above may be an ordinary user's, who wants to be able to remove it.
  chown -R --reference="$project" "$cache"
  exit "$code"
}
trap finish EXIT
# A shell hears a signal while it waits, not while it runs something itself.
trap 'exit 143' INT TERM

# --- The machine ------------------------------------------------------------------------------

# A month old at most: what is in it is installed once more when Debian has a newer one.
system=$cache/minbase.tar
if [[ -z $(find "$system" -mtime -30 2>/dev/null) ]]; then
  # This host's own way to Debian; debootstrap knows another where it has none.
  # shellcheck disable=SC2016  # apt's own variables
  mirror=$(apt-get indextargets --format '$(SITE)' 'Origin: Debian' 'Component: main' | head -n 1)
  debootstrap --variant=minbase --cache-dir="$cache/archives" "$suite" "$root" ${mirror:+"$mirror"} \
    >"$cache/debootstrap.log" 2>&1 ||
    { tail -n 20 "$cache/debootstrap.log" && exit 1; }
  tar -C "$root" -cf "$system.new" . && mv "$system.new" "$system"
else
  tar -C "$root" -xf "$system"
fi
chmod 0755 "$root"
# How this host reaches its mirror: proxies, authorities, clocks. Nothing else of it.
apt-config dump Acquire | grep -v '^Acquire::\(IndexTargets\|Changelogs\|CompressionTypes\)' \
  >"$root/etc/apt/apt.conf.d/10host"
if [[ -d /usr/local/share/ca-certificates ]]; then
  mkdir -p "$root/usr/local/share/ca-certificates"
  cp -R /usr/local/share/ca-certificates/. "$root/usr/local/share/ca-certificates/"
fi
printf '127.0.0.1 localhost bare\n' >"$root/etc/hosts"
# Nobody wants this machine back after a power cut.
printf 'force-unsafe-io\n' >"$root/etc/dpkg/dpkg.cfg.d/unsafe-io"

# No git in there, and no .git: somebody unpacked an archive of the sources, at the path they have
# here, which is part of what ccache compares.
chroot "$root" useradd --create-home --shell /bin/bash dev
mkdir -p "$root$project" "$root/home/dev/.cache/ccache"
folder=$project
while folder=$(dirname "$folder") && [[ $folder != / ]]; do chmod a+x "$root$folder"; done
git -c safe.directory='*' -C "$project" ls-files -z |
  tar -C "$project" --null --files-from=- -c |
  tar -C "$root$project" --no-same-owner -x
# shellcheck source=/dev/null
if [[ -d $compiled && $(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}") == "$suite" ]]; then
  cp -R --reflink=auto "$compiled/." "$root/home/dev/.cache/ccache"
fi
chroot "$root" chown -R dev: /home/dev "$project"

# machine OPTION... PHASE: runs a phase of inside.sh as root in a container of its own.
machine() {
  # The sources may lie in /tmp, which else is another one in there.
  SYSTEMD_NSPAWN_TMPFS_TMP=0 timeout --kill-after=30 2700 \
    systemd-nspawn -q -D "$root" --register=no --keep-unit --as-pid2 --console=pipe \
    --hostname=bare --timezone=off --resolv-conf=copy-host --bind="$cache/archives:/var/cache/apt/archives" \
    "${@:1:$#-1}" "$project/tests/bare/inside.sh" "${@: -1}" </dev/null &
  container=$!
  wait "$container"
  container=
}

# --- What happens on it -----------------------------------------------------------------------

machine from_nothing
# All that the second needs is there by now, so it does without a network, and beside other servers.
machine --private-network once_more
