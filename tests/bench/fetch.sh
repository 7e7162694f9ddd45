#!/bin/sh
# What feeds cost: one HTTPS request on a kept handle, and a day of the default set.
exec python3 "$(dirname "$0")/fetch.py" "${GNOMON_BUILD:-build}"
