#!/usr/bin/env bash
# Every C++ file is as clang-format leaves it. Another version of it formats some lines otherwise.
set -euo pipefail
cd "${1:?usage: check_format.sh PROJECT_FOLDER CLANG_FORMAT}"
find lib daemon tests \( -name '*.h' -o -name '*.cc' \) -print0 |
  xargs -0 -n 50 -P "$(nproc)" "${2:?usage: check_format.sh PROJECT_FOLDER CLANG_FORMAT}" --dry-run -Werror --ferror-limit=1
