#!/usr/bin/env bash
# Installs the Debian packages (12 or newer, or a derivative) that hubmirror is built from.
#
#   packaging/install-build-deps.sh [--quickstart] [--test] [--tidy] [--coverage] [--deb]
#
#   --quickstart  also what quickstart.sh runs: PostgreSQL and its client
#   --test        also what the tests run: PostgreSQL, PgBouncer, Patroni, Prometheus, Alertmanager, Node, ...
#   --tidy        also clang and clang-tidy, for fuzzing too
#   --coverage    also gcovr
#   --deb         also what the Debian package is built and examined with
#
# Installs only what is missing, as root or through sudo; a second run changes nothing. No database
# cluster is created and no service is started or enabled by it.
set -euo pipefail

build_packages=(
  g++ cmake ninja-build ccache pkg-config ca-certificates
  libcli11-dev libcpp-httplib-dev libbrotli-dev libssl-dev zlib1g-dev rapidjson-dev libyaml-cpp-dev
  libpqxx-dev libpq-dev prometheus-cpp-dev libsystemd-dev libxxhash-dev
)
quickstart_packages=(postgresql postgresql-client curl)
test_packages=("${quickstart_packages[@]}" doctest-dev pgbouncer patroni etcd-server prometheus prometheus-alertmanager systemd
  procps python3-psycopg python3-psycopg2 python3-sqlalchemy php-cli shellcheck clang-format mandoc chromium tmux debootstrap systemd-container dpkg-dev debhelper fakeroot lintian faketime valgrind)
tidy_packages=(clang clang-tidy)
coverage_packages=(gcovr)
deb_packages=(dpkg-dev debhelper fakeroot lintian)
# Packages whose service would start by itself, and its name where it is another one.
with_service=(prometheus prometheus-alertmanager pgbouncer patroni etcd-server=etcd)

fail() {
  printf 'install-build-deps.sh: %s\nNext: %s\n' "$1" "$2" >&2
  exit "$3"
}

installed() {
  [[ "$(dpkg-query -W -f '${Status}' "$1" 2>/dev/null)" == 'install ok installed' ]]
}

# wal2json is made for one version of PostgreSQL: the newest that is here, else the one that comes.
wal2json() {
  local version
  version=$(find /usr/lib/postgresql -mindepth 1 -maxdepth 1 -printf '%f\n' 2>/dev/null | sort -n | tail -n 1)
  [[ -n $version ]] ||
    version=$(LC_ALL=C apt-cache depends postgresql 2>/dev/null | sed -n 's/^ *Depends: postgresql-\([0-9]*\)$/\1/p')
  printf 'postgresql-%s-wal2json' "$version"
}

needs_wal2json=false
packages=("${build_packages[@]}")
for option in "$@"; do
  case "$option" in
    --quickstart) packages+=("${quickstart_packages[@]}") ;;
    --test)
      packages+=("${test_packages[@]}")
      needs_wal2json=true
      # Node may come from elsewhere than Debian, and then brings its own npm.
      command -v node >/dev/null || packages+=(nodejs)
      command -v npm >/dev/null || packages+=(npm)
      ;;
    --tidy) packages+=("${tidy_packages[@]}") ;;
    --coverage) packages+=("${coverage_packages[@]}") ;;
    --deb) packages+=("${deb_packages[@]}") ;;
    *) fail "unknown option $option" 'packaging/install-build-deps.sh [--quickstart] [--test] [--tidy] [--coverage] [--deb]' 64 ;;
  esac
done

command -v apt-get >/dev/null ||
  fail 'this needs apt-get (Debian 12 or newer, Ubuntu 24.04 or newer)' \
    'use such a system or container, or install the packages named in this script by hand' 69

missing=()
for package in "${packages[@]}"; do
  installed "$package" || missing+=("$package")
done
if $needs_wal2json && ! installed "$(wal2json)"; then
  missing+=(wal2json)
fi
if ((${#missing[@]} == 0)); then
  exit 0
fi
printf 'installing: %s\n' "${missing[*]}"

as_root=()
if ((EUID != 0)); then
  command -v sudo >/dev/null ||
    fail 'packages are missing and there is no sudo' "as root: packaging/install-build-deps.sh $*" 77
  as_root=(sudo)
fi
apt_get() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 \
    -o Dpkg::Use-Pty=0 "$@"
}

# While packages are set up: no service starts, and PostgreSQL makes no cluster of its own. Both
# marks are taken away again, so that later installations behave as the administrator expects.
policy=/usr/sbin/policy-rc.d
cluster_conf=/etc/postgresql-common/createcluster.d/hubmirror-build.conf
marks=()
remove_marks() {
  if ((${#marks[@]} > 0)); then "${as_root[@]}" rm -f "${marks[@]}"; fi
}
trap remove_marks EXIT
if [[ ! -e $policy ]]; then
  marks+=("$policy")
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
  "${as_root[@]}" chmod 0755 "$policy"
fi
if [[ " ${missing[*]} " == *' postgresql '* ]]; then
  marks+=("$cluster_conf")
  "${as_root[@]}" mkdir -p "${cluster_conf%/*}"
  printf 'create_main_cluster = false\n' | "${as_root[@]}" tee "$cluster_conf" >/dev/null
fi

# A stale or unreachable extra repository is no reason to stop: what matters is the next command.
apt_get update || printf 'apt-get update failed in part; going on\n' >&2
missing=("${missing[@]/#wal2json/$(wal2json)}")
apt_get install -y --no-install-recommends "${missing[@]}" >/dev/null ||
  fail 'apt-get could not install them' \
    'read the lines above; a Debian 12 (or newer) mirror that answers usually helps' 69

for entry in "${with_service[@]}"; do
  package=${entry%%=*}
  if [[ " ${missing[*]} " == *" $package "* ]] && command -v systemctl >/dev/null; then
    "${as_root[@]}" systemctl --quiet disable "${entry##*=}.service" 2>/dev/null || true
  fi
done
