#!/bin/sh
# When may the box work? The refill rule against what people do today, on five solar systems, in simulated years.
#
# Against --policy none on the same seed (which, like all rules but refill, acts on no forecast and is run without any): hours added without the box running (battery empty, or stopped by itself: mode halt), jobs done, their mean delay, the
# share of their energy that would have been thrown away ((thrown away of none - of this run) / energy of the work), and that energy. Then what saver states
# that lower the base load by 1.5 W are worth.
#
#   SEEDS=20 PARALLEL=4 sh tests/bench/policies.sh          all of it; a year takes five to ten CPU seconds, so this takes an hour
#   SYSTEMS="b c" FORECASTS=poor POLICIES="refill soc:70,60" FIRST=5 SEEDS=3 sh tests/bench/policies.sh
#   START=2025-10-01 DAYS=182 sh tests/bench/policies.sh    one winter, where all the hours are
#   KEEP=DIR keeps each run's JSON there and does not run twice what is there already.
#   LEARNER=1 adds what the daemon's own learner draws in such a year (30 series; two CPU minutes): so little that every policy would look safe with it.
# Fails where refill adds more than 0.1 h a year on average or 0.5 h in one seed, or takes less than 95 % from light that would have been thrown away; where
# soc:50,40 adds more than 2 h in fewer than three of at least three systems (the simulation would be too kind); and where the saver states take away less than
# two thirds of the hours.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
gnomon=${GNOMON_BUILD:-$root/build}/gnomon
data=${GNOMON_DATA:-$root/../shared/data}/solar/tmy_pvgis_45N_8E_hourly.csv.gz
seeds=${SEEDS:-1} first=${FIRST:-1} days=${DAYS:-365} start=${START:-2025-01-01} parallel=${PARALLEL:-2}
systems=${SYSTEMS:-a b c d e} forecasts=${FORECASTS:-good poor none} policies=${POLICIES:-refill soc:50,40}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
out=${KEEP:-$work/runs}
mkdir -p "$out"
status=0
if [ -r "$data" ]; then zcat "$data" > "$work/45n.csv"; else systems=$(echo "$systems" | tr -d a); echo "policies: SKIP 45 N, no measured year; set GNOMON_DATA"; fi

title() {
    case $1 in
    a) echo "45 N measured, 200 W, 640 Wh LiFePO4" ;;
    b) echo "52 N, 100 W, 640 Wh LiFePO4" ;;
    c) echo "52 N, 300 W, 1.28 kWh LiFePO4" ;;
    d) echo "52 N, 300 W, 1.2 kWh lead (AGM)" ;;
    e) echo "52 N, 300 W, 1.28 kWh LiFePO4, 2 h of work every day" ;;
    esac
}

plant() {
    case $1 in
    a) echo "--site 45,8 --irradiance $work/45n.csv --panel 200,35,180 --battery 50,lifepo4" ;;
    b) echo "--site 52,4.35 --panel 100,35,180 --battery 50,lifepo4" ;;
    c | e) echo "--site 52,4.35 --panel 300,35,180 --battery 100,lifepo4" ;;
    d) echo "--site 52,4.35 --panel 300,35,180 --battery 100,agm" ;;
    esac
    case $1 in
    e) echo "--job 120min/day@7W" ;;
    *) echo "--job 20min/day@7W --job 120min/week@7W" ;;
    esac
}

# System, policy, forecast, saver watts, seed: the name of the run's JSON.
file_of() {
    echo "$out/$1-$(echo "$2" | tr ':,' '--')-$3-$4-$5-$start-$days.json"
}

wish() {
    [ -s "$(file_of "$@")" ] || echo "$@" >> "$work/wishes"
}

run_one() {
    # shellcheck disable=SC2046
    "$gnomon" simulate --json --series 0 --poll 300 --load 8 --start "$start" --days "$days" $(plant "$1") --policy "$2" --forecast "$3" --saver-w "$4" --seed "$5" --share "$root/config" \
        > "$(file_of "$@").part" && mv "$(file_of "$@").part" "$(file_of "$@")"
}

# seed not_running_h thrown_away_wh work_wh wanted done delay_sum battery_empty_h saving_h
figures() {
    [ -s "$(file_of "$@")" ] || { echo "policies: the run $* failed" >&2; exit 1; }
    tr '{' '\n' < "$(file_of "$@")" | awk -v seed="$5" '
        function of(key) { return match($0, "\"" key "\":[-0-9.e+]+") ? substr($0, RSTART + length(key) + 3, RLENGTH - length(key) - 3) + 0 : 0 }
        /"not_running_h"/ { off = of("not_running_h") }
        /"battery_empty_h"/ { empty = of("battery_empty_h") }
        /"saver1_h"/ { saving = of("saver1_h") + of("saver2_h") }
        /"thrown_away_wh"/ { thrown = of("thrown_away_wh") }
        /"work_wh"/ { work = of("work_wh") }
        /"wanted"/ { wanted += of("wanted"); done += of("done"); delay += of("delay_d") * of("done") }
        END { print seed, off, thrown, work, wanted, done, delay, empty, saving }'
}

# What a policy knows of the weather.
known_to() {
    if [ "$1" = refill ]; then echo "$2"; else echo none; fi
}

each_seed() { seq "$first" $((first + seeds - 1)); }

collect() {
    : > "$work/$5"
    for seed in $(each_seed); do figures "$1" "$2" "$3" "$4" "$seed" >> "$work/$5"; done
}

# ---- all runs first, some at a time ----
: > "$work/wishes"
for system in $systems; do for forecast in $forecasts; do for seed in $(each_seed); do
    for policy in none $policies; do wish "$system" "$policy" "$(known_to "$policy" "$forecast")" 0 "$seed"; done
done; done; done
case " $systems " in *" c "*) saver=1 ;; *) saver=0 ;; esac
[ "$saver" = 0 ] || for seed in $(each_seed); do for w in 0 1.5; do wish c refill good "$w" "$seed"; done; done
sort -u "$work/wishes" > "$work/todo"
running=0
while read -r system policy forecast w seed; do
    run_one "$system" "$policy" "$forecast" "$w" "$seed" &
    running=$((running + 1))
    [ $((running % parallel)) -ne 0 ] || wait
done < "$work/todo"
wait

# ---- what they say ----
echo "| system | forecast | policy | h added, mean | most | of it battery empty, mean | most | done | delay, days | from light thrown away | Wh of work | h not running |"
echo "|---|---|---|---|---|---|---|---|---|---|---|---|"
for system in $systems; do for forecast in $forecasts; do
    collect "$system" none none 0 none
    for policy in $policies; do
        [ "$policy" = refill ] || [ "$forecast" = "${forecasts%% *}" ] || continue
        collect "$system" "$policy" "$(known_to "$policy" "$forecast")" 0 this
        paste -d' ' "$work/none" "$work/this" | awk -v title="$(title "$system")" -v forecast="$(known_to "$policy" "$forecast")" -v policy="$policy" -v soc="$work/soc.$system" '
            { n++; added = $11 - $2; sum += added; if (n == 1 || added > most) most = added; thrown += $3 - $12; wh += $13 - $4; wanted += $14; done += $15; delay += $16; off += $11 }
            { empty = $17 - $8; empties += empty; if (n == 1 || empty > emptiest) emptiest = empty }
            END {
                share = wh > 0 ? 100 * thrown / wh : 100
                late = done > 0 ? delay / done : 0
                printf("| %s | %s | %s | %+.2f | %+.2f | %+.2f | %+.2f | %.0f of %.0f | %.2f | %.1f %% | %.0f | %.1f |\n", title, forecast, policy, sum / n, most, empties / n, emptiest, done / n, wanted / n, late, share, wh / n, off / n)
                if (policy == "soc:50,40" && sum / n > 2)
                    print title > soc
                exit policy == "refill" && (sum / n > 0.1 || most > 0.5 || share < 95)
            }' || { status=1; echo "policies: refill misses its target on $(title "$system") ($forecast)" >&2; }
    done
done; done

case " $policies " in *" soc:50,40 "*) ;; *) systems= ;; esac
if [ "$(echo "$systems" | wc -w)" -ge 3 ]; then
    hard=$(find "$work" -name 'soc.*' | wc -l)
    echo "soc:50,40 adds more than 2 h in $hard of $(echo "$systems" | wc -w) systems"
    [ "$hard" -ge 3 ] || status=1
fi
if [ "$saver" = 1 ]; then
    collect c refill good 0 plain
    collect c refill good 1.5 dimmed
    echo
    paste -d' ' "$work/plain" "$work/dimmed" | awk -v hours=$((days * 24)) '{ plain += $2; dimmed += $11; saving += $18; if (n == 0 || $18 > longest) longest = $18; n++ } END {
        less = plain > 0 ? 100 * (1 - dimmed / plain) : 0
        printf("52 N, 300 W, 1.28 kWh: saver states that lower the base load by 1.5 W take the hours in which the box does not run from %.1f to %.1f (%.1f %% less); it saved in %.0f %% of all hours, at most %.0f %%\n", plain / n, dimmed / n, less, 100 * saving / n / hours, 100 * longest / hours)
        exit plain > 0 && less < 200 / 3 }' || { status=1; echo "policies: the saver states miss their target" >&2; }
fi
if [ "${LEARNER:-0}" != 0 ]; then
    own=$out/learner-$start-$days.json
    # shellcheck disable=SC2046
    [ -s "$own" ] || "$gnomon" simulate --json --series 30 --load 8 --start "$start" --days "$days" $(plant c | head -1) --seed "$first" --share "$root/config" > "$own"
    tr '{,' '\n\n' < "$own" | awk -F: '
        { gsub(/"/, "", $1); wh[$1] = $2 / 3600 }
        END { printf("\nThe learner itself, 30 series on 52 N, 300 W, 1.28 kWh: training %.2g Wh, searches %.2g Wh, forecasts %.2g Wh, writing forecast.db %.2g Wh\n", wh["train"], wh["search"], wh["refresh"], wh["publish"]) }'
fi
exit $status
