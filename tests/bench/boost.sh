#!/bin/sh
# Our boosting beside Debian's XGBoost and scikit-learn at equal settings, one thread each, as one markdown table.
# Four minutes at most on a quiet machine. BENCH_SEEDS="1 2" takes fewer workloads, BENCH_FULL=1 adds native categories and the medium workload,
# BENCH_LARGE=1 the large one (5,000,000 rows, one seed); BENCH_QUANTILES="0.1 0.5 0.9" asks for more than one. Peers that are not installed are left out, and so are instructions without valgrind.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
bench=${GNOMON_BUILD:-$root/build}/bench-boost
python=/usr/bin/python3
peers="$python -B $root/tests/bench/boost_peers.py"
seeds=${BENCH_SEEDS:-1 2 3 4 5}
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
[ -x "$bench" ] || { echo "boost: no $bench, make it first" >&2; exit 1; }
"$python" -c 'import numpy' 2>/dev/null || { echo "boost: SKIP no workloads, python3-numpy is not installed"; exit 0; }
engines=
for engine in xgboost sklearn; do
    if "$python" -c "import $engine" 2>/dev/null; then
        engines="$engines $engine"
    else
        echo "boost: SKIP $engine, python3-$engine is not installed"
    fi
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# keep GROUP ENGINE SEED: adds one result to the table
keep() { sed "s/^{/{\"group\":\"$1\",\"engine\":\"$2\",\"seed\":$3,/" >> "$work/results"; }

# side_by_side GROUP FORM SEED QUANTILE NATIVE BINS: ours, then each peer
side_by_side() {
    "$bench" --train "$work/train.$2" --test "$work/test.$2" --target 0 --trees 200 --leaves 31 --rate 0.1 --bins "$6" --min-leaf 20 --threads 1 \
        --loss "$([ "$4" = 0 ] && echo squared || echo "quantile:$4")" ${5:+--categorical 0,1,2,3} --save "$work/ours.model" --json > "$work/one"
    keep "$1" gnomon "$3" < "$work/one"
    for engine in $engines; do
        [ "$engine" = xgboost ] && [ "$4" != 0 ] && continue
        $peers train "$engine" "$work" --bins "$6" --quantile "$4" ${5:+--native} > "$work/one"
        keep "$1" "$engine" "$3" < "$work/one"
    done
}

# instructions GROUP BINS: of training alone and of the whole way from CSV to a saved model
instructions() {
    if ! valgrind --tool=callgrind --callgrind-out-file="$work/callgrind" "$bench" --train "$work/train.csv" --bins "$2" --save "$work/ours.model" > "$work/log" 2>&1; then
        echo "boost: SKIP instructions, valgrind failed: $(tail -n 1 "$work/log")"
        return 0
    fi
    callgrind_annotate --inclusive=yes --threshold=100 "$work/callgrind" | tr -d , | awk '
        /PROGRAM TOTALS/ { all = $1 }
        /:train_phase/ { boost = $1 }
        END { if (boost == "") exit 1; printf "{\"boost_instructions\":%s,\"all_instructions\":%s}\n", boost, all }' > "$work/one"
    keep "$1" gnomon 0 < "$work/one"
}

for seed in $seeds; do
    $peers generate small "$work" "$seed"
    if [ "$seed" = "${seeds%% *}" ] && command -v valgrind > /dev/null; then
        instructions "small, 255 bins" 255
        instructions "small, 63 bins" 63
    fi
    side_by_side "small, 255 bins" csv "$seed" 0 "" 255
    side_by_side "small, 63 bins" csv "$seed" 0 "" 63
    for quantile in ${BENCH_QUANTILES:-0.9}; do
        for bins in 255 63; do
            side_by_side "small, $bins bins, quantile $quantile" csv "$seed" "$quantile" "" "$bins"
        done
    done
    [ -z "${BENCH_FULL:-}" ] || side_by_side "small, 255 bins, native categories" csv "$seed" 0 1 255
done
if [ -n "${BENCH_FULL:-}" ]; then
    for seed in $seeds; do
        $peers generate medium "$work" "$seed"
        side_by_side "medium, 255 bins" npy "$seed" 0 "" 255
    done
fi
if [ -n "${BENCH_LARGE:-}" ]; then
    $peers generate large "$work" "${seeds%% *}"
    side_by_side "large, 255 bins" npy "${seeds%% *}" 0 "" 255
fi
$peers table "$work/results"
