#!/bin/sh
# Instructions per frame of 20 ms at 8 kHz by callgrind, and nanoseconds (the least of five runs).
# cost.sh <program>
set -e
command -v valgrind >/dev/null || { echo "valgrind is not installed: nothing counted"; exit 0; }
count() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$1" "$2" "$3" 2>&1 >/dev/null |
        sed -n 's/.*Collected : //p'
}
echo "| kernel | instructions | ns |"
echo "|---|---|---|"
for kernel in $("$1"); do
    if ! "$1" "$kernel" 1 >/dev/null; then
        echo "| $kernel | not installed | |"
        continue
    fi
    few=$(count "$1" "$kernel" 1000)
    many=$(count "$1" "$kernel" 6000)
    ns=$(for _ in 1 2 3 4 5; do "$1" "$kernel" 200000; done | sort -n | head -1)
    echo "| $kernel | $(((many - few) / 5000)) | $ns |"
done
