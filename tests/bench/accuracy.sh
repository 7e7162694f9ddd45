#!/bin/sh
# Accuracy on the four real sets with their splits, as a markdown table; fails where auto does not beat the seasonal naive, over the splits R and over all.
# Weather is not known in the test windows (setting "none"); no calendar is given beyond the sets' own drivers.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
gnomon=${GNOMON_BUILD:-$root/build}/gnomon
data=${GNOMON_DATA:-$root/../shared/data}/activity
[ -d "$data" ] || { echo "accuracy: SKIP no data, set GNOMON_DATA"; exit 0; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo "| set | model | WAPE, mean of R | / naive | special split | MASE | coverage 80 % | CPU s per fit and forecast |"
echo "|---|---|---|---|---|---|---|---|"
for set in walmart kiel-bakery bike-sharing m5-foods; do
    case $set in
    kiel-bakery) series=--series=G1,G2,G3,G4,G5 ;;
    bike-sharing) series=--series=total ;;
    m5-foods) series=--series=foods_revenue_usd ;;
    *) series= ;;
    esac
    # shellcheck disable=SC2086
    "$gnomon" backtest --activity "$data/$set/activity.csv" --drivers "$data/$set/drivers.csv" --splits "$data/$set/splits.csv" $series \
        --models naive,theta,ridge,boost,auto > "$work/$set"
    awk -v set="$set" '
        /^[A-Z0-9]+ +(naive|theta|ridge|boost|auto) / { n[$2]++; all[$2] += $3; if ($1 !~ /^R/) special[$2] = $1 " " $3 }
        /^mean +(naive|theta|ridge|boost|auto) +[0-9]/ { wape[$2] = $3; mase[$2] = $4; cover[$2] = $8; cpu[$2] = $11; order[++k] = $2 }
        END {
            for (i = 1; i <= k; i++) {
                m = order[i]
                printf "| %s | %s | %.4f | %.3f | %s | %.3f | %.1f %% | %.3f |\n", set, m, wape[m], wape[m] / wape["naive"], special[m] == "" ? "-" : special[m], mase[m], 100 * cover[m], cpu[m] / n[m]
            }
            if (k != 5 || wape["auto"] >= wape["naive"] || all["auto"] >= all["naive"]) { print "accuracy: auto does not beat the naive on " set > "/dev/stderr"; exit 1 }
        }' "$work/$set"
done
