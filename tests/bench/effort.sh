#!/bin/sh
# What spare sun buys: the ratio of auto to the seasonal naive on the splits named R of the four real sets, by CPU seconds of search over the whole call, as a
# markdown table. Run as effort.sh [SECONDS...]; 0 is the default without a search. SETS="walmart bike-sharing" takes these alone. Fails where searching made the geometric mean more than 1 % worse.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/tests/bench/sets.sh"
gnomon=${GNOMON_BUILD:-$root/build}/gnomon
data=${GNOMON_DATA:-$root/../shared/data}/activity
[ -d "$data" ] || { echo "effort: SKIP no data, set GNOMON_DATA"; exit 0; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
[ $# -gt 0 ] || set -- 0 30 300
run() {
    effort=$1 set=$2
    case " ${SETS:-$set} " in *" $set "*) ;; *) return 0 ;; esac
    head -1 "$data/$set/splits.csv" > "$work/splits"
    grep '^R' "$data/$set/splits.csv" >> "$work/splits"
    # shellcheck disable=SC2046
    "$gnomon" backtest --activity "$data/$set/activity.csv" --drivers "$data/$set/drivers.csv" --splits "$work/splits" $(scope "$set") \
        --models naive,auto --effort "$effort" | awk '$1 == "mean" && $2 == "naive" { naive = $3 } $1 == "mean" && $2 == "auto" { print $3 / naive, $11 }'
}
echo "| effort, s | ${SETS:-walmart, kiel-bakery, bike-sharing, m5-foods}: ratio | geometric mean | CPU s in all |"
echo "|---|---|---|---|"
for effort in "$@"; do
    {
        run "$effort" walmart
        run "$effort" kiel-bakery
        run "$effort" bike-sharing
        run "$effort" m5-foods
    } | awk -v effort="$effort" '{ line = line sprintf(" %.3f", $1); sum += log($1); cpu += $2 }
        END { printf "| %s |%s | %.4f | %.0f |\n", effort, line, exp(sum / NR), cpu }' | tee -a "$work/table"
done
awk -F'|' 'NR == 1 { first = $4 } $4 > 1.01 * first { bad = 1 } END { exit bad }' "$work/table"
