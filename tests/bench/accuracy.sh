#!/bin/sh
# Accuracy on the four real sets with their splits, as a markdown table; fails where auto does not beat the seasonal naive, over the splits R and over all.
# Weather is not known in the test windows (setting "none"); public holidays come by name from --calendar. The last line holds the geometric means of the ratios.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/tests/bench/sets.sh"
gnomon=${GNOMON_BUILD:-$root/build}/gnomon
data=${GNOMON_DATA:-$root/../shared/data}/activity
[ -d "$data" ] || { echo "accuracy: SKIP no data, set GNOMON_DATA"; exit 0; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
models=${1:-ridge,boost,auto}
echo "| set | model | WAPE, mean of R | / naive | special split | / naive | coverage 80 / 95 % | CPU s per fit and forecast |"
echo "|---|---|---|---|---|---|---|---|"
for set in walmart kiel-bakery bike-sharing m5-foods; do
    # shellcheck disable=SC2046
    "$gnomon" backtest --activity "$data/$set/activity.csv" --drivers "$data/$set/drivers.csv" --splits "$data/$set/splits.csv" $(scope "$set") \
        --models "naive,$models" > "$work/$set"
    awk -v set="$set" '
        /^[A-Z0-9]+ +[a-z]+ +[0-9]/ { n[$2]++; all[$2] += $3; if ($1 !~ /^R/) { name = $1; special[$2] = $3 } }
        /^mean +[a-z]+ +[0-9]/ { wape[$2] = $3; cover[$2] = sprintf("%.0f / %.0f", 100 * $8, 100 * $9); cpu[$2] = $11; order[++k] = $2 }
        END {
            for (i = 1; i <= k; i++) {
                m = order[i]
                if (m == "naive")
                    continue
                extra = name == "" ? "- | -" : sprintf("%s %.4f | %.3f", name, special[m], special[m] / special["naive"])
                printf "| %s | %s | %.4f | %.3f | %s | %s | %.2f |\n", set, m, wape[m], wape[m] / wape["naive"], extra, cover[m], cpu[m] / n[m]
            }
            if ("auto" in wape && (wape["auto"] >= wape["naive"] || all["auto"] >= all["naive"])) {
                print "accuracy: auto does not beat the naive on " set > "/dev/stderr"
                exit 1
            }
        }' "$work/$set" | tee -a "$work/table"
done
awk -F' *[|] *' '{ sum[$3] += log($5); n[$3]++ } END { for (m in sum) printf "geometric mean of the ratios, %s: %.3f\n", m, exp(sum[m] / n[m]) }' "$work/table"
