#!/bin/sh
# Installs what Debian 12 lacks to build (`build`, the default) or to build and test (`test`) gnomon.
# Does nothing, in milliseconds, when all is there. `print` lists the packages without installing them.
set -u

BUILD_PACKAGES="gcc make libc6-dev libinih-dev libcsv-dev libcjson-dev libmodbus-dev libcurl4-openssl-dev libsqlite3-dev
libopenblas-serial-dev libsystemd-dev libical-dev libmicrohttpd-dev ca-certificates tzdata sqlite3"
TEST_PACKAGES="check openssl python3-pymodbus python3-serial python3-serial-asyncio socat"

wanted=
for list in "${@:-build}"; do
    case "$list" in
    build) wanted="$wanted $BUILD_PACKAGES" ;;
    test) wanted="$wanted $BUILD_PACKAGES $TEST_PACKAGES" ;;
    print) echo $BUILD_PACKAGES $TEST_PACKAGES; exit 0 ;;
    *) echo "usage: sh tests/deps.sh [build|test|print]" >&2; exit 64 ;;
    esac
done

if ! command -v dpkg-query >/dev/null 2>&1; then
    echo "gnomon: this is not Debian, so nothing is installed; needed are the equivalents of:" $wanted >&2
    exit 0
fi

# One dpkg-query for all: a package it does not know is simply not in the answer.
# shellcheck disable=SC2086
known=$(dpkg-query -W -f '|${db:Status-Status} ${Package}|' $wanted 2>/dev/null)
missing=
for package in $wanted; do
    case "$known" in
    *"|installed $package|"*) ;;
    *) missing="$missing $package" ;;
    esac
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" != 0 ]; then
    if ! command -v sudo >/dev/null 2>&1; then
        echo "gnomon: packages are missing and neither root nor sudo is at hand; as root run: apt-get install -y --no-install-recommends$missing" >&2
        exit 77
    fi
    as_root=sudo
fi

log=$(mktemp) || exit 73
trap 'rm -f "$log"' EXIT
apt() {
    $as_root env DEBIAN_FRONTEND=noninteractive LC_ALL=C apt-get -qq -y -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 "$@" </dev/null >>"$log" 2>&1
}
install() {
    # shellcheck disable=SC2086
    apt install --no-install-recommends $missing
}

echo "gnomon: installing$missing" >&2
# The package lists may be absent or older than the mirror: only then are they fetched, and the installation tried once more.
install || { apt update -o Acquire::Retries=2; install; } && exit 0

tail -n 8 "$log" >&2
unreachable='Temporary failure resolving|Could not resolve|Could not connect|Unable to connect|Network is unreachable|Connection timed out|Connection refused'
if grep -qE "$unreachable" "$log"; then
    echo "gnomon: no Debian mirror can be reached (offline?); connect, or install these from a local medium:$missing" >&2
    exit 69
fi
echo "gnomon: apt-get could not install:$missing" >&2
exit 69
