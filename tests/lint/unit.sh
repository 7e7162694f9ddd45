#!/bin/sh
# Gates for systemd/: the unit is well formed and as confined as the design says (score x 10: 15 with serial lines, 12 with Modbus TCP only); users and
# directories parse. Each gate is skipped, and says so, where its tool is not installed.
set -eu
root=${GNOMON_ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}
unit=$root/systemd/gnomon.service
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "unit: $*" >&2; exit 1; }

# What section 7 of the design settled, in so many words.
for line in Type=notify WatchdogSec=120 Restart=on-failure RestartSec=30 StartLimitIntervalSec=0 'RestartPreventExitStatus=64 65 78' StateDirectory=gnomon \
    StateDirectoryMode=0751 User=gnomon NoNewPrivileges=yes ProtectSystem=strict; do
    grep -qxF "$line" "$unit" || fail "$unit lacks '$line'"
done
grep -qE '^d /var/lib/gnomon/inbox +3730 gnomon gnomon-in ' "$root/systemd/gnomon.tmpfiles" || fail "the inbox is not 3730 gnomon:gnomon-in"

if command -v systemd-analyze > /dev/null; then
    # The programs need not be installed for the check.
    sed 's#/usr/sbin/gnomond -c [^ ]*#/bin/true#' "$unit" > "$work/gnomon.service"
    systemd-analyze verify --man=no "$work/gnomon.service" > "$work/verify" 2>&1 || { cat "$work/verify" >&2; fail "systemd-analyze verify"; }
    if grep -q 'gnomon\.service' "$work/verify"; then cat "$work/verify" >&2; fail "systemd-analyze verify warns"; fi
    systemd-analyze security --offline=yes --threshold=15 "$work/gnomon.service" > "$work/serial" 2>&1 || { cat "$work/serial" >&2; fail "more exposed than 1.5"; }
    sed -e '/^DeviceAllow=/d' -e 's/^SupplementaryGroups=.*/SupplementaryGroups=gnomon-in/' -e '/^DevicePolicy=/a PrivateDevices=yes' "$work/gnomon.service" > "$work/gnomon-tcp.service"
    systemd-analyze security --offline=yes --threshold=12 "$work/gnomon-tcp.service" > "$work/tcp" 2>&1 || { cat "$work/tcp" >&2; fail "with TCP only more exposed than 1.2"; }
    echo "unit: verified, exposure $(sed -n 's/.*gnomon.service: \([0-9.]*\).*/\1/p' "$work/serial"), TCP only $(sed -n 's/.*gnomon-tcp.service: \([0-9.]*\).*/\1/p' "$work/tcp")"
else
    echo "unit: SKIP systemd-analyze is not installed"
fi

if command -v systemd-sysusers > /dev/null; then
    mkdir -p "$work/sys/etc"
    systemd-sysusers --root="$work/sys" "$root/systemd/gnomon.sysusers" > "$work/users" 2>&1 || { cat "$work/users" >&2; fail "sysusers"; }
    grep -q '^gnomon:' "$work/sys/etc/passwd" && grep -q '^gnomon-in:.*:gnomon$' "$work/sys/etc/group" || fail "sysusers made neither the user nor the group"
    echo "unit: users made in a scratch root"
else
    echo "unit: SKIP systemd-sysusers is not installed"
fi

if command -v systemd-tmpfiles > /dev/null && [ "$(id -u)" = 0 ] && [ -f "$work/sys/etc/passwd" ]; then
    systemd-tmpfiles --root="$work/sys" --create "$root/systemd/gnomon.tmpfiles" > "$work/tmpfiles" 2>&1 || { cat "$work/tmpfiles" >&2; fail "tmpfiles"; }
    [ "$(stat -c %a "$work/sys/var/lib/gnomon/inbox")" = 3730 ] || fail "tmpfiles made an inbox of mode $(stat -c %a "$work/sys/var/lib/gnomon/inbox")"
    [ "$(stat -c %a "$work/sys/var/lib/gnomon")" = 751 ] || fail "tmpfiles made a state directory of another mode"
    echo "unit: directories made in a scratch root"
else
    echo "unit: SKIP systemd-tmpfiles (not installed, or not root)"
fi

if command -v man > /dev/null; then
    for page in "$root"/man/*.[1-8]; do
        MANWIDTH=100 man --warnings -l "$page" > /dev/null 2> "$work/man" || fail "$page cannot be formatted"
        if [ -s "$work/man" ]; then cat "$work/man" >&2; fail "$page has warnings"; fi
    done
    echo "unit: manual pages without warnings"
else
    echo "unit: SKIP man is not installed"
fi
