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

rblhost_recipe
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
