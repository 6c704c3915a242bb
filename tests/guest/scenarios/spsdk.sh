# NXP's client SPSDK does its usual recipe over USB; rtboot verifies what it wrote, and it reads what rtboot wrote.
source "$(dirname "$0")/lib"
[[ -x ${SPSDK:-}/bin/blhost ]] || cannot "SPSDK is not installed: ${SPSDK_WHY:-no venv}"
board board
rtboot="HOME=$home $RTBOOT --board $RTBOOT_BOARD"
app
# a bare report of this payload fills the endpoint's packet to the byte, and the flashloader waits for more: clients must pad
head -c 1015 "$APPS/blinky_boot.elf" >trap.bin

cat >job <<END
sdphost error-status
says Unlocked
says 0xf0f0f0f0
sdphost write-file 0x20208000 $home/loader.bin
says 0x88888888
sdphost jump-address 0x20208400
await 15a2:0073
$(spsdk_recipe "$home/spsdk-of-spsdk.bin")
! $rtboot verify $APPS/blinky.elf
! $rtboot info | tee $home/info
! $rtboot read 0x60000000 0x3000 $home/rtboot-of-spsdk.bin
! $rtboot write --fcb issi.cfg $APPS/blinky_fast.elf
blhost read-memory 0x60000000 0x3000 $home/spsdk-of-rtboot.bin 9
! $rtboot read 0x60000000 0x3000 $home/rtboot-of-rtboot.bin
! $rtboot mboot write-memory 0x20204000 $home/trap.bin
! $rtboot mboot read-memory 0x20204000 1015 $home/trap-of-rtboot.bin
blhost write-memory 0x20205000 $home/trap.bin
! $rtboot mboot read-memory 0x20205000 1015 $home/trap-of-spsdk.bin
blhost reset
await 1fc9:0130
END
code=0
case ${SPSDK_JOB:-} in
'') "$SPSDK/bin/python" "$guest/spsdk_job.py" usb job || code=$? ;;
*) # a process that was started before (that takes 20 s) and waits for a job
    # opening a FIFO that nobody reads blocks for ever: it is filled in the background while the process is watched
    cat job >"$SPSDK_JOB" &
    end=$((SECONDS + 240))
    while kill -0 "$SPSDK_PID" 2>/dev/null && ((SECONDS < end)); do sleep 0.3; done
    ! kill "$SPSDK_PID" 2>/dev/null || echo "SPSDK did not get to its end in 240 s"
    cat "$SPSDK_SAID"
    grep -q '^spsdk: done' "$SPSDK_SAID" || code=1
    ;;
esac
[[ $code == 0 ]] || wrong "the job broke off"

back_is SPSDK spsdk-of-spsdk.bin
seen "SPSDK: error-status, write-file, jump-address, option word, erase, write, FCB, read back, reset"
equal rtboot-of-spsdk.bin spsdk-of-spsdk.bin "rtboot's view of SPSDK's flash"
grep -q 'would start: *yes' info || wrong "rtboot does not believe SPSDK's flash starts"
seen "rtboot verifies and reads what SPSDK wrote"
equal spsdk-of-rtboot.bin rtboot-of-rtboot.bin "SPSDK's view of rtboot's flash"
part spsdk-of-rtboot.bin 0x2000 "$(stat -c %s "$APPS/blinky_fast.bin")" >fast.bin
equal fast.bin "$APPS/blinky_fast.bin" "the application that rtboot wrote, read by SPSDK"
seen "SPSDK reads what rtboot wrote"
equal trap-of-rtboot.bin trap.bin "the 1015 bytes that rtboot wrote"
equal trap-of-spsdk.bin trap.bin "the 1015 bytes that SPSDK wrote"
seen "1015 bytes, whose bare report the flashloader would wait for ever to end: rtboot's arrive, and SPSDK's"
stop_serving
outside board/flash.bin 0 spsdk-of-rtboot.bin 0 12288
