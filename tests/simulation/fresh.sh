#!/bin/sh
# fresh.sh PROGRAM: a minute of seeds that belong to the commit, of sources without git always the
# same.
commit=$(git -C "$(dirname "$0")" rev-parse HEAD 2>/dev/null) || commit=none
exec "$1" --from "$commit" --seeds 1000000 --hours 6 --seconds 60
