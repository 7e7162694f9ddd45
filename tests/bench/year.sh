#!/bin/sh
# What a simulated year costs: `gnomon simulate` with a modelled and with the real learner, beside a bare loop over the same clock, sky and plant in the same run.
# Usage: year.sh [DAYS [DAYS_REAL]]; default 30 and 10, a whole year is `year.sh 365 365`. Shorter runs are scaled to a year: the first day, which loads the
# history, is measured apart and counted once. They begin in May, when there is sun to learn on.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
build=${GNOMON_BUILD:-build}
days=${1:-30} real=${2:-10}

simulate() { "$build/gnomon" simulate --share "$root/config" --series 30 --seed 1 --start 2025-05-01 --json "$@"; }
field() { sed "s/.*\"$1\":\\([0-9.]*\\).*/\\1/"; }

# NAME TARGET DAYS ARGS...: CPU seconds of a year, from one day and from DAYS
measure() {
    name=$1 target=$2 n=$3
    shift 3
    one=$(simulate --days 1 "$@" | field cpu_s)
    out=$(simulate --days "$n" "$@")
    awk -v name="$name" -v target="$target" -v n="$n" -v one="$one" -v all="$(echo "$out" | field cpu_s)" -v wall="$(echo "$out" | field wall_s)" -v work="$(echo "$out" | field trained)" -v bare="$bare" 'BEGIN {
        year = n > 1 && n < 365 ? one + (all - one) / (n - 1) * 364 : all
        printf "| %s | %.1f CPU s in %d days with %d trainings (%.1f s by the clock) | %.1f CPU s a year, %.0f bare loops | %s |\n", name, all, n, work, wall, year, year / bare, target }'
}

bare=$("$build/bench-loop" 365)
echo "| simulated, 30 series, a poll each 30 s | measured | a year | target |"
echo "|---|---|---|---|"
echo "| bare loop: clock, sky, plant, polls | $bare CPU s in 365 days | $bare CPU s | - |"
measure "modelled learner" "<= 20 CPU s a year" "$days" --job 20min/day@7W
measure "real learner" "<= 120 CPU s a year" "$real"
