#!/bin/sh
# Compiles ring.cc and runs it in several ways:
#
#   plain      as it is
#   asan       under AddressSanitizer and UndefinedBehaviorSanitizer
#   valgrind   under valgrind
#
#   run.sh              all of them; names the tools that are missing, and leaves them out
#   run.sh asan ...     only these; a missing tool is a failure
#
# CXX is the compiler. Fails if any program fails.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
native=../../native

compile() { # compile <name> <flags...>
  out=$1
  shift
  "${CXX:-g++}" -std=c++17 -Wall -Wextra -Wno-unused-parameter -g -I"$native" "$@" \
    ring.cc "$native/ring.cc" -o "$work/$out"
}
check() { # check <name> <command...>: it must end well, and `pass` be its last line
  name=$1
  shift
  "$@" >"$work/$name.log" 2>&1 || echo "exit code $?" >>"$work/$name.log"
  if [ "$(tail -n 1 "$work/$name.log")" != pass ]; then
    echo "FAILED $name"
    cat "$work/$name.log"
    exit 1
  fi
  echo "passed $name"
}
absent() { # absent <name> <why>
  echo "left out $1: $2"
  if [ -n "$named" ]; then exit 1; fi
}

run_plain() {
  compile plain -O2
  check plain "$work/plain"
}
run_asan() {
  if ! compile asan -O1 -fno-omit-frame-pointer -fsanitize=address,undefined \
    -fno-sanitize-recover=all 2>"$work/asan.build"; then
    cat "$work/asan.build"
    absent asan "${CXX:-g++} cannot build with it"
    return
  fi
  check asan "$work/asan"
}
run_valgrind() {
  if ! command -v valgrind >/dev/null; then
    absent valgrind "not installed (apt-get install valgrind)"
    return
  fi
  compile valgrind -O1
  check valgrind valgrind --quiet --leak-check=full --error-exitcode=9 "$work/valgrind"
}

named=$*
for way in ${named:-plain asan valgrind}; do "run_$way"; done
