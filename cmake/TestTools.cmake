# Every program that a test runs, wherever the test names it, so that none is missed in the middle
# of a run. packaging/install-build-deps.sh --test brings them; tests/bare proves on a bare machine
# that it does.
hubmirror_need_package(doctest)
file(GLOB postgres_folders /usr/lib/postgresql/*/bin)
hubmirror_need_program(HUBMIRROR_POSTGRES postgres PATHS ${postgres_folders})
hubmirror_need_program(HUBMIRROR_PSQL psql)
hubmirror_need_program(HUBMIRROR_RECVLOGICAL pg_recvlogical PATHS ${postgres_folders})
file(GLOB postgres_plugins /usr/lib/postgresql/*/lib)
hubmirror_need_file(HUBMIRROR_WAL2JSON wal2json wal2json.so PATHS ${postgres_plugins})
# Debian's own Python, whichever comes first elsewhere.
hubmirror_need_program(HUBMIRROR_PYTHON python3 PATHS /usr/bin NO_DEFAULT_PATH)
hubmirror_need_file(HUBMIRROR_PSYCOPG psycopg psycopg/__init__.py
  PATHS /usr/lib/python3/dist-packages)
hubmirror_need_file(HUBMIRROR_PSYCOPG2 psycopg2 psycopg2/__init__.py
  PATHS /usr/lib/python3/dist-packages)
hubmirror_need_file(HUBMIRROR_SQLALCHEMY sqlalchemy sqlalchemy/__init__.py
  PATHS /usr/lib/python3/dist-packages)
hubmirror_need_program(HUBMIRROR_PGBOUNCER pgbouncer)
hubmirror_need_program(HUBMIRROR_PATRONI patroni)
hubmirror_need_program(HUBMIRROR_ETCD etcd)
hubmirror_need_program(HUBMIRROR_PROMETHEUS prometheus)
hubmirror_need_program(HUBMIRROR_PROMTOOL promtool)
hubmirror_need_program(HUBMIRROR_ALERTMANAGER prometheus-alertmanager)
hubmirror_need_program(HUBMIRROR_NODE node)
hubmirror_need_program(HUBMIRROR_NPM npm)
hubmirror_need_program(HUBMIRROR_CHROMIUM chromium)
hubmirror_need_program(HUBMIRROR_TMUX tmux)
hubmirror_need_program(HUBMIRROR_CURL curl)
hubmirror_need_program(HUBMIRROR_FAKETIME faketime)
hubmirror_need_program(HUBMIRROR_MANDOC mandoc)
hubmirror_need_program(HUBMIRROR_VALGRIND valgrind)
hubmirror_need_program(HUBMIRROR_SHELLCHECK shellcheck)
hubmirror_need_program(HUBMIRROR_CLANG_FORMAT clang-format)
# The package, on a booted system and on a bare one.
hubmirror_need_program(HUBMIRROR_DEBOOTSTRAP debootstrap)
hubmirror_need_program(HUBMIRROR_NSPAWN systemd-nspawn)
hubmirror_need_program(HUBMIRROR_SYSTEMD_ANALYZE systemd-analyze)
hubmirror_need_program(HUBMIRROR_PGREP pgrep)
hubmirror_need_program(HUBMIRROR_DPKG_BUILDPACKAGE dpkg-buildpackage)
hubmirror_need_program(HUBMIRROR_DH dh)
hubmirror_need_program(HUBMIRROR_FAKEROOT fakeroot)
hubmirror_need_program(HUBMIRROR_LINTIAN lintian)
