#!/bin/sh
# Each rule of lint.sh must refuse the breach planted for it in planted/*.tree, with the message expected, and let the clean tree pass.
# A .tree is "expect TEXT" and then files, each after a line "--- PATH"; it is laid over clean.tree. "libgnomon.list" names the library's objects.
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd) || exit 2
cc=${CC:-gcc}
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 2' INT TERM
failed=0 passed=0

# Writes the files of a .tree below a folder and tells their names.
unpack() {
    awk -v to="$2" '
    /^--- / { file = to "/" $2; folder = file; sub(/\/[^\/]*$/, "", folder); system("mkdir -p " folder); print $2; printf "" >file; next }
    /^expect / && !file { next }
    { print >file }' "$1"
}

# Headers of libraries may be absent here, so a source that only includes one is compiled without its text.
compile() {
    mkdir -p "$2/build/$(dirname "$1")"
    $cc -D_GNU_SOURCE -I"$2/include" -I"$2/src" -std=gnu17 -O2 -fPIE -D_FORTIFY_SOURCE=2 -c -o "$2/build/${1%.c}.o" "$2/$1" 2>"$work/errors" && return
    grep -q '#error' "$2/$1" && return
    : | $cc -x c -c -o "$2/build/${1%.c}.o" -
}

build_tree() {
    unpack "$1" "$2" | while read -r file; do
        case $file in *.c) compile "$file" "$2" ;; esac
    done
    [ ! -f "$2/libgnomon.list" ] || (cd "$2/build/src" && rm -f ../libgnomon.a && xargs ar rcs ../libgnomon.a) <"$2/libgnomon.list"
}

judge() {
    expected=$(sed -n 's/^expect //p' "$1")
    if [ "$3" = "$4" ] && grep -qF "$expected" "$2"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "lint test $(basename "$1" .tree): exit $3, wanted \"$expected\", got:"
        sed 's/^/    /' "$2"
    fi
}

build_tree "$here/planted/clean.tree" "$work/clean"
LINT_ROOT=$work/clean sh "$here/lint.sh" "$work/clean/build" >"$work/told" 2>&1
judge "$here/planted/clean.tree" "$work/told" $? 0
for tree in "$here"/planted/*.tree; do
    [ "$(basename "$tree")" = clean.tree ] && continue
    rm -rf "$work/tree"
    cp -R "$work/clean" "$work/tree"
    build_tree "$tree" "$work/tree"
    LINT_ROOT=$work/tree sh "$here/lint.sh" "$work/tree/build" >"$work/told" 2>&1
    judge "$tree" "$work/told" $? 1
done
[ $failed = 0 ] || { echo "lint: $failed of $((passed + failed)) planted breaches were not told as expected"; exit 1; }
echo "lint: $passed planted trees judged as expected"
