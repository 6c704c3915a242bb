# NXP's clients drive rtboot's own loader: a whole job each, with the FCB that the loader makes.
source "$(dirname "$0")/lib"
[[ -x ${RBLHOST:-} ]] || cannot "rblhost is not installed: ${RBLHOST_WHY:-no binary}"
board board
unset RTBOOT_FLASHLOADER
export RTBOOT_LOADER=own
[[ $WHERE != emulated ]] || export RTBOOT_CHIP=rt1021
start_own
bl() { run 0 "$RBLHOST" -u 0x15a2,0x0073 "$@"; }
app

bl get-property 1
says "K2.1.0"
for property in 7 11 12 14 15 24; do bl get-property "$property"; done
bl fill-memory 0x20202000 4 0xC0000007
bl configure-memory 9 0x20202000
bl get-property 25 9
bl flash-erase-region 0x60000000 0x8000 9
bl write-memory 0x60001000 app.bin 9
bl fill-memory 0x20203000 4 0xF000000F
bl configure-memory 9 0x20203000
bl read-memory 0x60000000 0x3000 back.bin 9
part back.bin 0x1000 "$length" >back-app.bin
equal back-app.bin app.bin "what rblhost read back"
rtboot verify "$APPS/blinky.elf"
rtboot info
says "would start:  yes"
seen "rblhost, own loader: properties, option word, erase, write, FCB, read back; rtboot verifies it and says it starts"

[[ -x ${SPSDK:-}/bin/blhost ]] || cannot "SPSDK is not installed: ${SPSDK_WHY:-no venv}"
cat >job <<END
blhost get-property 1
blhost fill-memory 0x20202000 4 0xC0000007 word
blhost configure-memory 9 0x20202000
blhost flash-erase-region 0x60000000 0x8000 9
blhost write-memory 0x60001000 $home/app.bin 9
says Response word 1 = $length
blhost fill-memory 0x20203000 4 0xF000000F word
blhost configure-memory 9 0x20203000
blhost read-memory 0x60000000 0x3000 $home/back-spsdk.bin 9
says Read 12288 of 12288 bytes
blhost reset
await 1fc9:0130
END
"$SPSDK/bin/python" "$guest/spsdk_job.py" usb job || wrong "the job broke off"
equal back-spsdk.bin back.bin "what SPSDK read back"
seen "SPSDK, own loader: option word, erase, write, FCB, read back, reset"
