#!/bin/sh
# The table of cost_kernels: instructions by callgrind, all in one run, then nanoseconds.
# cost_kernels.sh <program> [part of a kernel's name]
set -e
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if command -v valgrind >/dev/null; then
    valgrind --tool=callgrind --callgrind-out-file="$folder/dump" "$1" count ${2:+"$2"} >"$folder/log" 2>&1
    # Each dump has the name that the program gave it and what was executed since the last.
    awk '/^desc: Trigger: Client Request: / { row = $5; form = $6; frames = $7 }
         /^totals: / && frames {
             key = row " " form
             if (key in first) print key, ($2 - first[key]) / (frames - short[key])
             else { first[key] = $2; short[key] = frames }
             frames = 0
         }' $(ls "$folder"/dump.* | sort -t. -k3n) >"$folder/counts"
else
    echo "valgrind is not installed: no instructions counted"
    : >"$folder/counts"
fi
"$1" "$folder/counts" ${2:+"$2"}
