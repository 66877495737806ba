#!/bin/sh
# Compiles stacks.cc and runs it in several ways:
#
#   plain      as it is
#   asan       under AddressSanitizer and UndefinedBehaviorSanitizer
#   valgrind   under valgrind
#   protected  arm64 only: indirect calls must land on a `bti`, and returns must be signed
#
#   run.sh              all of them; names the tools that are missing, and leaves them out
#   run.sh asan ...     only these; a missing tool is a failure
#
# CXX is the compiler, which may compile for another machine. RUN is put before each program: an
# emulator. Fails if any program fails.
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
  "$cxx" -std=c++17 -Wall -Wextra -g -frounding-math -I"$native" "$@" -o "$work/$out"
}
machine=$native/machine
stacks="stacks.cc $machine/stack_memory.cc $machine/memory_probe.cc"
stacks="$stacks $machine/switch_registers_$arch.S"
check() { # check <name> <command...>: it must end well, and `pass` be its last line
  name=$1
  shift
  "$@" >"$work/$name.log" 2>&1 || echo "exit code $?" >>"$work/$name.log"
  if [ "$(tail -n 1 "$work/$name.log")" != pass ]; then
    echo "FAILED $name"
    cat "$work/$name.log"
    exit 1
  fi
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
  if ! compile asan -O1 -fno-omit-frame-pointer -fsanitize=address,undefined \
    -fno-sanitize-recover=all $stacks 2>"$work/asan.build"; then
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
  # The program must tell valgrind of its stacks, for which it needs valgrind's header.
  if echo '#include <valgrind/valgrind.h>' | "$cxx" -E -x c++ - >/dev/null 2>&1; then
    echo "valgrind is told of every stack"
  else
    echo "valgrind is not told of the stacks: no valgrind/valgrind.h"
  fi
  compile valgrind -O1 $stacks
  check valgrind env UNDER_VALGRIND=1 \
    valgrind --quiet --leak-check=full --error-exitcode=9 "$work/valgrind"
}
run_protected() {
  if [ $arch != arm64 ]; then
    absent protected "only on arm64"
    return
  fi
  # A library, because the start-up code and the C library may not be protected themselves.
  compile protected.so -O2 -fPIC -shared -nostartfiles -mbranch-protection=standard \
    -Dmain=RunStacksTest $stacks
  compile protected -O2 branch_protection.cc "$work/protected.so"
  check protected ${RUN:-} "$work/protected"
}

named=$*
for way in ${named:-plain asan valgrind protected}; do "run_$way"; done
