# A blank board is identified, written, verified, read, reset and written again: from the ROM to the flashloader and back.
source "$(dirname "$0")/lib"
board board
[[ $WHERE == genuine ]] || { [[ -d board ]] || wrong "no folder"; }

rtboot list
case $WHERE in
usb | genuine)
    says "$RTBOOT_BOARD"
    says "boot ROM"
    seen "list: selector and program of the board"
    ;;
esac

start_genuine
rtboot info
[[ $WHERE == genuine ]] || says "RT1021"
says "IS25LP064A"
seen "info: chip, unique id, flash, boot verdict"

rtboot write --fcb issi.cfg "$APPS/blinky.elf"
seen "write: a bare ELF on a blank flash"
case $WHERE in
usb | genuine)
    socket_has "$SOCKET" flashloader || wrong "no flashloader in $SOCKET"
    seen "re-enumeration: the flashloader sits in the socket where the ROM was"
    ;;
esac

rtboot verify "$APPS/blinky.elf"
run 33 "$RTBOOT" verify "$APPS/blinky_fast.elf"
says "0x6000"
seen "verify: equal; another application differs, exit 33, first address named"

rtboot read 0x60000000 0x3000 back.bin
length=$(stat -c %s "$APPS/blinky.bin")
part back.bin 0x2000 "$length" >back-app.bin
equal back-app.bin "$APPS/blinky.bin" "the application read back"
seen "read: the application comes back byte for byte"

rtboot reset
case $WHERE in usb | genuine) wait_until socket_has "$SOCKET" ROM ;; esac
start_genuine
seen "reset: back to the ROM, switches on serial download"

rtboot write --fcb issi.cfg "$APPS/blinky.elf"
seen "write again: nothing to do, told so"
rtboot write --fcb issi.cfg "$APPS/blinky_fast.elf" --reset
seen "write another application, with reset"

if [[ $WHERE != genuine ]]; then
    stop_serving
    outside board/flash.bin 8192 "$APPS/blinky_fast.bin" 0 "$(stat -c %s "$APPS/blinky_fast.bin")"
    [[ $WHERE == inside ]] || outside board/flash.bin 0 ../../inside/round-trip/board/flash.bin 0 all
    seen "the board's flash.bin holds what was written"
fi
