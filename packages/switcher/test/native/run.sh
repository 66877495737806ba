#!/bin/sh
# Compiles stacks.cc and runs it in several ways:
#
#   plain      as it is
#   asan       under AddressSanitizer and UndefinedBehaviorSanitizer
#   valgrind   under valgrind
#   protected  arm64 only: where indirect calls must land on a `bti`, and returns be signed
#
#   run.sh              all of them; a tool that is not there is named and left out
#   run.sh asan ...     these, and a tool that is not there is a failure
#
# CXX is the compiler, for whatever it compiles for; RUN goes before each program (an emulator).
# Fails if anything that ran did.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cxx=${CXX:-g++}
native=../../native
case $("$cxx" -dumpmachine) in
  x86_64-*) arch=x64 ;;
  aarch64-*) arch=arm64 ;;
  *) echo "no register switch for $("$cxx" -dumpmachine)"; exit 1 ;;
esac

compile() { # compile <name> <flags...>
  out=$1
  shift
  "$cxx" -std=c++17 -Wall -Wextra -g -frounding-math "$@" -o "$work/$out"
}
stacks="stacks.cc $native/stack_memory.cc $native/memory_probe.cc $native/switch_registers_$arch.S"
check() { # check <name> <command...>: it must end well, and `pass` be its last line
  name=$1
  shift
  "$@" >"$work/$name.log" 2>&1 || echo "exit code $?" >>"$work/$name.log"
  [ "$(tail -n 1 "$work/$name.log")" = pass ] || { echo "FAILED $name"; cat "$work/$name.log"; exit 1; }
  grep '^left out' "$work/$name.log" | sed "s/^/$name: /" || true
  echo "passed $name"
}
absent() { # absent <name> <why>
  echo "left out $1: $2"
  if [ -n "$named" ]; then exit 1; fi
}

run_plain() {
  compile plain -O2 $stacks
  check plain ${RUN:-} "$work/plain"
}
run_asan() {
  if ! compile asan -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all $stacks 2>"$work/asan.build"; then
    cat "$work/asan.build"
    absent asan "$cxx cannot build with it"
    return
  fi
  echo "asan is AddressSanitizer and UndefinedBehaviorSanitizer"
  check asan env ASAN_OPTIONS=handle_segv=0:detect_stack_use_after_return=1 ${RUN:-} "$work/asan"
}
run_valgrind() {
  if ! command -v valgrind >/dev/null; then
    absent valgrind "not installed (apt-get install valgrind)"
    return
  fi
  # Valgrind must hear of foreign stacks, which takes its header.
  if echo '#include <valgrind/valgrind.h>' | "$cxx" -E -x c++ - >/dev/null 2>&1; then
    echo "valgrind is told of every stack"
  else
    echo "valgrind is not told of the stacks: no valgrind/valgrind.h"
  fi
  compile valgrind -O1 $stacks
  check valgrind env UNDER_VALGRIND=1 valgrind --quiet --leak-check=full --error-exitcode=9 "$work/valgrind"
}
run_protected() {
  if [ $arch != arm64 ]; then
    absent protected "only on arm64"
    return
  fi
  # A library, because start-up code and C library need not be protected themselves.
  compile protected.so -O2 -fPIC -shared -nostartfiles -mbranch-protection=standard -Dmain=RunStacksTest $stacks
  compile protected -O2 branch_protection.cc "$work/protected.so"
  check protected ${RUN:-} "$work/protected"
}

named=$*
for way in ${named:-plain asan valgrind protected}; do "run_$way"; done
