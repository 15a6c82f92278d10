#!/usr/bin/env bash
# Configures the build of a preset in build/PRESET, with ccache; silent where all is well. What is missing on this
# machine is said in one line, with the next step.
#
#   packaging/configure.sh PRESET
set -euo pipefail
cd "$(dirname "$0")/.."

preset=$1
log=build/$preset-configure.log
mkdir -p build
# Paths below the project count as relative ones, so that what one preset has compiled serves another
# with the same options: ./test.sh after ./quickstart.sh compiles no program a second time. The language
# of messages makes no difference to a program.
launcher="env;CCACHE_BASEDIR=$PWD;CCACHE_NOHASHDIR=true;CCACHE_SLOPPINESS=locale,pch_defines,time_macros;ccache"
if ! cmake --preset "$preset" "-DCMAKE_CXX_COMPILER_LAUNCHER=$launcher" >"$log" 2>&1; then
  if missing=$(grep -o 'not installed: .*' "$log"); then
    printf 'configure.sh: %s\n%s\n' "$missing" "$(grep -o 'Next: .*' "$log")" >&2
    exit 69
  fi
  cat "$log" >&2
  printf 'configure.sh: CMake could not configure the preset %s\nNext: read the lines above\n' "$preset" >&2
  exit 1
fi
