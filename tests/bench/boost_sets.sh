#!/bin/sh
# Our boosting beside the installed peers on the design matrices of the four real sets, over their splits R, as a markdown table (boost_sets.py).
# boost_sets.sh [BINS[,BINS...]]: 55,59,63,67,71, a quarter of an hour, so that the mean does not hang on where a bin ends; 63 alone for a quick look.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/tests/bench/sets.sh"
build=${GNOMON_BUILD:-$root/build}
data=${GNOMON_DATA:-$root/../shared/data}/activity
for program in gnomon bench-boost; do
    [ -x "$build/$program" ] || { echo "boost_sets: no $build/$program, make it first" >&2; exit 1; }
done
[ -d "$data" ] || { echo "boost_sets: SKIP no data, set GNOMON_DATA"; exit 0; }
/usr/bin/python3 -c 'import numpy' 2>/dev/null || { echo "boost_sets: SKIP, python3-numpy is not installed"; exit 0; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for set in walmart kiel-bakery bike-sharing m5-foods; do
    # shellcheck disable=SC2046
    "$build/gnomon" backtest --activity "$data/$set/activity.csv" --drivers "$data/$set/drivers.csv" --splits "$data/$set/splits.csv" $(scope "$set") \
        --models naive --matrix "$work/$set" > /dev/null
done
/usr/bin/python3 -B "$root/tests/bench/boost_sets.py" "$build/bench-boost" "$work" "$@"
