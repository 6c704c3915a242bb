# Refusals name their reason: another run holds the board, the device is a debug probe, the ROM runs instead of the flashloader.
source "$(dirname "$0")/lib"
board board
chmod a+rwx "$home"

run 2 "$RTBOOT" mboot get-property 1
says "the boot ROM is there, and it speaks SDP"
seen "a flashloader's command for a board in its ROM: said so"
rtboot info
rtboot mboot get-property 1
run 2 "$RTBOOT" sdp error-status
says "flashloader"
seen "a ROM's command for a board in its flashloader: said so"

# as two runs of one ordinary user, on a node that belongs to that user; the first is stopped in the middle of its read and keeps its lock
mkdir -p his && chown 4321:4321 his
as_user=(setpriv --reuid=4321 --regid=4321 --clear-groups --no-new-privs env HOME="$home/his" XDG_CACHE_HOME="$home/his" XDG_DATA_HOME="$home/his")
chown 4321 "$(node "$SOCKET")"
"$RTBOOT" read 0x60000000 1K /dev/null >/dev/null
"${as_user[@]}" "$RTBOOT" --json read 0x60000000 8M large.bin >holder 2>&1 &
holder=$!
wait_until grep -q '"progress"' holder
kill -STOP "$holder"
is_halted() { grep -q '^State:.T' "/proc/$holder/status"; }
wait_until is_halted
run 14 "${as_user[@]}" "$RTBOOT" info
says "in use by"
says "rtboot"
seen "a second rtboot of the same user: exit 14, who holds the board"
run 14 "$RTBOOT" info
seen "a second rtboot of another user: exit 14"
kill -KILL "$holder"
wait "$holder" 2>/dev/null || true
rtboot info
seen "the lock of a run that was killed is gone with it"

# a foreign program that has the node open is named, as far as this user can see it
sleep 60 <>"$(node "$SOCKET")" &
foreign=$!
rtboot info
says "sleep"
seen "a foreign program that has the device open: warned, with its name"
kill "$foreign"

# a debug probe without a board
unplug "$cable"
wait_until socket_has "$SOCKET" nothing
"$guest/probe" >probe.log 2>&1 &
probe_is_there() { grep -qs 'HID_ID=0003:00000D28:00000204' /sys/class/hidraw/*/device/uevent; }
wait_until probe_is_there
rtboot list
says "debug probe"
run 10 "$RTBOOT" --board usb info
says "debug probe's own USB port"
seen "a debug probe's port: listed as that, and no board"
