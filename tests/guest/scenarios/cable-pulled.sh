# The cable is pulled at several places of a write: exit code and message are right, and the next run heals it.
source "$(dirname "$0")/lib"
board board
image() {
    cat "$APPS/blinky.bin"
    filler 40000 "image number $1"
}

# pull STAGE DONE EXIT NUMBER: writes image NUMBER and pulls the cable when STAGE has reached DONE bytes.
pull() {
    local code=0
    image "$4" >"image-$4.bin"
    echo "\$ rtboot write image-$4.bin, the cable pulled in stage $1 after $2 bytes"
    timeout 120 "$guest/pull" "$SOCKET" "$cable" "$1" "$2" "$RTBOOT" --json write --fcb issi.cfg "image-$4.bin" >told 2>words || code=$?
    [[ $code != 90 ]] || wrong "the write did not come to $1, $2 bytes"
    { grep -v '"progress"' told && cat words; } | sed 's/^/| /'
    [[ $code == "$3" ]] || wrong "exit code $code, expected $3"
    wait_until socket_has "$SOCKET" nothing
    run 10 "$RTBOOT" info
    plug 1-1 0
    socket_has "$SOCKET" ROM || wrong "a board that lost its power is not in its ROM"
    cat told words >"$said"
}

# write verifies every byte
heal() { rtboot write --fcb issi.cfg "image-$1.bin"; }

pull load 8000 15 1
heal 1
seen "cable pulled while the flashloader is loaded: exit 15, the next write heals it"

pull compare 20000 15 2
heal 2
seen "cable pulled while flash is compared: exit 15, the next write heals it"

pull erase 4096 15 3
says "the ROM starts nothing"
says "run the same command again to finish the job"
heal 3
seen "cable pulled while flash is erased: exit 15, words, the next write heals it"

pull program 20000 15 4
says "run the same command again to finish the job"
rtboot info
says "would start:   no"
heal 4
seen "cable pulled while flash is programmed: exit 15, nothing half starts, the next write heals it"

pull verify 16000 15 5
heal 5
rtboot info
says "would start:   yes"
seen "cable pulled while flash is verified: exit 15, the next write heals it"
stop_serving
outside board/flash.bin 8192 image-5.bin 0 "$(stat -c %s image-5.bin)"
