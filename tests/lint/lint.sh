#!/bin/sh
# lint.sh BUILD: what the house rules say and a compiler does not check. Prints each breach and exits 1. LINT_ROOT: another tree (for test.sh).
#   layers   an include only goes down
#   owners   a library's header only in its owner's folder
#   pure     pure objects refer to what symbols.allow names, or to each other
#   state    no writable variable in pure objects, nor at file scope anywhere outside the main files
#   library  libgnomon.a needs nothing of ours that it does not hold
#   cycles   neither objects nor modules (x.c with x.h) need each other in a circle
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd) || exit 2
build=${1:?usage: lint.sh BUILD}
case $build in /*) ;; *) build=$PWD/$build ;; esac
cd "${LINT_ROOT:-$here/../..}" || exit 2
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 2' INT TERM

# ---- what there is ----

ls src/*.c src/*/*.c 2>/dev/null | sed 's,^src/,,' >"$work/sources"
ls src/*.c src/*/*.[ch] include/gnomon/*.h 2>/dev/null >"$work/texts"
sed -n '/^[^#]/p' "$here/pure.list" >"$work/pure.patterns"

is_pure() {
    pure=1
    while read -r pattern; do
        # The patterns are meant as such.
        # shellcheck disable=SC2254
        case $pattern in
        !*) case $1 in ${pattern#!}) pure=1 ;; esac ;;
        *) case $1 in $pattern) pure=0 ;; esac ;;
        esac
    done <"$work/pure.patterns"
    return $pure
}

missing=0
: >"$work/objects"
while read -r source; do
    object=$build/src/${source%.c}.o
    kind=open
    is_pure "$source" && kind=pure
    case $source in */*) ;; *) kind=main ;; esac
    if [ -f "$object" ]; then
        echo "$object $source $kind" >>"$work/objects"
    else
        echo "lint: src/$source is not built in $build"
        missing=1
    fi
done <"$work/sources"
[ -s "$work/objects" ] || { echo "lint: nothing is built in $build"; exit 1; }

# FILE LINE HEADER of every include.
xargs awk '/^[ \t]*#[ \t]*include[ \t]*[<"]/ {
    split($0, part, /[<>"]/); print FILENAME, FNR, part[2], (index($0, "<") ? "<" : "\"") }' <"$work/texts" >"$work/includes"

# OBJECT TYPE SYMBOL, the object by its source name.
cut -d ' ' -f 1 "$work/objects" | xargs nm -A -P | awk -v map="$work/objects" '
    BEGIN { while ((getline line < map) > 0) { split(line, f, " "); name[f[1] ":"] = f[2] } }
    { print name[$1], $3, $2 }' >"$work/symbols"
if grep -q ' U __\(asan\|ubsan\|tsan\|sanitizer\)_' "$work/symbols"; then
    echo "lint: $build is a sanitizer build; lint an ordinary one"
    exit 2
fi

# ---- layers and owners ----

check_layers() {
    awk '
    FILENAME ~ /layers\.list$/ {
        if ($1 ~ /:$/) { from = substr($1, 1, length($1) - 1); known[from] = 1; for (i = 2; i <= NF; i++) may[from, $i] = 1 }
        next
    }
    {
        split($1, part, "/"); here = part[1] == "include" ? "include/gnomon" : part[2]
        for (k in known) if (k ~ /\// && index($1, "src/" k) == 1) here = k      # a part of a folder with a line of its own
        slash = index($3, "/"); to = slash ? substr($3, 1, slash - 1) : ""
        if (here != "include/gnomon" && !(here in known)) { if (!(here in told)) print "src/" here ": no layer is stated in layers.list"; told[here] = 1; next }
        if (!(to in known) || to == here || (here, to) in may) next
        print $1 ":" $2 ": " (here ~ /^include/ ? here : "src/" here) " may not include " $3
    }' "$here/layers.list" "$work/includes"
}

standard='assert complex ctype errno fenv float inttypes limits locale math setjmp signal stdalign stdarg stdatomic stdbool stddef stdint stdio stdlib
    stdnoreturn string strings time wchar wctype dirent endian byteswap fcntl fnmatch ftw getopt glob grp ifaddrs libgen malloc netdb poll pwd regex sched spawn
    syslog sysexits termios unistd utime langinfo pty'

check_owners() {
    while read -r pattern owners; do
        case $pattern in \#* | '') continue ;; esac
        echo "$pattern|$owners"
    done <"$here/owners.list" >"$work/owners"
    awk -v standard="$standard" '
    FILENAME ~ /owners$/ { split($0, f, "|"); glob[++n] = f[1]; owners[n] = " " f[2] " "; next }
    function matches(name, pattern) { gsub(/[.]/, "[.]", pattern); gsub(/[*]/, ".*", pattern); return name ~ "^" pattern "$" }
    function owner_of(name,   i) { for (i = 1; i <= n; i++) if (matches(name, glob[i])) return i; return 0 }
    BEGIN { split(standard, s); for (i in s) plain[s[i] ".h"] = 1 }
    {
        split($1, part, "/"); where = part[1] == "include" ? "include" : part[2] ~ /[.]c$/ ? "main" : part[2]
        if ($4 == "\"" && !owner_of($3)) next
        if ($3 in plain || $3 ~ /^(sys|net|netinet|arpa|linux|asm)\//) next
        o = owner_of($3)
        if (!o) { print $1 ":" $2 ": nobody owns <" $3 ">; name its owner in owners.list"; next }
        if (index(owners[o], " " where " ")) next
        if (!index(owners[o], " " where ":1 ")) { print $1 ":" $2 ": <" $3 "> belongs to" substr(owners[o], 1, length(owners[o]) - 1); next }
        if ((o, where) in only && only[o, where] != $1) print $1 ":" $2 ": <" $3 "> is already in " only[o, where] "; one file of src/" where " may have it"
        only[o, where] = $1
    }' "$work/owners" "$work/includes"
}

# ---- pure objects ----

check_pure() {
    awk '
    FILENAME ~ /symbols\.allow$/ { if ($1 !~ /^#/ && NF) allowed[$1, NF > 1 ? $2 : ""] = 1; next }
    FILENAME ~ /objects$/ { kind[$2] = $3; next }
    FNR == 1 { pass++ }
    kind[$1] != "pure" { next }
    pass == 1 { if ($2 != "U" && $2 != "w") defined[$3] = 1; next }
    $2 == "U" || $2 == "w" {
        split($1, part, "/")
        if (!(($3, "") in allowed) && !(($3, part[1]) in allowed) && !($3 in defined)) print "src/" $1 ": is pure, but refers to " $3
    }' "$here/symbols.allow" "$work/objects" "$work/symbols" "$work/symbols"
}

# Whoever links the library alone must not miss a part of ours; what comes from outside is named in symbols.allow.
check_library() {
    [ -f "$build/libgnomon.a" ] || return 0
    nm -P "$build/libgnomon.a" | awk '
    FILENAME ~ /symbols\.allow$/ { if ($1 !~ /^#/ && NF) allowed[$1] = 1; next }
    $2 ~ /^[TDRBVW]$/ { defined[$1] = 1 }
    $2 == "U" { wanted[$1] = 1 }
    END { for (s in wanted) if (!(s in defined) && !(s in allowed)) print "libgnomon.a: refers to " s ", which it does not hold" }' "$here/symbols.allow" - | sort
}

# The section decides, not the letter of nm: position-independent code keeps constant tables of pointers in .data.rel.ro, which nm shows as data.
check_state() {
    cut -d ' ' -f 1 "$work/objects" | xargs objdump -t | awk '
    FILENAME ~ /objects$/ { source[$1] = $2; kind[$2] = $3; next }
    FILENAME ~ /state\.allow$/ { if ($1 !~ /^#/ && NF) excused[$1, $2] = 1; next }
    / file format / { object = $0; sub(/: +file format .*/, "", object); from = source[object]; next }
    /^[0-9a-f]+ / {
        rest = substr($0, index($0, " ") + 9); flags = substr($0, index($0, " ") + 1, 7)
        split(rest, f, /[ \t]+/); section = f[1]; variable = f[3]; sub(/[.][0-9]+$/, "", variable); sub(/^.*[.]/, "", variable)     # count.calls of clang, calls.0 of gcc
        writable = section == "*COM*" || (section ~ /^[.](data|bss|tdata|tbss)([.]|$)/ && section !~ /^[.]data[.]rel[.]ro/)
        named = flags ~ /O/ || section == "*COM*" || (section ~ /^[.]t/ && flags !~ /d/)     # thread-local ones carry no flag
        if (!writable || !named || kind[from] == "main" || (from, variable) in excused) next
        print "src/" from ": keeps state in " variable (kind[from] == "pure" ? " although it is pure" : "")
    }' "$work/objects" "$here/state.allow" -
}

# ---- cycles ----

# x.h, x.c and x_*.[ch] are one module when x.h exists (map_check.c and map_data.h belong to map): a part may know the whole it is a part of. Calls
# between the parts are watched by the graph of objects.
find_modules() {
    sed -n 's,^src/\(.*/.*\)$,\1,p' "$work/texts" | awk '
    { file[++n] = $0; there[$0] = 1 }
    END {
        for (i = 1; i <= n; i++) {
            whole = file[i]; sub(/[.][ch]$/, "", whole)
            for (at = index(whole, "/") + 1; at <= length(whole); at++)
                if (substr(whole, at, 1) == "_" && ((substr(whole, 1, at - 1) ".h") in there)) { whole = substr(whole, 1, at - 1); break }
            print file[i], whole
        }
    }' >"$work/modules"
}

object_edges() {
    awk 'FNR == 1 { pass++ }
    pass == 1 { if ($2 ~ /^[TDRBVW]$/) home[$3] = $1; next }
    $2 == "U" && $3 in home && home[$3] != $1 { print $1, home[$3] }' "$work/symbols" "$work/symbols" | sort -u
}

# A source without a header of its own is declared by another's (provider_met.c by providers.h): including that one is no need.
module_edges() {
    {
        awk 'FILENAME ~ /modules$/ { module[$1] = $2; next } $1 in module && $2 in module { print module[$1], module[$2] }' "$work/modules" "$1"
        awk '
        function declares(header, source,   line, word, i, n) {
            if (!(header in words)) {
                words[header] = " "
                while ((getline line < ("src/" header)) > 0) {
                    n = split(line, word, /[^A-Za-z0-9_]+/)
                    for (i = 1; i <= n; i++) words[header] = words[header] word[i] " "
                }
            }
            n = split(defined[source], word, " ")
            for (i = 1; i <= n; i++) if (index(words[header], " " word[i] " ")) return 1
            return 0
        }
        FILENAME ~ /modules$/ { module[$1] = $2; next }
        FILENAME ~ /symbols$/ { if ($2 ~ /^[TDRB]$/) defined[$1] = defined[$1] " " $3; next }
        {
            file = substr($1, 5); own = file; sub(/[.]c$/, ".h", own)
            if ($1 !~ /^src\// || !(file in module) || !($3 in module)) next
            if (file ~ /[.]c$/ && !(own in module) && declares($3, file)) next
            print module[file], module[$3]
        }' "$work/modules" "$work/symbols" "$work/includes"
    } | awk '$1 != $2' | sort -u
}

# tsort tells each loop on stderr: a headline, then its members.
tell_loops() {
    tsort "$1" 2>&1 >/dev/null | awk -v what="$2" '
    /input contains a loop/ { if (loop) print what " need each other in a circle:" loop; loop = ""; next }
    { loop = loop " " $2 }
    END { if (loop) print what " need each other in a circle:" loop }'
}

check_cycles() {
    find_modules
    object_edges >"$work/object.edges"
    module_edges "$work/object.edges" >"$work/module.edges"
    tell_loops "$work/object.edges" "objects"
    tell_loops "$work/module.edges" "modules"
}

{
    check_layers
    check_owners
    check_pure
    check_library
    check_state
    check_cycles
} >"$work/told"
cat "$work/told"
[ ! -s "$work/told" ] && [ $missing = 0 ] || exit 1
echo "lint: $(wc -l <"$work/objects") objects, $(grep -c ' pure$' "$work/objects") pure, $(wc -l <"$work/module.edges") edges between modules: in order"
