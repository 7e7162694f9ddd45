#!/bin/sh
# The same seed gives the same state.db, whichever compiler built gnomon: a real-learner `gnomon simulate` on builds of gcc and clang, compared byte for byte.
# Usage: compilers.sh [DAYS [SEED]]; default 20 days of seed 1. Builds into GNOMON_BUILD (gcc) and its sibling -clang; SERIES=N for another town.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
gcc=${GNOMON_BUILD:-$root/build} days=${1:-20} seed=${2:-1}
clang=${CLANG_BUILD:-$gcc-clang}
work=$(mktemp -d "${TMPDIR:-/tmp}/gnomon-compilers-XXXXXX")
trap 'rm -rf "$work"' EXIT
command -v clang >/dev/null || { echo "compilers: no clang here: SKIP"; exit 0; }

wrap=$(command -v ccache || true)
make --no-print-directory -s -C "$root" BUILD="$gcc" CC="${wrap:+ccache }gcc" "$gcc/gnomon" >&2
make --no-print-directory -s -C "$root" BUILD="$clang" CC="${wrap:+ccache }clang" "$clang/gnomon" >&2

# The state folder is named alike in both runs: its path stands in the configuration.
for compiler in gcc clang; do
    build=$gcc
    [ $compiler = gcc ] || build=$clang
    "$build/gnomon" simulate --share "$root/config" --days "$days" --seed "$seed" --start 2025-05-01 --series "${SERIES:-12}" --keep "$work/run" --json >"$work/$compiler.json"
    mv "$work/run/state/state.db" "$work/$compiler.db"
    rm -rf "$work/run"
    sed 's/"device_bytes".*//' "$work/$compiler.json" >"$work/$compiler.head"
done
trained=$(sed 's/.*"trained":\([0-9]*\).*/\1/' "$work/gcc.json")
[ "$trained" -gt 0 ] || { echo "compilers: nothing was learned in $days days: no comparison"; exit 1; }
if cmp -s "$work/gcc.db" "$work/clang.db" && cmp -s "$work/gcc.head" "$work/clang.head"; then
    echo "compilers: $days days of seed $seed: $trained trainings, the same $(wc -c <"$work/gcc.db") bytes of state.db from gcc and clang"
else
    echo "compilers: state.db of gcc and clang differ"
    cmp "$work/gcc.db" "$work/clang.db" || true
    diff "$work/gcc.head" "$work/clang.head" || true
    exit 1
fi
