#!/bin/sh
# What defaults for weeks are derived on: weekly sums of public daily sets, before the first scored split of each, eight weeks ahead. Prints for each model the
# geometric mean of WAPE over the year before (naive): of windows in a row after two years of history (long), of windows over a Christmas of which one was seen (second), of
# two simulated towns (town) and of walmart before its first scored split (young).
# derive_weeks.sh [MODELS [options of gnomon backtest]].
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
build=${GNOMON_BUILD:-$root/build}
gnomon=$build/gnomon
data=${GNOMON_DATA:-$root/../shared/data}/activity
[ -d "$data" ] || { echo "derive_weeks: SKIP no data, set GNOMON_DATA"; exit 0; }
models=${1:-theta,ridge,boost,auto}
[ $# -eq 0 ] || shift
options=$*
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sunday() { date -u -d "$1 +$(((7 - $(date -u -d "$1" +%u)) % 7 + 7 * $2)) days" +%F; }

# sums SET UNTIL [FOLDER]: weeks of at least five observed days, by their Sunday
sums() {
    awk -F, -v until="$2" '
        function days(t,  y, m, d) { y = substr(t, 1, 4) + 0; m = substr(t, 6, 2) + 0; d = substr(t, 9, 2) + 0; if (m < 3) { y--; m += 12 }
            return 365 * y + int(y / 4) - int(y / 100) + int(y / 400) + int((153 * m - 457) / 5) + d - 719469 }
        FNR > 1 && $2 < until && $1 != "G6" { at = int((days($2) + 3) / 7); n[$1, at]++; sum[$1, at] += $3 }
        END { for (i in n) if (n[i] >= 5) { split(i, p, SUBSEP); print p[1] "," strftime("%Y-%m-%d", (p[2] * 7 + 3) * 86400, 1) "," sum[i] } }' "${3:-$data}/$1/activity.csv" | sort >"$work/$1"
}
# run ROW SET CALENDAR FROM FIRST ORIGINS STEP: origins from the Sunday at or after FIRST
run() {
    { echo series,date,value; awk -F, -v from="$4" '$2 >= from' "$work/$2"; } >"$work/a.csv"
    echo split,train_end,horizon >"$work/s.csv"
    i=0
    while [ $i -lt "$6" ]; do
        echo "R$i,$(sunday "$5" $((i * $7))),8" >>"$work/s.csv"
        i=$((i + 1))
    done
    # shellcheck disable=SC2086
    "$gnomon" backtest --activity "$work/a.csv" --calendar "$3" --models "naive,$models" --splits "$work/s.csv" $options |
        awk -v row="$1" '$1 ~ /^R/ && $3 + 0 > 0 { print row, $1, $2, $3 }' >>"$work/table"
}
sums chicago-stations 2015-09-14
sums m5-foods 2015-12-06
sums kiel-bakery 2017-12-17
sums europe-flights 2025-02-10
mkdir "$work/towns"
for seed in 7 8; do
    "$build/gnomon-world" --export "$work/towns/$seed" --businesses 40 --years 3 --seed $seed >/dev/null
    sums $seed 2026-05-11 "$work/towns"
done
awk -F, 'FNR > 1 && $2 <= "2011-11-04"' "$data/walmart/activity.csv" >"$work/walmart"
: >"$work/table"
run long chicago-stations US 2008-01-07 2010-03-15 5 8
run long_2010 chicago-stations US 2010-01-04 2012-03-12 5 8
run long_2012 chicago-stations US 2012-01-02 2014-03-17 5 8
run long_m5 m5-foods US 2011-01-31 2013-03-18 5 8
run long_m5_2013 m5-foods US 2013-01-01 2015-02-18 4 8
run long_kiel kiel-bakery DE-SH 2013-07-01 2015-09-18 5 8
run long_kiel_2015 kiel-bakery DE-SH 2015-01-01 2017-03-18 4 8
run long_flights europe-flights BE 2022-05-01 2024-06-01 4 8
for seed in 7 8; do run "town_$seed" $seed BE 2023-05-14 2025-07-13 5 8; done
run young walmart US 2010-02-05 2011-06-19 4 3
for year in 2009 2010 2011 2012 2013 2014; do run "second_$year" chicago-stations US "$((year - 1))-02-01" "$year-11-02" 2 2; done
for year in 2015 2016; do run "second_kiel_$year" kiel-bakery DE-SH "$((year - 1))-02-01" "$year-11-02" 2 2; done
for year in 2012 2013 2014; do run "second_m5_$year" m5-foods US "$((year - 1))-02-01" "$year-11-02" 2 2; done
for year in 2020 2023 2024; do run "second_flights_$year" europe-flights BE "$((year - 1))-02-01" "$year-11-02" 2 2; done
awk '$3 == "naive" { naive = $4; next }
    { split($1, p, "_"); sum[$3, p[1]] += log($4 / naive); n[$3, p[1]]++; models[$3]; kinds[p[1]] }
    END { for (m in models) { printf "%-8s", m; for (k in kinds) printf "  %s %.4f (%d windows)", k, exp(sum[m, k] / n[m, k]), n[m, k]; print "" } }' "$work/table"
