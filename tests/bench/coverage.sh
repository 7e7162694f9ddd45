#!/bin/sh
# Intervals on the four real sets: coverage of 80 and 95 % over 26 origins every 14 days (walmart: 8 every 4 weeks) at the horizon of the sets' splits, and
# the pinball loss of the conformal bands beside that of normal ones, as a markdown table. The last line says which targets are met: mean coverage within 2
# and 1 points, each set within 5 and 3; pinball 2 % lower in the mean over sets, nowhere more than 1 % higher. Fails where a set is missed by twice that.
# BEFORE=1 takes the origins before the first scored split of each set, which is what settings may be chosen on; further arguments go to gnomon backtest.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/tests/bench/sets.sh"
gnomon=${GNOMON_BUILD:-$root/build}/gnomon
data=${GNOMON_DATA:-$root/../shared/data}/activity
[ -d "$data" ] || { echo "coverage: SKIP no data, set GNOMON_DATA"; exit 0; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Coverage and pinball of one set: NAME LAST HORIZON ORIGINS STEP [options]. The score of a set pools its origins.
run() {
    set=$1 last=$2 horizon=$3 origins=$4 step=$5
    shift 5
    [ -z "${BEFORE:-}" ] || set -- --last "$last" "$@"
    for kind in conformal gaussian; do
        # shellcheck disable=SC2046
        "$gnomon" backtest --activity "$data/$set/activity.csv" --drivers "$data/$set/drivers.csv" $(scope "$set") --models auto \
            --horizon "$horizon" --origins "$origins" --step "$step" --intervals $kind "$@" | awk -v set="$set" -v kind=$kind '
            $1 == "mean" && $3 + 0 > 0 { print set, kind, $6, 100 * $8, 100 * $9 }'
    done
}
{
    run walmart 2011-11-04 8 "${WEEKS:-8}" 4 "$@"
    run kiel-bakery 2017-12-17 14 26 14 "$@"
    run bike-sharing 2012-10-08 14 26 14 "$@"
    run m5-foods 2015-12-06 28 26 14 "$@"
} > "$work/rows"
awk '
    function size(x) { return x < 0 ? -x : x }
    BEGIN { print "| set | coverage of 80 % | of 95 % | pinball | of normal bands | ratio |\n|---|---|---|---|---|---|" }
    $2 == "conformal" { pinball = $3; c80 = $4; c95 = $5; next }
    {
        ratio = pinball / $3
        printf "| %s | %.1f | %.1f | %.5f | %.5f | %.3f |\n", $1, c80, c95, pinball, $3, ratio
        n++; sum80 += c80; sum95 += c95; log_ratio += log(ratio)
        bad80 += size(c80 - 80) > 5; bad95 += size(c95 - 95) > 3; higher += ratio > 1.01
        far += size(c80 - 80) > 10 || size(c95 - 95) > 6
    }
    END {
        printf "mean %.1f (78..82) / %.1f (94..96), sets outside 5 points: %d, outside 3: %d; pinball %.3f (.98), sets more than 1 %% higher: %d\n", \
               sum80 / n, sum95 / n, bad80, bad95, exp(log_ratio / n), higher
        exit far > 0
    }' "$work/rows"
