#!/bin/sh
# Do drivers do what they should, and nothing where there is nothing? One row a test, each with what was reached and what must hold; 1 when one is missed.
# Sport (chicago-stations), strikes and crises (europe-flights), prices (argentina-supermarkets). DRIVERS_ROWS=sport,none,strike,shifted,restart,worst,prices
# (limits of the restart hold to two digits) picks rows, DRIVERS_MODEL the model asked for drivers (default ridge; auto costs 30 times as much).
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
gnomon=${GNOMON_BUILD:-$root/build}/gnomon
data=${GNOMON_DATA:-$root/../shared/data}/activity
rows=${DRIVERS_ROWS:-sport,none,strike,shifted,restart,worst,prices}
model=${DRIVERS_MODEL:-ridge}
[ -d "$data/chicago-stations" ] || { echo "drivers: SKIP no data, set GNOMON_DATA"; exit 0; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
missed=0
sport=$data/chicago-stations flights=$data/europe-flights shops=$data/argentina-supermarkets

wanted() { case ,$rows, in *,$1,*) return 0 ;; *) return 1 ;; esac; }
# row NAME VALUE LIMIT: smaller is better
row() {
    verdict=$(awk -v v="$2" -v l="$3" 'BEGIN { print (v != "" && v + 0 <= l + 0) ? "holds" : "MISSED" }')
    [ "$verdict" = holds ] || missed=1
    printf '| %s | %s | <= %s | %s |\n' "$1" "$2" "$3" "$verdict"
}
drivers() { awk -F, -v keep="$2" 'NR == 1 || $2 ~ keep' "$1/drivers.csv"; }
some_splits() { awk -F, -v keep="$2" 'NR == 1 || $1 ~ keep' "$1/splits.csv"; }
# forecast SET DRIVERS SPLITS SERIES MODELS OUT
forecast() {
    "$gnomon" backtest --activity "$1/activity.csv" --drivers "$2" --splits "$3" --series "$4" --models "$5" --predictions "$6" >"$6.txt"
}
# wape SET OUT SERIES MODEL [EVENT-DRIVER]: over all origins; with a driver only the days it names (own or common)
wape() {
    awk -F, -v series="$3" -v model="$4" -v event="${5:-}" '
        FILENAME ~ /drivers.csv$/ { if ($2 == event && $4 + 0 != 0) on[$3] = 1; next }
        FILENAME ~ /activity.csv$/ { if ($1 == series) y[$2] = $3; next }
        FNR == 1 { for (i = 1; i <= NF; i++) if ($i == "q0.5") q = i; next }
        $1 == series && $5 == model && ($3 in y) && (event == "" || ($3 in on)) { e = $q - y[$3]; sum += e < 0 ? -e : e; all += y[$3] }
        END { if (all > 0) printf "%.4f", sum / all }' "$1/drivers.csv" "$1/activity.csv" "$2"
}
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { if (b + 0 > 0) printf "%.3f", a / b }'; }
change() { awk -v a="$1" -v b="$2" 'BEGIN { if (b + 0 > 0) { x = a / b - 1; printf "%.4f", x < 0 ? -x : x } }'; }

echo "| test | reached | must hold | |"
echo "|---|---|---|---|"
if wanted sport || wanted none; then
    some_splits "$sport" '^R' >"$work/s.csv"
    drivers "$sport" 'us_holiday' >"$work/blind.csv"
    sports=addison_red,sox_35th,roosevelt,clark_lake,ohare
    drivers "$sport" '.' >"$work/all.csv"
    forecast "$sport" "$work/all.csv" "$work/s.csv" $sports "$model" "$work/with"
    forecast "$sport" "$work/blind.csv" "$work/s.csv" $sports "$model" "$work/without"
fi
if wanted sport; then
    row "finds the ball park: addison_red, with / without" "$(ratio "$(wape "$sport" "$work/with" addison_red "$model")" "$(wape "$sport" "$work/without" addison_red "$model")")" .6
    row "match days alone" "$(ratio "$(wape "$sport" "$work/with" addison_red "$model" cubs_home)" "$(wape "$sport" "$work/without" addison_red "$model" cubs_home)")" .6
    row "finds the ball park: sox_35th, with / without" "$(ratio "$(wape "$sport" "$work/with" sox_35th "$model")" "$(wape "$sport" "$work/without" sox_35th "$model")")" .65
    row "finds a rare effect: roosevelt, days of bears_home" "$(ratio "$(wape "$sport" "$work/with" roosevelt "$model" bears_home)" "$(wape "$sport" "$work/without" roosevelt "$model" bears_home)")" .5
fi
if wanted none; then
    drivers "$sport" 'us_holiday|cubs_home$' >"$work/cubs.csv"
    forecast "$sport" "$work/cubs.csv" "$work/s.csv" clark_lake,ohare "$model" "$work/cubs"
    for s in clark_lake ohare; do
        row "finds none: $s with cubs_home, change" "$(change "$(wape "$sport" "$work/cubs" $s "$model")" "$(wape "$sport" "$work/without" $s "$model")")" .02
    done
fi
if wanted strike; then
    some_splits "$flights" '^STRIKE' >"$work/t.csv"
    drivers "$flights" 'onset' >"$work/calm.csv"
    forecast "$flights" "$flights/drivers.csv" "$work/t.csv" belgium_lux "$model" "$work/struck"
    forecast "$flights" "$work/calm.csv" "$work/t.csv" belgium_lux,portugal "$model" "$work/blind"
    row "finds a rare effect: STRIKE1..7, strike days" "$(ratio "$(wape "$flights" "$work/struck" belgium_lux "$model" strike_announced)" "$(wape "$flights" "$work/blind" belgium_lux "$model" strike_announced)")" .5
    { cat "$work/calm.csv"; awk -F, -v OFS=, '$2 == "strike_announced" { $1 = "portugal"; print }' "$flights/drivers.csv"; } >"$work/portugal.csv"
    forecast "$flights" "$work/portugal.csv" "$work/t.csv" portugal "$model" "$work/portugal"
    row "finds none: portugal with Belgian strikes, change" "$(change "$(wape "$flights" "$work/portugal" portugal "$model")" "$(wape "$flights" "$work/blind" portugal "$model")")" .02
fi
if wanted shifted; then
    some_splits "$sport" '^R(1|5|9|13)$' >"$work/few.csv"
    for n in 1 2; do
        # the fixtures of n x 364 days later stand on this day
        awk -F, -v OFS=, -v n=$n '
            function day(t,  y, m, d) { y = substr(t, 1, 4) + 0; m = substr(t, 6, 2) + 0; d = substr(t, 9, 2) + 0; if (m < 3) { y--; m += 12 }
                return 365 * y + int(y / 4) - int(y / 100) + int(y / 400) + int((153 * m - 457) / 5) + d }
            NR == FNR { if (FNR > 1 && $2 ~ /home$/) v[$2, day($3)] = $4; next }
            FNR == 1 || $2 !~ /home/ { print; next }
            $2 ~ /home$/ { k = $2 SUBSEP (day($3) - 364 * n); if (k in v) { $4 = v[k]; print } }' "$sport/drivers.csv" "$sport/drivers.csv" >"$work/shift.csv"
        "$gnomon" backtest --activity "$sport/activity.csv" --drivers "$work/shift.csv" --splits "$work/few.csv" --models ridge --json >"$work/shift.json"
        row "is not fooled: fixtures shifted by $n x 364 days, entered of $(grep -o '"driver":"[a-z]*_home"' "$work/shift.json" | wc -l) tests" \
            "$(grep -o '"driver":"[a-z]*_home","used":true' "$work/shift.json" | wc -l)" 0
    done
fi
if wanted restart; then
    restart() { some_splits "$flights" "^$1\$" >"$work/r.csv"; forecast "$flights" "$flights/drivers.csv" "$work/r.csv" "$2" auto "$work/restart"
        row "restart: $1, $2" "$(wape "$flights" "$work/restart" "$2" auto | awk '{ printf "%.3f", $1 }')" "$3"; }
    restart ISR1 israel .684
    restart ISR4 israel .704
    restart ISR6 israel .624
    restart UKR1 moldova .514
    restart ISR3 israel .404
fi
if wanted worst; then
    some_splits "$flights" '^(COVID|STRIKE)' >"$work/w.csv"
    "$gnomon" backtest --activity "$flights/activity.csv" --drivers "$flights/drivers.csv" --splits "$work/w.csv" --models theta,auto >"$work/worst"
    row "worst case of auto over Theta, COVID and STRIKE1..7" "$(awk '$1 ~ /^(COVID|STRIKE)/ { w[$1, $2] = $3; s[$1] = 1 }
        END { for (i in s) { r = w[i, "auto"] / w[i, "theta"]; m = r > m ? r : m } printf "%.3f", m }' "$work/worst")" 1.05
fi
if wanted prices; then
    some_splits "$shops" '^R' >"$work/p.csv"
    "$gnomon" backtest --activity "$shops/activity.csv" --drivers "$shops/drivers.csv" --splits "$work/p.csv" --models auto --predictions "$work/prices" >"$work/prices.txt"
    # mean over the splits of the WAPE of a split
    by_split() {
        awk -F, -v keep="$1" 'FILENAME ~ /activity.csv$/ { y[$1, $2] = $3; next }
            FNR == 1 { for (i = 1; i <= NF; i++) if ($i == "q0.5") q = i; next }
            $1 ~ keep { e = $q - y[$1, $3]; sum[$2] += e < 0 ? -e : e; all[$2] += y[$1, $3] }
            END { for (o in sum) { w += sum[o] / all[o]; n++ } printf "%.4f", w / n }' "$shops/activity.csv" "$work/prices"
    }
    row "price mode: groups, R1..R7" "$(by_split '^[^t]|^t[^o]')" .09
    row "price mode: total_constant_prices" "$(by_split '^total_constant')" .045
fi
exit $missed
