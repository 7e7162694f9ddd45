#!/bin/sh
# What defaults are derived on: origins of the public sets that lie before the first scored split of each. Prints for each model the geometric mean of WAPE over
# the seasonal naive, and WAPE, ratio, coverage of 80 and 95 % and CPU seconds of each set. Run as derive.sh [MODELS [options of gnomon backtest, such as
# --set boost.leaves=15]]. About twenty settings of the trees, six of the bands and four of the choice were looked at.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
gnomon=${GNOMON_BUILD:-$root/build}/gnomon
data=${GNOMON_DATA:-$root/../shared/data}/activity
[ -d "$data" ] || { echo "derive: SKIP no data, set GNOMON_DATA"; exit 0; }
models=${1:-theta,ridge,boost,auto}
[ $# -eq 0 ] || shift
run() {
    set=$1 last=$2 horizon=$3 origins=$4 step=$5 series=$6 calendar=$7
    shift 7
    # shellcheck disable=SC2086
    "$gnomon" backtest --activity "$data/$set/activity.csv" --drivers "$data/$set/drivers.csv" $series --calendar "$calendar" --models "naive,$models" \
        --horizon "$horizon" --origins "$origins" --step "$step" --last "$last" "$@" | awk -v s="$set" '$1 == "mean" && $3 + 0 > 0 { print s, $2, $3, $8, $9, $11 }'
}
{
    run walmart 2011-11-04 8 4 5 "" US "$@"
    run kiel-bakery 2017-12-17 14 7 56 --series=G1,G2,G3,G4,G5 DE-SH "$@"
    run bike-sharing 2012-10-08 14 6 21 --series=total US "$@"
    run m5-foods 2015-12-06 28 5 84 --series=foods_revenue_usd US "$@"
} | awk '
    $2 == "naive" { naive = $3; next }
    { product[$2] += log($3 / naive); line[$2] = line[$2] sprintf("  %s %.4f (%.3f) %.2f/%.2f %.1f s", $1, $3, $3 / naive, $4, $5, $6) }
    END { for (m in line) printf "%-8s %.4f%s\n", m, exp(product[m] / 4), line[m] }'
