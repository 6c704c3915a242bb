# NXP's clients drive rtboot's own loader: a whole job each, with the FCB that the loader makes.
source "$(dirname "$0")/lib"
[[ -x ${RBLHOST:-} ]] || cannot "rblhost is not installed: ${RBLHOST_WHY:-no binary}"
board board
unset RTBOOT_FLASHLOADER
export RTBOOT_LOADER=own
is_slow
start_own
bl() { run 0 "$RBLHOST" -u 0x15a2,0x0073 "$@"; }
app

rblhost_recipe
part back.bin 0x1000 "$length" >back-app.bin
equal back-app.bin app.bin "what rblhost read back"
rtboot verify "$APPS/blinky.elf"
rtboot info
grep -q 'would start: *yes' "$said" || wrong "rtboot does not believe that it starts"
seen "rblhost, own loader: properties, option word, erase, write, FCB, read back; rtboot verifies it and says it starts"

[[ -x ${SPSDK:-}/bin/blhost ]] || cannot "SPSDK is not installed: ${SPSDK_WHY:-no venv}"
{
    echo "blhost get-property 1"
    spsdk_recipe "$home/back-spsdk.bin"
    echo "blhost reset"
} >job
"$SPSDK/bin/python" "$guest/spsdk_job.py" usb job || wrong "the job broke off"
equal back-spsdk.bin back.bin "what SPSDK read back"
seen "SPSDK, own loader: option word, erase, write, FCB, read back, reset"
