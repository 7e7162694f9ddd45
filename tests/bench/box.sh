#!/bin/sh
# Budgets of the box (memory, CPU, wake-ups, bytes, start and stop), beside their targets.
exec python3 "$(dirname "$0")/box.py" "${GNOMON_BUILD:-build}" "${BENCH_SECONDS:-120}"
