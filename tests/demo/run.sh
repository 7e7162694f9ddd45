#!/bin/sh
# The real daemon in simulated surroundings: a morning on a solar box, from the cold night to a training granted by the sun. `make demo` calls it as
# BUILD=build SEED=7 sh tests/demo/run.sh. Everything stays below $BUILD/demo, so that the answers can be looked at afterwards.
set -u

BUILD=${BUILD:-build}
SEED=${SEED:-7}
SPEED=${SPEED:-1440}            # calendar seconds in one second
HOURS=${HOURS:-14}
BUSINESSES=${BUSINESSES:-10}
BATTERY_AH=80
DATE=2026-05-14 BEGIN=03:30

root=$(pwd)
case $BUILD in /*) ;; *) BUILD=$root/$BUILD ;; esac
demo=$BUILD/demo
conf=$demo/gnomon.conf
world= daemon= painter=

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
    bold=$(printf '\033[1m') dim=$(printf '\033[2m') green=$(printf '\033[32m') red=$(printf '\033[31m') plain=$(printf '\033[0m')
else
    bold= dim= green= red= plain=
fi

say() { printf '%s%s%s\n' "$bold" "$*" "$plain"; }
fail() { printf '%sdemo: %s%s\n' "$red" "$*" "$plain" >&2; exit 1; }

clean_up() {
    trap - EXIT
    for pid in $daemon $world; do kill "$pid" 2>/dev/null; done
    wait 2>/dev/null
}
trap clean_up EXIT
trap 'exit 130' INT TERM

for program in gnomond gnomon gnomon-world; do
    [ -x "$BUILD/$program" ] || fail "$BUILD/$program is not built; run make first"
done
rm -rf "$demo"
mkdir -p "$demo/state/inbox" "$demo/run" || fail "cannot make $demo"

# ---- the surroundings: sky, panel, battery, charge controller, five providers, a town's CRM ----

"$BUILD/gnomon-world" --seed "$SEED" --start "${DATE}T${BEGIN}" --speed "$SPEED" --http-port 0 --modbus-port 0 \
    --businesses "$BUSINESSES" --battery-ah "$BATTERY_AH" --inbox "$demo/state/inbox" --ready-file "$demo/ready" >"$demo/world.log" 2>&1 &
world=$!
tries=0
until [ -s "$demo/ready" ]; do
    kill -0 "$world" 2>/dev/null || { cat "$demo/world.log" >&2; fail "the simulated surroundings did not start"; }
    tries=$((tries + 1))
    [ $tries -lt 100 ] || fail "the simulated surroundings were not ready within 10 s"
    sleep 0.1
done

# KEY=VALUE of the ready file, whatever the case of KEY; $2 where it has none.
ready() {
    value=$(sed -n "s/^$1=//Ip" "$demo/ready" | head -n 1)
    printf '%s' "${value:-$2}"
}
http=$(ready http_port "")
modbus=$(ready modbus_port "")
[ -n "$http" ] && [ -n "$modbus" ] && [ -n "$(ready start_ms "")" ] || fail "no ports or no time in $demo/ready"

# The surroundings' calendar has begun to run: the daemon starts where it stands now. Both count from the machine's monotonic clock.
calendar() {
    now_ms=$(awk '{ printf "%d", $1 * 1000 }' /proc/uptime)
    ran_ms=$((now_ms - $(ready mono_ms "$now_ms")))
    [ $ran_ms -ge 0 ] && [ $ran_ms -lt 20000 ] || ran_ms=0
    date -u -d "@$((($(ready start_ms "") + ran_ms * SPEED) / 1000))" +%Y-%m-%dT%H:%M:%SZ
}

# ---- the daemon's configuration: what an operator would write, with the providers' addresses replaced ----

{
    cat <<END
[site]
name = demo-box
latitude = 50.85
longitude = 4.35
zone = Europe/Brussels
country = BE
contact = demo@example.org

[paths]
state = $demo/state
runtime = $demo/run
share = $root/config

[controller tracer]
map = epever
line = tcp:127.0.0.1:$modbus
poll = 30s

[battery]
chemistry = lifepo4
capacity_ah = $BATTERY_AH

[energy]
watts_per_core = 7
stale = 20m
END
    for definition in config/feeds/*.conf; do
        feed=$(basename "$definition" .conf)
        case $feed in
        met-norway | eurostat-hicp | eurostat-hicp-first | gdelt-raw | openligadb)
            printf '\n[feed %s]\nuse = yes\nlocal = yes\nbase = http://127.0.0.1:%s\n' "$feed" "$http"
            [ "$feed" != openligadb ] || printf 'league = bl1\nseason = 2025\n'
            ;;
        *) printf '\n[feed %s]\nuse = no\n' "$feed" ;;
        esac
    done
} >"$conf"

# ---- the morning ----

say "A solar box on $DATE from $BEGIN, $HOURS hours in about $((HOURS * 3600 / SPEED)) s (seed $SEED). What follows is the daemon's own log."
mkfifo "$demo/pipe" || fail "cannot make a pipe"
# Keeps every line; shows it, decisions and warnings in colour.
tee "$demo/gnomond.log" <"$demo/pipe" |
    sed -u -e "s/.*refused.*/$red&$plain/" -e "s/.*\(granted\|learned\).*/$green&$plain/" -e "s/^.\{11\} /$dim&$plain/" &
painter=$!
"$BUILD/gnomond" -c "$conf" --seed "$SEED" --speed "$SPEED" --start "$(calendar)" 2>"$demo/pipe" &
daemon=$!
left=$((HOURS * 3600 / SPEED))
while [ "$left" -gt 0 ] && kill -0 "$daemon" 2>/dev/null; do
    sleep 1
    left=$((left - 1))
done
kill -0 "$daemon" 2>/dev/null || fail "the daemon ended early"
kill -TERM "$daemon"
wait "$daemon"
status=$?
daemon=
wait "$painter"
[ $status = 0 ] || fail "the daemon ended with status $status"
kill "$world" 2>/dev/null
wait "$world" 2>/dev/null
world=

# ---- what is left: the published file ----

published=$demo/state/public/forecast.db
[ -f "$published" ] || fail "$published is missing"
ask() { sqlite3 -readonly "$published" "$1" || fail "the published file does not answer: $1"; }

say "What the CRM reads (ages count to the real today, since only the daemon's calendar was simulated):"
"$BUILD/gnomon" -c "$conf" forecast --next 1 >"$demo/forecast.txt" || fail "gnomon forecast failed"
grep -v -e '^$' -e '^OLD:' "$demo/forecast.txt"

series=$(ask 'SELECT count(*) FROM v1_series')
covered=$(ask 'SELECT count(DISTINCT series_id) FROM v1_forecast')
fetches=$(ask 'SELECT count(*) FROM v1_feed WHERE last_ok_at IS NOT NULL')
polls=$(sed -n 's/.*[;,] \([0-9]*\) polls.*/\1/p' "$demo/gnomond.log" | tail -n 1)
refused=$(grep -c 'train: refused' "$demo/gnomond.log")
granted=$(grep -c 'train: granted' "$demo/gnomond.log")
fallback=$(ask "SELECT count(*) FROM v1_forecast WHERE quality = 'fallback'")

echo
[ "${polls:-0}" -gt 0 ] || fail "the controller was never read"
[ "$fetches" -gt 0 ] || fail "no feed ever answered"
[ "$series" -gt 0 ] && [ "$series" = "$covered" ] || fail "forecasts for $covered of $series series"
[ "$refused" -gt 0 ] || fail "no training was ever refused: this battery was never low"
say "$series series forecast, $fetches feeds answered, $polls polls of the controller, training refused $refused and granted $granted time(s)."
if [ "$granted" = 0 ]; then
    [ "$fallback" -gt 0 ] || fail "nothing was learned, and the forecasts do not say that they are a fallback"
    say "A dull day: the battery never had enough to learn, so the forecasts are the seasonal baseline and say so (quality fallback)."
fi
say "See it again (the same file the CRM opens):"
cat <<END
  sqlite3 -readonly -header -column ${published#"$root"/} "SELECT series_id, target_date_local, p10, p50, p90, quality FROM v1_forecast LIMIT 10"
  ${BUILD#"$root"/}/gnomon -c ${conf#"$root"/} energy
END
