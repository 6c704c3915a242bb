# No file of NXP's: rtboot's own RAM loader does the whole job, from the ROM through its own enumeration and back.
source "$(dirname "$0")/lib"
board board
unset RTBOOT_FLASHLOADER
export RTBOOT_LOADER=own
is_slow

start_own
rtboot info
says "IS25LP064A"
seen "info through rtboot's own loader: chip, flash, boot verdict"

rtboot write --fcb issi.cfg "$APPS/blinky.elf"
seen "write: a bare ELF on a blank flash, by the own loader"
rtboot verify "$APPS/blinky.elf"
run 33 "$RTBOOT" verify "$APPS/blinky_fast.elf"
says "0x6000"
seen "verify by the own loader: equal; another application differs, exit 33, first address named"

rtboot read 0x60000000 0x3000 back.bin
length=$(stat -c %s "$APPS/blinky.bin")
part back.bin 0x2000 "$length" >back-app.bin
equal back-app.bin "$APPS/blinky.bin" "the application read back"
rtboot -vv read 0x60000000 0x3000 again.bin
equal again.bin back.bin
# no report holds so much: it came over the bulk interface
says "data, 1020 bytes"
seen "read by the own loader, over its bulk interface: the application comes back byte for byte"

rtboot reset
case $WHERE in usb | emulated) wait_until socket_has "$SOCKET" ROM ;; esac
start_own
rtboot write --fcb issi.cfg "$APPS/blinky_fast.elf" --reset
seen "reset to the ROM, and another application written from there, with reset"

if [[ $WHERE == inside || $WHERE == usb ]]; then
    stop_serving
    outside board/flash.bin 8192 "$APPS/blinky_fast.bin" 0 "$(stat -c %s "$APPS/blinky_fast.bin")"
    [[ $WHERE == inside ]] || outside board/flash.bin 0 ../../inside/own-loader/board/flash.bin 0 all
    seen "the board's flash.bin holds what the own loader wrote"
fi
