# Two boards on two USB ports, written at the same time with different images by the names of their ports.
source "$(dirname "$0")/lib"
make_board left --unique-id 1111111111111111
make_board right --unique-id 2222222222222222 --part w25q64jv
serve_usb left right
plug 1-1 2 && left=$socket
plug 1-2 5 && right=$socket
seen_ids() { run 0 "$RTBOOT" --board "usb:$1" info && says "$2"; }

rtboot list
says "usb:$left"
says "usb:$right"
run 13 "$RTBOOT" info
says "usb:$left: boot ROM"
says "usb:$right: boot ROM"
seen "two boards: list shows both; without a name exit 13 and both names"

# different to the last byte, and large enough that the two writes overlap
for side in left right; do
    cat "$APPS/blinky.bin" >"$side.bin"
    filler 24000 "the image of the $side board" >>"$side.bin"
done
"$RTBOOT" --board "usb:$left" write --fcb issi.cfg left.bin >write-left 2>&1 &
first=$!
"$RTBOOT" --board "usb:$right" write --fcb w25q64jv.cfg right.bin >write-right 2>&1 &
second=$!
codes=0
wait "$first" || codes=$?
wait "$second" || codes+=" and $?"
cat write-left write-right
[[ $codes == 0 ]] || wrong "exit codes $codes"
socket_has "$left" flashloader && socket_has "$right" flashloader || wrong "the sockets changed places"
seen "two boards written at the same time, each through its own re-enumeration, sockets kept"

seen_ids "$left" 1111111111111111
seen_ids "$right" 2222222222222222
run 0 "$RTBOOT" --board "usb:$left" verify left.bin
run 0 "$RTBOOT" --board "usb:$right" verify right.bin
run 33 "$RTBOOT" --board "usb:$left" verify right.bin
seen "two boards: each holds its own image, by unique id; never the other's"
stop_serving
outside left/flash.bin 8192 left.bin 0 "$(stat -c %s left.bin)"
outside right/flash.bin 8192 right.bin 0 "$(stat -c %s right.bin)"
