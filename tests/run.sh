#!/bin/sh
# Runs one test program and prints its report in one piece, so that two at a time stay readable.
out=$("$1" 2>&1)
status=$?
printf '%s\n' "$out"
[ $status -eq 0 ] || echo "FAILED: $1 (status $status)"
exit $status
