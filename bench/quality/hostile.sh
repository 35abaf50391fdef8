#!/bin/sh
# Instructions to receive a packet, by callgrind, and their share of those of a good packet of the
# group. Fails where that is more than 105 %. hostile.sh <program>
command -v valgrind >/dev/null || { echo "valgrind is not installed: nothing counted"; exit 0; }
times=500
echo "| received | packet | instructions | of a good one |"
echo "|---|---|---|---|"
"$1" | {
    worse=0
    while IFS= read -r kind; do
        group=${kind%%/*} packet=${kind#*/}
        total=$(valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect=counted \
            "$1" "$kind" $times 2>&1 >/dev/null | sed -n 's/.*Collected : //p')
        each=$((${total:-0} / times))
        if [ "$each" = 0 ]; then
            echo "| $group | $packet | not counted | |"
            continue
        fi
        [ "$packet" = good ] && good=$each
        echo "| $group | $packet | $each | $((each * 100 / good)) % |"
        [ "$each" -le $((good + good / 20)) ] || worse=$((worse + 1))
    done
    [ "$worse" = 0 ] || { echo "$worse kinds of packets cost more than a good one"; exit 1; }
}
