#!/bin/sh
# What defaults are derived on: origins of public sets that lie before the first scored split of each, whole and cut to short histories. Prints for each model the
# geometric mean of WAPE over the seasonal naive and each row's ratio and CPU seconds. derive.sh [MODELS [options of gnomon backtest, such as
# --set boost.leaves=15]]; ROWS=bike,kiel_spring picks rows.
#
#   bike           the summer before its splits, fortnights
#   kiel_spring    April to July of the two years before         kiel_xmas  the three Christmases before
#   m5_spring      March to May of the two years before          m5_xmas    the two Christmases before
#   *_short        autumn with 15 to 24 months of history, as bike-sharing has: kiel 2014, m5 2012, chicago cut to 2013-2014
#   *_second       a Christmas of which only one was seen before: chicago cut to six pairs of years, kiel 2014, m5 2012
#   chicago        2013 with three years of history
#   *_autumn       September to November of earlier years     flights  2022 to 2024
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/tests/bench/sets.sh"
gnomon=${GNOMON_BUILD:-$root/build}/gnomon
data=${GNOMON_DATA:-$root/../shared/data}/activity
[ -d "$data" ] || { echo "derive: SKIP no data, set GNOMON_DATA"; exit 0; }
models=${1:-theta,ridge,boost,auto}
[ $# -eq 0 ] || shift
rows=${ROWS:-kiel_autumn,m5_autumn,flights,bike,kiel_spring,kiel_xmas,kiel_short,m5_spring,m5_xmas,m5_short,chicago,chicago_short,second}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# run ROW SET HORIZON FROM UNTIL ORIGINS... (dates; FROM and UNTIL cut the history)
run() {
    row=$1 set=$2 horizon=$3 from=$4 until=$5
    shift 5
    case ,$rows, in *,"${row%_20*}",* | *,"${row##*_}",*) ;; *) return 0 ;; esac
    awk -F, -v a="$from" -v b="$until" 'FNR == 1 || ($2 >= a && $2 < b)' "$data/$set/activity.csv" >"$work/a.csv"
    echo split,train_end,horizon >"$work/splits.csv"
    for origin; do echo "R$origin,$origin,$horizon"; done >>"$work/splits.csv"
    # shellcheck disable=SC2046,SC2086
    "$gnomon" backtest --activity "$work/a.csv" --drivers "$data/$set/drivers.csv" $(scope "$set") --models "naive,$models" \
        --splits "$work/splits.csv" $options | awk -v s="$row" '$1 == "mean" && $3 + 0 > 0 { print s, $2, $3, $11 }' >>"$work/table"
}
options=$*
: >"$work/table"
run bike bike-sharing 14 0 9 2012-04-09 2012-04-23 2012-05-07 2012-05-21 2012-06-04 2012-06-18 2012-07-02 2012-07-16 2012-07-30 2012-08-13 2012-08-27 2012-09-10 2012-09-24
run kiel_spring kiel-bakery 14 0 9 2016-04-12 2016-05-10 2016-06-07 2016-07-05 2017-04-11 2017-05-09 2017-06-06 2017-07-04
run kiel_xmas kiel-bakery 14 0 9 2014-12-17 2015-12-17 2016-12-17
run kiel_short kiel-bakery 14 0 9 2014-10-08 2014-10-22 2014-11-05 2014-11-19 2014-12-03 2014-12-17
run m5_spring m5-foods 28 0 9 2014-03-02 2014-03-30 2014-04-27 2015-03-01 2015-03-29 2015-04-26
run m5_xmas m5-foods 28 0 9 2013-12-08 2014-12-07
run m5_short m5-foods 14 0 9 2012-10-08 2012-10-22 2012-11-05 2012-11-19 2012-12-03 2012-12-17
run chicago_short chicago-stations 14 2013 2015-09-14 2014-10-08 2014-10-22 2014-11-05 2014-11-19 2014-12-03 2014-12-17
run chicago chicago-stations 14 2010 2014 2013-02-01 2013-03-29 2013-05-24 2013-07-19 2013-09-13 2013-11-08
run kiel_autumn kiel-bakery 14 0 9 2015-09-08 2015-09-29 2015-10-20 2016-09-06 2016-10-04 2016-11-08 2017-09-12 2017-10-10
run m5_autumn m5-foods 28 0 9 2013-09-01 2013-10-13 2014-09-14 2015-09-06
run flights europe-flights 14 2021 2025-02 2022-10-10 2023-02-06 2023-06-05 2024-02-05 2024-05-06 2024-07-08
for year in 2009 2010 2011 2012 2013 2014; do
    run "chicago_${year}_second" chicago-stations 14 $((year - 1)) "$((year + 1))-02" "$year-12-10" "$year-12-17" "$year-12-22"
done
run kiel_second kiel-bakery 14 0 9 2014-12-10 2014-12-17 2014-12-22
run m5_second m5-foods 14 0 9 2012-12-10 2012-12-17 2012-12-22
awk '
    $2 == "naive" { naive = $3; next }
    { sum[$2] += log($3 / naive); n[$2]++; line[$2] = line[$2] sprintf("  %s %.3f %.1f s", $1, $3 / naive, $4) }
    END { for (m in line) printf "%-8s %.4f%s\n", m, exp(sum[m] / n[m]), line[m] }' "$work/table"
