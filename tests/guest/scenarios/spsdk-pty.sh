# NXP's real commands sdphost and blhost over a pseudo-terminal: the recipe, and every property there is.
source "$(dirname "$0")/lib"
[[ -x ${SPSDK:-}/bin/blhost ]] || cannot "SPSDK is not installed: ${SPSDK_WHY:-no venv}"
export SPSDK_CACHE_DISABLED=1
# SPSDK discards its output (tcflush) before each write. On a real UART it has waited until all was sent, so nothing is
# lost; a pseudo-terminal reports that at once, while a busy kernel may still hold the last acknowledgement. So nothing is
# discarded here.
mkdir site
cat >site/sitecustomize.py <<'END'
import termios

flush = termios.tcflush
termios.tcflush = lambda file, queue: None if queue == termios.TCOFLUSH else flush(file, queue)
END
# A command that still gets no answer, on a machine so slow that SPSDK times out, is sent again.
#
# answered EXIT TOOL ARGUMENT...: as `run`; false when the terminal lost something.
answered() {
    local want=$1
    attempt env PYTHONPATH="$home/site" "$SPSDK/bin/$2" -p "$terminal,115200" "${@:3}"
    [[ $code == "$want" ]] && return
    grep -qiE 'no response|did not respond|abort' "$said" || wrong "exit code $code, expected $want"
    echo "something was lost: once more"
    return 1
}
again_until() {
    for _ in 1 2 3 4; do "$@" && return; done
    wrong "no answer four times"
}
sdp() { again_until answered 0 sdphost "$@"; }
bl() { again_until answered 0 blhost "$@"; }
# half-programmed pages cannot be programmed again, so erase and write are one step
flashed() {
    answered 0 blhost flash-erase-region 0x60000000 0x4000 9 &&
        answered 0 blhost write-memory 0x60001000 app.bin 9 &&
        says "Response word 1 = $length" &&
        answered 0 blhost fill-memory 0x20203000 4 0xF000000F word &&
        answered 0 blhost configure-memory 9 0x20203000
}
app

# the ROM waits for the missing bytes of a file for ever
for board in board again once-more; do
    board "$board"
    sdp error-status
    says "Unlocked"
    sdp write-file 0x20208000 loader.bin
    grep -q 0x88888888 "$said" && break
    echo "the terminal lost a part of the file: another board"
    stop_serving
done
says "0x88888888"
sdp jump-address 0x20208400
bl fill-memory 0x20202000 4 0xC0000007 word
bl configure-memory 9 0x20202000
again_until flashed
bl read-memory 0x60000000 0x3000 back.bin 9
back_is SPSDK back.bin
seen "SPSDK: error-status, write-file, jump-address, option word, erase, write, FCB, read back, reset"

# property, exit code, words of the answer; what the genuine flashloader answers (10300: unknown property)
while read -r property want text; do
    again_until answered "$want" blhost get-property "$property"
    says "$text"
done <<'END'
1 0 K2.1.0
2 0 0x11
3 1 10300
4 1 10300
5 1 10300
6 1 10300
7 0 0x5efdf
8 1 10300
10 1 10300
11 0 1024
12 0 Reserved
14 0 0x0
15 0 0x40000
16 1 10300
17 0 UNSECURE
18 0 Unique
19 1 10300
20 1 10300
21 1 10300
22 1 10300
23 1 10300
24 0 T1.0.0
25 1 Invalid Argument
END
bl get-property 25 9
says "0x60000000"
says "8.0 MiB"
seen "SPSDK: every property, known and unknown ones"
rtboot verify "$APPS/blinky.elf"
rtboot write --fcb issi.cfg "$APPS/blinky_fast.elf"
bl read-memory 0x60002000 "$(stat -c %s "$APPS/blinky_fast.bin")" fast.bin 9
equal fast.bin "$APPS/blinky_fast.bin" "the application that rtboot wrote, read by SPSDK"
seen "rtboot verifies and reads what SPSDK wrote"
seen "SPSDK reads what rtboot wrote"
bl reset
stop_serving
outside "$board/flash.bin" 8192 "$APPS/blinky_fast.bin" 0 "$(stat -c %s fast.bin)"
