# NXP's Rust client rblhost drives the flashloader: option word, erase, write, FCB, read back, reset.
source "$(dirname "$0")/lib"
[[ -x ${RBLHOST:-} ]] || cannot "rblhost is not installed: ${RBLHOST_WHY:-no binary}"
board board
start_genuine
rtboot info
case $WHERE in
pty) bl() { run 0 "$RBLHOST" -p "$terminal,115200" "$@"; } ;;
*) bl() { run 0 "$RBLHOST" -u 0x15a2,0x0073 "$@"; } ;;
esac
app

bl get-property 1
says "K2.1.0"
for property in 7 11 12 14 15 24; do bl get-property "$property"; done
bl fill-memory 0x20202000 4 0xC0000007
bl configure-memory 9 0x20202000
bl get-property 25 9
bl flash-erase-region 0x60000000 0x4000 9
bl write-memory 0x60001000 app.bin 9
bl fill-memory 0x20203000 4 0xF000000F
bl configure-memory 9 0x20203000
bl read-memory 0x60000000 0x3000 back.bin 9
back_is rblhost back.bin
seen "rblhost: properties, option word, erase, write, FCB, read back"
rtboot verify "$APPS/blinky.elf"
rtboot write --fcb issi.cfg "$APPS/blinky_fast.elf"
bl read-memory 0x60002000 "$(stat -c %s "$APPS/blinky_fast.bin")" fast.bin 9
equal fast.bin "$APPS/blinky_fast.bin" "the application that rtboot wrote, read by rblhost"
seen "rtboot verifies what rblhost wrote, and the other way round"
bl reset
stop_serving
outside board/flash.bin 8192 "$APPS/blinky_fast.bin" 0 "$(stat -c %s fast.bin)"
